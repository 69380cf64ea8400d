package distribution

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// shifted is a distribution shifted by an offset.
type shifted struct {
	Distribution
	by time.Duration
}

func (s shifted) Quantile(u float64) float64 { return float64(s.by) + s.Distribution.Quantile(u) }
func (s shifted) CDF(x float64) float64      { return s.Distribution.CDF(x - float64(s.by)) }
func (s shifted) Below(x float64) float64    { return s.Distribution.Below(x - float64(s.by)) }
func (s shifted) AtLeast(x float64) float64  { return s.Distribution.AtLeast(x - float64(s.by)) }
func (s shifted) UpperQuantile(v float64) float64 {
	return float64(s.by) + s.Distribution.UpperQuantile(v)
}
func (s shifted) Mean() float64  { return float64(s.by) + s.Distribution.Mean() }
func (s shifted) String() string { return s.by.String() + "+" + s.Distribution.String() }

// mixture draws from one of several distributions, each with its weight.
type mixture struct {
	weights       []float64 // as given
	total         float64
	distributions []Distribution
}

// parseMixture reads the arguments of mixture(WEIGHT,DISTRIBUTION,WEIGHT,DISTRIBUTION,...).
func parseMixture(body string) (Distribution, error) {
	parts, err := SplitArguments(body)
	if err != nil {
		return nil, err
	}
	if len(parts) < 4 || len(parts)%2 != 0 {
		return nil, fmt.Errorf("mixture: want at least two pairs %s", mixtureForm)
	}
	m := mixture{}
	for i := 0; i < len(parts); i += 2 {
		w, err := strconv.ParseFloat(parts[i], 64)
		if err != nil || !(w > 0 && w <= 1e9) {
			return nil, fmt.Errorf("mixture: weight %q: want a number above 0, at most 1e9", parts[i])
		}
		l, err := parse(parts[i+1])
		if err != nil {
			return nil, fmt.Errorf("mixture: distribution %d, %q: %w", i/2+1, parts[i+1], err)
		}
		if _, ok := l.(*LatencyTrace); ok {
			return nil, fmt.Errorf(
				"mixture: distribution %d, %q: the time decides on a latency of a recording, and here a draw "+
					"should; %s draws from a file",
				i/2+1,
				parts[i+1],
				empiricalForm,
			)
		}
		m.weights, m.distributions, m.total = append(m.weights, w), append(m.distributions, l), m.total+w
	}
	return m, nil
}

const mixtureForm = "mixture(weight,distribution,weight,distribution,...)"

// SplitArguments splits a text at the commas outside parentheses and trims each part.
func SplitArguments(body string) ([]string, error) {
	var parts []string
	depth, start := 0, 0
	for i, c := range body + "," {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			parts = append(parts, strings.TrimSpace(body[start:i]))
			start = i + 1
		}
		if depth < 0 {
			break
		}
	}
	if depth != 0 {
		return nil, errors.New("the parentheses do not match")
	}
	return parts, nil
}

func (m mixture) sum(f func(l Distribution) float64) float64 {
	s := 0.0
	for i, l := range m.distributions {
		s += m.weights[i] / m.total * f(l)
	}
	return s
}

func (m mixture) CDF(x float64) float64 {
	return min(1, m.sum(func(l Distribution) float64 { return l.CDF(x) }))
}
func (m mixture) Below(x float64) float64 {
	return min(1, m.sum(func(l Distribution) float64 { return l.Below(x) }))
}
func (m mixture) AtLeast(x float64) float64 {
	return min(1, m.sum(func(l Distribution) float64 { return l.AtLeast(x) }))
}
func (m mixture) Mean() float64 { return m.sum(Distribution.Mean) }

// Quantile inverts the distribution function by bisection between the smallest and the largest
// quantile of the mixed distributions, to a millionth of a nanosecond or the resolution of a
// float64.
func (m mixture) Quantile(u float64) float64 {
	low, high := math.Inf(1), 0.0
	for _, l := range m.distributions {
		q := l.Quantile(u)
		low, high = min(low, q), max(high, q)
	}
	if m.CDF(low) >= u {
		return low
	}
	// Invariant: CDF(low) < u <= CDF(high).
	for high-low > 1e-6 {
		middle := low + (high-low)/2
		if middle <= low || middle >= high {
			break
		}
		if m.CDF(middle) >= u {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}

// UpperQuantile inverts the upper tail in the same way as Quantile inverts the lower one.
func (m mixture) UpperQuantile(v float64) float64 {
	low, high := math.Inf(1), 0.0
	for _, l := range m.distributions {
		q := l.UpperQuantile(v)
		low, high = min(low, q), max(high, q)
	}
	above := func(x float64) float64 { return m.AtLeast(math.Nextafter(x, math.Inf(1))) }
	if above(low) <= v {
		return low
	}
	// Invariant: above(low) > v >= above(high).
	for high-low > 1e-6 {
		middle := low + (high-low)/2
		if middle <= low || middle >= high {
			break
		}
		if above(middle) <= v {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}

func (m mixture) String() string {
	var parts []string
	for i, l := range m.distributions {
		parts = append(parts, strconv.FormatFloat(m.weights[i], 'g', -1, 64), l.String())
	}
	return "mixture(" + strings.Join(parts, ",") + ")"
}

// empirical draws the samples of a file with equal probability.
type empirical struct {
	path    string
	samples []time.Duration // sorted
	mean    float64
}

// parseEmpirical reads the samples of empirical(FILE): one latency per line, in the form of
// parseEntry.
func parseEmpirical(path string) (Distribution, error) {
	e := empirical{path: strings.TrimSpace(path)}
	err := readLines(e.path, empiricalForm, func(line string) error {
		d, err := parseEntry("latency", line)
		e.samples = append(e.samples, d)
		e.mean += float64(d)
		return err
	})
	if err == nil && len(e.samples) == 0 {
		err = fmt.Errorf("%s holds no sample", e.path)
	}
	if err != nil {
		return nil, fmt.Errorf("empirical: %w", err)
	}
	slices.Sort(e.samples)
	e.mean /= float64(len(e.samples))
	return e, nil
}

const empiricalForm = "empirical(file)"

func (e empirical) Quantile(u float64) float64 {
	n := len(e.samples)
	return float64(e.samples[min(n-1, max(0, int(math.Ceil(u*float64(n)))-1))])
}

func (e empirical) CDF(x float64) float64 {
	n := sort.Search(len(e.samples), func(i int) bool { return float64(e.samples[i]) > x })
	return float64(n) / float64(len(e.samples))
}

func (e empirical) Below(x float64) float64 {
	n := sort.Search(len(e.samples), func(i int) bool { return float64(e.samples[i]) >= x })
	return float64(n) / float64(len(e.samples))
}

// AtLeast counts samples from the top, so that no samples give exactly 0.
func (e empirical) AtLeast(x float64) float64 {
	n := len(e.samples) - sort.Search(len(e.samples), func(i int) bool { return float64(e.samples[i]) >= x })
	return float64(n) / float64(len(e.samples))
}

func (e empirical) UpperQuantile(v float64) float64 {
	n := len(e.samples)
	return float64(e.samples[min(n-1, max(0, n-1-int(math.Floor(v*float64(n)))))])
}

func (e empirical) Mean() float64  { return e.mean }
func (e empirical) String() string { return "empirical(" + e.path + ")" }
