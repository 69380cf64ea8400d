package design

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/distribution"
)

// numbers is a range of numeric values of a parameter, or of one number in its latency
// distribution.
type numbers struct {
	scale
	before, behind string // text of a level around the number
	low, high      float64
	lowText        string // as written, for messages
	highText       string
	steps          int  // from low to high; 0: not given
	log            bool // equal ratios instead of equal distances
}

// scale describes how one kind of number is written: nanoseconds, bits per second, or numbers
// without unit.
type scale struct {
	what   string // what a range consists of, for messages
	parse  func(text string) (float64, error)
	format func(x float64) string // x rounded to a value of the parameter
	whole  bool                   // a count: each whole number is equally probable
}

var durationScale = scale{
	parse: func(text string) (float64, error) {
		d, err := distribution.ParseDuration(text)
		return float64(d), err
	},
	format: func(x float64) string { return time.Duration(math.Round(x)).String() },
}

var plainScale = scale{
	what:   "numbers",
	parse:  func(text string) (float64, error) { return strconv.ParseFloat(text, 64) },
	format: func(x float64) string { return strconv.FormatFloat(x, 'g', 12, 64) },
}

var scales = map[scenarios.Type]scale{
	scenarios.DurationType:     durationScale,
	scenarios.DistributionType: durationScale,
	scenarios.CountType: {
		what: "whole numbers",
		parse: func(text string) (float64, error) {
			n, err := strconv.ParseInt(text, 10, 32)
			return float64(n), err
		},
		format: func(x float64) string { return strconv.FormatInt(int64(math.Round(x)), 10) },
		whole:  true,
	},
	scenarios.ProbabilityType: plainScale, scenarios.CorrelationType: plainScale, scenarios.LossType: plainScale,
	scenarios.BitRateType: {
		parse: func(text string) (float64, error) {
			r, err := sim.ParseBitRate(text)
			if err == nil && r == 0 {
				err = errors.New("a range has to end somewhere: want bit rates such as 64kbit/s")
			}
			return float64(r), err
		},
		format: func(x float64) string { return sim.BitRate(math.Round(x)).String() },
	},
}

// errSteps says how to write a range of levels.
var errSteps = errors.New(
	"a range is A..B/STEPS, with a whole number of steps; A..B without steps is for the designs that fill a space, " +
		"latin-hypercube and sobol",
)

// parseNumbers reads A..B, optionally followed by /STEPS, :log or both. In a distribution, braces
// enclose the range.
func parseNumbers(p *scenarios.Parameter, body string) (numbers, error) {
	var r numbers
	var ok bool
	if r.scale, ok = scales[p.Type]; !ok {
		choices := ""
		if len(p.Choices) > 0 {
			choices = ": " + strings.Join(p.Choices, ",")
		}
		return r, fmt.Errorf("parameter %s is a %s; it has no range, only a list of levels%s", p.Name, p.Type, choices)
	}
	if before, rest, braces := strings.Cut(body, "{"); braces {
		inside, behind, closed := strings.Cut(rest, "}")
		switch {
		case p.Type != scenarios.DistributionType && p.Type != scenarios.LossType:
			return r, fmt.Errorf("parameter %s is a %s; braces stand around a number of a distribution", p.Name, p.Type)
		case !closed || strings.ContainsAny(behind, "{}"):
			return r, errors.New("want one range, in one pair of braces")
		}
		r.before, r.behind, body = before, behind, inside
	}
	body, r.log = strings.CutSuffix(body, ":log")
	bounds, count, stepped := strings.Cut(body, "/")
	if p.Type == scenarios.BitRateType { // bit rates contain slashes
		bounds, count, stepped = cutBitRates(body)
	}
	if stepped {
		steps, err := strconv.Atoi(strings.TrimSpace(count))
		if err != nil {
			return r, errSteps
		}
		if steps < 1 || steps >= MaxLevels {
			return r, fmt.Errorf("%d steps are out of range: 1 to %d", steps, MaxLevels-1)
		}
		r.steps = steps
	}
	r.lowText, r.highText, ok = strings.Cut(bounds, "..")
	if !ok {
		return r, errSteps
	}
	r.lowText, r.highText = strings.TrimSpace(r.lowText), strings.TrimSpace(r.highText)
	if _, err := plainScale.parse(r.highText); r.before != "" && err == nil {
		r.scale = plainScale // a number of a distribution that is not a duration
	}
	var err1, err2 error
	r.low, err1 = r.parse(r.lowText)
	r.high, err2 = r.parse(r.highText)
	if err := errors.Join(err1, err2); err != nil {
		if r.what != "" {
			return r, fmt.Errorf("%s..%s is not a range of %s", r.lowText, r.highText, r.what)
		}
		return r, err
	}
	if r.log && (r.low <= 0 || r.high <= 0) {
		return r, fmt.Errorf("%s..%s is logarithmic: both ends have to be above 0", r.lowText, r.highText)
	}
	return r, nil
}

// cutBitRates cuts a range such as 1kbit/s..9kbit/s/8 at the slash before the number of steps.
func cutBitRates(body string) (bounds, count string, ok bool) {
	if strings.Count(body, "/") < 3 {
		return body, "", false
	}
	i := strings.LastIndex(body, "/")
	return body[:i], body[i+1:], true
}

// levels returns the levels of a range with steps.
func (r *numbers) levels() ([]string, error) {
	if r.steps == 0 {
		return nil, errSteps
	}
	if r.whole && !r.log && math.Mod(r.high-r.low, float64(r.steps)) != 0 {
		return nil, fmt.Errorf("%d steps do not divide %s..%s", r.steps, r.lowText, r.highText)
	}
	levels := make([]string, r.steps+1)
	for i := range levels {
		levels[i] = r.between(r.low, r.high, float64(i)/float64(r.steps))
	}
	return levels, nil
}

// at returns the value at a fraction of the range, from 0 to 1. For a uniform fraction, all
// counts are equally probable.
func (r *numbers) at(share float64) string {
	low, high := r.low, r.high
	if r.whole {
		half := math.Copysign(0.5, high-low)
		low, high = low-half, high+half
	}
	return r.between(low, high, share)
}

// between returns the value at a fraction of the way from low to high, kept within the range.
func (r *numbers) between(low, high, share float64) string {
	x := low + (high-low)*share
	if r.log {
		x = low * math.Pow(high/low, share)
	}
	x = math.Max(math.Min(r.low, r.high), math.Min(x, math.Max(r.low, r.high)))
	return r.before + r.format(x) + r.behind
}

// values returns how many values the range holds; +Inf if they are not whole numbers of something.
func (r *numbers) values() float64 {
	if r.steps > 0 {
		return float64(r.steps + 1)
	}
	if r.what == plainScale.what && !r.whole {
		return math.Inf(1)
	}
	return math.Floor(math.Abs(r.high-r.low)) + 1
}

// isRange reports whether a factor is a range rather than a list of levels. A list may contain
// time intervals or paths of files.
func isRange(p *scenarios.Parameter, body string) bool {
	if strings.Contains(body, "{") {
		return true
	}
	outside, _, _ := strings.Cut(body, "(")
	return p.Type != scenarios.IntervalType && strings.Contains(outside, "..")
}
