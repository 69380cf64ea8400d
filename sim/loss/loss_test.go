package loss

import (
	"math"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/sim/stream"
)

func parse(t *testing.T, text string) Model {
	t.Helper()
	m, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// sample returns which of n datagrams are lost.
func sample(m Model, n int) []bool {
	p := m.Start(ChanceOf(stream.New(1, "loss", m.String()).Uniform))
	lost := make([]bool, n)
	for i := range lost {
		lost[i] = p.Lost()
	}
	return lost
}

const n = 400_000

// The share of lost datagrams is the model's rate.
func TestRate(t *testing.T) {
	for text, want := range map[string]float64{
		"0": 0, "0.2": 0.2, "1": 1,
		"gilbert-elliott(0.05,0.25)":                                0.05 / 0.3,
		"gilbert-elliott(to-good=0.5,to-bad=0.1,bad=0.7,good=0.02)": (0.1*0.7 + 0.5*0.02) / 0.6,
	} {
		m := parse(t, text)
		if math.Abs(m.Rate()-want) > 1e-12 {
			t.Errorf("%s: rate %g, want %g", text, m.Rate(), want)
		}
		lost := 0
		for _, l := range sample(m, n) {
			if l {
				lost++
			}
		}
		// Bursts of mean length 4 widen the deviation; 8 of independent draws are ample.
		if got := float64(lost) / n; math.Abs(got-want) > 8*math.Sqrt(want*(1-want)/n) {
			t.Errorf("%s: %g of the sample are lost, want %g", text, got, want)
		}
	}
}

// With a bad state that loses everything and a good one that loses nothing, bursts
// are geometric: mean 1/to-good, and the gaps between them mean 1/to-bad.
func TestBurstLengths(t *testing.T) {
	lost := sample(parse(t, "gilbert-elliott(to-bad=0.05,to-good=0.25)"), n)
	var bursts, gaps []int
	for i := 0; i < n; {
		j := i
		for j < n && lost[j] == lost[i] {
			j++
		}
		if lost[i] {
			bursts = append(bursts, j-i)
		} else {
			gaps = append(gaps, j-i)
		}
		i = j
	}
	check := func(what string, lengths []int, p float64) {
		sum, ones := 0, 0
		for _, l := range lengths {
			sum += l
			if l == 1 {
				ones++
			}
		}
		count := float64(len(lengths))
		if mean := float64(sum) / count; math.Abs(mean-1/p) > 5*math.Sqrt(1-p)/p/math.Sqrt(count) {
			t.Errorf("%s have mean length %g, want %g", what, mean, 1/p)
		}
		for k := 2; float64(len(lengths))*math.Pow(1-p, float64(k)) > 100; k++ {
			longer, want := 0, math.Pow(1-p, float64(k)) // P(length > k)
			for _, l := range lengths {
				if l > k {
					longer++
				}
			}
			if share := float64(longer) / count; math.Abs(share-want) > 5*math.Sqrt(want*(1-want)/count) {
				t.Errorf("%g of the %s are longer than %d, want %g", share, what, k, want)
			}
		}
		if share := float64(ones) / count; math.Abs(share-p) > 5*math.Sqrt(p*(1-p)/count) {
			t.Errorf("%g of the %s have length 1, want %g", share, what, p)
		}
	}
	check("bursts", bursts, 0.25)
	check("gaps", gaps, 0.05)
}

// With a bad state that loses some and a good one that loses few, the losses are
// still correlated as the chain is: of two datagrams k apart both are lost with the
// probability rate^2 + (bad - good)^2 pi (1 - pi) (1 - to-bad - to-good)^k, where pi is the share
// of the bad state.
func TestLossCorrelation(t *testing.T) {
	m := parse(t, "gilbert-elliott(to-bad=0.05,to-good=0.25,bad=0.7,good=0.02)")
	lost, pi := sample(m, n), 0.05/0.3
	for _, k := range []int{1, 2, 5, 20} {
		both := 0
		for i := k; i < n; i++ {
			if lost[i] && lost[i-k] {
				both++
			}
		}
		want := m.Rate()*m.Rate() + 0.68*0.68*pi*(1-pi)*math.Pow(0.7, float64(k))
		// Bursts of mean length 4 widen the deviation; 8 of independent draws are ample.
		if got := float64(both) / float64(n-k); math.Abs(got-want) > 8*math.Sqrt(want*(1-want)/n) {
			t.Errorf("both of two datagrams %d apart are lost: %g, want %g", k, got, want)
		}
	}
}

// Every datagram takes the same number of draws.
func TestDraws(t *testing.T) {
	for text, want := range map[string]int{"0.3": 1000, "gilbert-elliott(0.1,0.2)": 2001} {
		s, draws := stream.New(1, "loss", "draws"), 0
		p := parse(t, text).Start(ChanceOf(func() float64 { draws++; return s.Uniform() }))
		for range 1000 {
			p.Lost()
		}
		if draws != want {
			t.Errorf("%s: 1000 datagrams took %d draws, want %d", text, draws, want)
		}
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		" 0.20 ":                   "0.2",
		"gilbert-elliott(0.1,0.2)": "gilbert-elliott(to-bad=0.1,to-good=0.2,bad=1,good=0)",
		"gilbert-elliott( to-good=0.2, to-bad=0.1, good=0.01 )": "gilbert-elliott(to-bad=0.1,to-good=0.2,bad=1,good=0.01)",
	} {
		if got := parse(t, text).String(); got != want || parse(t, got).String() != got {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"":                                     "is not a number from 0 to 1; want a probability, or gilbert-elliott(",
		"20%":                                  `"20%" is not a number from 0 to 1`,
		"1.1":                                  "1.1 is out of range: 0 to 1",
		"-0.1":                                 "out of range",
		"NaN":                                  "is not a number",
		"gilbert(0.1,0.2)":                     "want a probability, or gilbert-elliott(",
		"gilbert-elliott(0.1,0.2":              "the closing parenthesis is missing",
		"gilbert-elliott(0.1)":                 "want 2 to 4 arguments, not 1",
		"gilbert-elliott(0,0.1)":               "must be above 0",
		"gilbert-elliott(bad=1,good=0)":        "to-bad and to-good are needed",
		"gilbert-elliott(0.1,0.2,to-bad=0.3)":  "argument to-bad is given twice",
		"gilbert-elliott(0.1,0.2,worse=1)":     `has no argument "worse"`,
		"gilbert-elliott(0.1,2)":               "to-good: 2 is out of range",
		"gilbert-elliott(0.1,0.2,0.3,0.4,0.5)": "not 5",
	} {
		if m, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, error %v; want one that says %q", text, m, err, want)
		}
	}
}
