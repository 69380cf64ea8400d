package distribution

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/dtlssim/dtlssim/sim/suggest"
)

// argument is one named argument of a distribution.
type argument struct {
	name     string
	duration bool    // a duration rather than a plain number
	positive bool    // for a duration: it must be above 0
	least    float64 // for a plain number
	most     float64
}

// family is one kind of distribution: its arguments in order, and a function that makes a
// distribution from their values (durations in nanoseconds).
type family struct {
	arguments []argument
	check     func(a []float64) error
	build     func(a []float64) (distribution, float64)
}

var families = map[string]family{
	"uniform": {
		arguments: []argument{{name: "from", duration: true}, {name: "to", duration: true}},
		check: func(a []float64) error {
			if a[0] >= a[1] {
				return fmt.Errorf("its first bound must be below its second")
			}
			return nil
		},
		build: func(a []float64) (distribution, float64) {
			return uniform{distuv.Uniform{Min: a[0], Max: a[1]}}, (a[0] + a[1]) / 2
		},
	},
	"normal": {
		arguments: []argument{{name: "mean", duration: true}, {name: "sigma", duration: true, positive: true}},
		build: func(a []float64) (distribution, float64) {
			t := newTruncatedNormal(a[0], a[1])
			return t, t.mean()
		},
	},
	"exponential": {
		arguments: []argument{{name: "mean", duration: true, positive: true}},
		build: func(a []float64) (distribution, float64) {
			return exponential{mean: a[0]}, a[0]
		},
	},
	"lognormal": {
		arguments: []argument{{name: "median", duration: true, positive: true}, {name: "sigma", least: 1e-6, most: 20}},
		build: func(a []float64) (distribution, float64) {
			return logNormal{distuv.LogNormal{Mu: math.Log(a[0]), Sigma: a[1]}}, a[0] * math.Exp(a[1]*a[1]/2)
		},
	},
	"gamma": {
		arguments: []argument{{name: "mean", duration: true, positive: true}, {name: "shape", least: 1e-2, most: 1e6}},
		build: func(a []float64) (distribution, float64) {
			return gamma{shape: a[1], scale: a[0] / a[1]}, a[0]
		},
	},
	"weibull": {
		arguments: []argument{{name: "scale", duration: true, positive: true}, {name: "shape", least: 1e-2, most: 1e6}},
		build: func(a []float64) (distribution, float64) {
			return weibull{scale: a[0], shape: a[1]}, a[0] * math.Gamma(1+1/a[1])
		},
	},
	"pareto": {
		arguments: []argument{
			{name: "minimum", duration: true, positive: true},
			{name: "shape", least: 1e-2, most: 1e6},
		},
		build: func(a []float64) (distribution, float64) {
			mean := math.Inf(1)
			if a[1] > 1 {
				mean = a[1] * a[0] / (a[1] - 1)
			}
			return pareto{minimum: a[0], shape: a[1]}, mean
		},
	},
}

// composite is a distribution made of other distributions or of a file.
type composite struct {
	form  string
	parse func(body string) (Distribution, error)
}

var composites map[string]composite

// formerTrace is the former name of a latency trace, which users may still write.
const formerTrace = "replay"

func init() { // parseMixture parses distributions, and so refers to the map itself
	composites = map[string]composite{
		"mixture":   {mixtureForm, parseMixture},
		"empirical": {empiricalForm, parseEmpirical},
		"trace":     {latencyTraceForm, parseLatencyTrace},
	}
}

// Forms lists the notations of distributions, for messages and help.
func Forms() []string {
	forms := []string{"10ms"}
	for name, f := range families {
		forms = append(forms, name+"("+strings.Join(f.argumentNames(), ",")+")")
	}
	for _, c := range composites {
		forms = append(forms, c.form)
	}
	slices.Sort(forms)
	return append(forms, "OFFSET+DISTRIBUTION")
}

// Parse reads a distribution: a duration, or one of [Forms] with its arguments in order or by
// name, and optionally an offset: "10ms", "uniform(5ms,15ms)",
// "lognormal(median=20ms,sigma=0.6)", "5ms+exponential(mean=20ms)",
// "mixture(0.99,10ms,0.01,exponential(1s))", "empirical(samples.txt)", "trace(recording.txt)".
// The normal distribution is truncated at 0. The weights of a mixture need not add up to 1. A
// file of samples has one latency per line. A recording has lines TIME,LATENCY and cannot be part
// of a mixture. In files, durations may be whole nanoseconds; empty lines and lines that begin
// with # are skipped.
func Parse(text string) (Distribution, error) {
	l, err := parse(strings.TrimSpace(text))
	if err != nil {
		return nil, fmt.Errorf("latency distribution %q: %w", text, err)
	}
	return l, nil
}

// didYouMean suggests distributions with names similar to name, with their arguments.
func didYouMean(name string) string {
	likely := suggest.Likely(name, names())
	for i, l := range likely {
		likely[i] = form(l)
	}
	return suggest.Ask(likely)
}

