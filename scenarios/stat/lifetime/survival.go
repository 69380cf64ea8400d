package lifetime

import (
	"cmp"
	"math"
	"slices"

	"github.com/dtlssim/dtlssim/scenarios/stat"
)

// Step is one step of a distribution function or a survival curve: from At on, until the
// next one.
type Step struct {
	// The value of a distribution function is the probability of at most At, and that of a
	// survival curve the probability of more. The interval is pointwise.
	stat.Estimate
	At float64

	AtRisk   int     // of a survival curve: whose lifetimes were not over, nor cut, before At
	Events   int     // likewise: lifetimes over at At
	Censored int     // likewise: lifetimes cut at At or later, before the next step
	Error    float64 // likewise: the standard error, by the formula of stat.Greenwood; NaN at a survival of 0
}

// Survival is an estimated distribution of lifetimes of which some were cut.
type Survival struct {
	Steps           []Step // at the times at which something ended; before the first, the survival is 1
	Samples, Events int
	Cut             []float64 // the times at which lifetimes were cut, increasing
	End             float64   // the longest time of any, beyond which nothing is known unless the survival is 0
	Confidence      float64
}

// KaplanMeier estimates the distribution of lifetimes by the product-limit estimator of
// Kaplan and Meier (Journal of the American Statistical Association 53, 1958, 457-481),
// with the variance of stat.Greenwood and pointwise intervals on the scale log(-log S), which
// stay within 0 and 1 (Kalbfleisch and Prentice, The Statistical Analysis of Failure Time
// Data, 1980, section 1.4). What cuts a lifetime has to say nothing else about it: a limit
// that is the same for all does not. A lifetime that is cut at the time at which another
// is over is taken to be longer. At a survival of 0 the scale has no value; the interval
// is then from 0 to where it ended before, or 1.
func KaplanMeier(samples []Lifetime, confidence float64) Survival {
	sorted := slices.Clone(samples)
	slices.SortStableFunc(sorted, func(a, b Lifetime) int { return cmp.Compare(a.Value, b.Value) })
	s := Survival{Samples: len(samples), Confidence: confidence}
	survival, greenwood, z, high := 1.0, 0.0, stat.Z(confidence), 1.0
	for i := 0; i < len(sorted); {
		step := Step{
			Estimate: stat.Unknown(len(samples), 0, high, confidence, stat.Greenwood), At: sorted[i].Value,
			AtRisk: len(sorted) - i,
		}
		for ; i < len(sorted) && sorted[i].Value == step.At; i++ {
			if sorted[i].Censored {
				step.Censored++
				s.Cut = append(s.Cut, step.At)
			} else {
				step.Events++
			}
		}
		s.End = step.At
		if step.Events == 0 {
			if n := len(s.Steps); n > 0 {
				s.Steps[n-1].Censored += step.Censored
			}
			continue
		}
		s.Events += step.Events
		left := step.AtRisk - step.Events
		survival *= float64(left) / float64(step.AtRisk)
		step.Value, step.Error = survival, math.NaN()
		if left > 0 {
			greenwood += float64(step.Events) / (float64(step.AtRisk) * float64(left))
			step.Error = survival * math.Sqrt(greenwood)
			half := z * math.Sqrt(greenwood) / math.Abs(math.Log(survival))
			step.Low = math.Pow(survival, math.Exp(half))
			step.High = math.Pow(survival, math.Exp(-half))
			high = step.High
		}
		s.Steps = append(s.Steps, step)
	}
	return s
}

// At returns the step at a time, or the one before all of them.
func (s *Survival) At(time float64) Step {
	at := Step{
		Estimate: stat.Estimate{
			Value: 1, Low: 1, High: 1, Confidence: s.Confidence, N: s.Samples, Method: stat.Greenwood,
		},
		AtRisk: s.Samples,
	}
	for _, step := range s.Steps {
		if step.At > time {
			break
		}
		at = step
	}
	return at
}

// Quantile returns the quantile of the lifetimes: the first time at which the survival
// is at most 1-q. The ends of its interval are those at which the pointwise intervals
// reach that (Brookmeyer and Crowley, Biometrics 38, 1982, 29-41), by which the median
// survival time is known. Before anything is over they know no error; the lower end is
// there where so many lifetimes that all go on exclude, exactly, a survival of 1-q: one
// lifetime says nothing of when a tenth is over. A time that is not reached is infinite:
// the lifetimes were cut before, and there is no upper bound. Ranks are 0.
func (s *Survival) Quantile(q float64) Quantile {
	never := math.Inf(1)
	e := Quantile{
		Estimate: stat.Unknown(s.Samples, never, never, s.Confidence, stat.BrookmeyerCrowley), Q: q,
		Coverage: s.Confidence,
	}
	e.Value = never
	level := 1 - q + 1e-12 // whatever the rounding of a product
	for i := len(s.Steps) - 1; i >= 0; i-- {
		step := s.Steps[i]
		if step.Value <= level {
			e.Value = step.At
		}
		if step.Low <= level {
			e.Low = step.At
		}
		if step.High <= level {
			e.High = step.At
		}
	}
	e.Low = math.Min(e.Low, s.undecided(level))
	switch {
	case s.Samples == 0:
		e.Value, e.Low = math.NaN(), 0
	case math.IsInf(e.Value, 1):
		e.Value, e.AtLeast = s.End, true
		e.Low = math.Min(e.Low, s.End)
	}
	return e
}

// undecided returns the first time before the first step at which the survival may be at
// most level; infinite if there is none. A survival p leaves m lifetimes of which none is
// over with the probability p^m.
func (s *Survival) undecided(level float64) float64 {
	tail := (1 - s.Confidence) / 2
	if s.Samples == 0 || math.Pow(tail, 1/float64(s.Samples)) <= level {
		return 0
	}
	for i, cut := range s.Cut {
		if len(s.Steps) > 0 && cut >= s.Steps[0].At {
			break
		}
		if left := s.Samples - i - 1; left == 0 || math.Pow(tail, 1/float64(left)) <= level {
			return cut
		}
	}
	return math.Inf(1)
}