func parse(text string) (Distribution, error) {
	open := strings.IndexByte(text, '(')
	if open < 0 {
		d, err := ParseDuration(text)
		if err != nil {
			if slices.Contains(names(), text) {
				return nil, fmt.Errorf("%s needs its arguments: %s", text, form(text))
			}
			if hint := didYouMean(text); hint != "" {
				return nil, fmt.Errorf("not a distribution.%s", hint)
			}
			return nil, fmt.Errorf("%w; a distribution is one of %s", err, strings.Join(Forms(), ", "))
		}
		return Constant{Value: d}, nil
	}
	if !strings.HasSuffix(text, ")") {
		if strings.Contains(text, ")+") {
			return nil, fmt.Errorf("the offset stands before the distribution: OFFSET+DISTRIBUTION")
		}
		return nil, fmt.Errorf("the closing parenthesis is missing")
	}
	head, body := text[:open], text[open+1:len(text)-1]
	var offset time.Duration
	if before, name, ok := strings.Cut(head, "+"); ok {
		d, err := ParseDuration(strings.TrimSpace(before))
		if err != nil {
			return nil, fmt.Errorf("offset: %w", err)
		}
		offset, head = d, name
	}
	name := strings.TrimSpace(head)
	if name == formerTrace {
		name = "trace"
	}
	if compose, ok := composites[name]; ok {
		l, err := compose.parse(body)
		if err != nil || offset == 0 {
			return l, err
		}
		if r, ok := l.(*LatencyTrace); ok {
			r.offset = offset
			return r, nil
		}
		return shifted{l, offset}, nil
	}
	f, ok := families[name]
	if !ok {
		return nil, fmt.Errorf("%q is not a distribution.%s A distribution is one of %s", name, didYouMean(name),
			strings.Join(Forms(), ", "))
	}
	values, err := f.parseArguments(name, body)
	if err != nil {
		return nil, err
	}
	if f.check != nil {
		if err := f.check(values); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	d, mean := f.build(values)
	return continuous{distribution: d, offset: offset, mean: mean, text: f.format(name, values)}, nil
}

func (f family) parseArguments(name, body string) ([]float64, error) {
	var parts []string
	if strings.TrimSpace(body) != "" {
		parts = strings.Split(body, ",")
	}
	if len(parts) != len(f.arguments) {
		return nil, fmt.Errorf("want the arguments %s, not %d", form(name), len(parts))
	}
	values := make([]float64, len(parts))
	seen := make([]bool, len(parts))
	for i, part := range parts {
		text, at := strings.TrimSpace(part), i
		if key, value, ok := strings.Cut(text, "="); ok {
			key = strings.TrimSpace(key)
			at = slices.IndexFunc(f.arguments, func(a argument) bool { return a.name == key })
			if at < 0 {
				return nil, fmt.Errorf("%s has no argument %q.%s Want %s", name, key,
					suggest.DidYouMean(key, f.argumentNames()), form(name))
			}
			text = strings.TrimSpace(value)
		}
		a := f.arguments[at]
		if seen[at] {
			return nil, fmt.Errorf("%s: argument %s is given twice", name, a.name)
		}
		seen[at] = true
		v, err := a.parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, a.name, err)
		}
		values[at] = v
	}
	return values, nil
}

func (a argument) parse(text string) (float64, error) {
	if a.duration {
		d, err := ParseDuration(text)
		if err != nil {
			return 0, err
		}
		if a.positive && d == 0 {
			return 0, fmt.Errorf("must be above 0")
		}
		return float64(d), nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if errors.Is(err, strconv.ErrSyntax) || math.IsNaN(v) {
		return 0, fmt.Errorf("%q is not a number", text)
	}
	if v < a.least || v > a.most {
		return 0, fmt.Errorf("%s is out of range: %g to %g", text, a.least, a.most)
	}
	return v, nil
}

func (f family) format(name string, values []float64) string {
	args := make([]string, len(values))
	for i, a := range f.arguments {
		if a.duration {
			args[i] = a.name + "=" + time.Duration(values[i]).String()
		} else {
			args[i] = a.name + "=" + strconv.FormatFloat(values[i], 'g', -1, 64)
		}
	}
	return name + "(" + strings.Join(args, ",") + ")"
}

// MaxDuration is the longest duration that a user can give. The horizon of a replication is far
// beyond it.
const MaxDuration = 1000 * time.Hour

// ParseDuration reads a duration from 0 to 1000 hours; a bare 0 needs no unit.
func ParseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is not a duration (a number with a unit: ns, us, ms, s, m, h)", text)
	case d < 0:
		return 0, fmt.Errorf("%s is negative: want 0s to 1000h", text)
	case d > MaxDuration:
		return 0, fmt.Errorf("%s is out of range: at most 1000h", text)
	}
	return d, nil
}

func (f *family) argumentNames() (list []string) {
	for _, a := range f.arguments {
		list = append(list, a.name)
	}
	return list
}

func names() []string {
	var list []string
	for name := range families {
		list = append(list, name)
	}
	for name := range composites {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

func form(name string) string {
	for _, f := range Forms() {
		if strings.HasPrefix(f, name+"(") {
			return f
		}
	}
	return name
}
