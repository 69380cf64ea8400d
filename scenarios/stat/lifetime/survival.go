package lifetime

import (
	"cmp"
	"math"
	"slices"

	"github.com/dtlssim/dtlssim/scenarios/stat"
)

// Step is one step of a distribution function or a survival curve: it applies from At until the
// next step.
type Step struct {
	// The value of a distribution function is the probability of a lifetime of at most At; the
	// value of a survival curve is the probability of a longer one. The interval is pointwise.
	stat.Estimate
	At float64

	AtRisk   int     // of a survival curve: lifetimes neither over nor cut before At
	Events   int     // likewise: lifetimes over at At
	Censored int     // likewise: lifetimes cut at At or later, before the next step
	Error    float64 // likewise: the standard error, by stat.Greenwood; NaN at a survival of 0
}

// Survival is an estimated distribution of lifetimes, some of which may be cut.
type Survival struct {
	Steps           []Step // where lifetimes ended; before the first, the survival is 1
	Samples, Events int
	Cut             []float64 // times at which lifetimes were cut, increasing
	End             float64   // the longest time; nothing is known beyond it unless the survival is 0
	Confidence      float64
}

// KaplanMeier estimates the distribution of lifetimes with the product-limit estimator of Kaplan
// and Meier (Journal of the American Statistical Association 53, 1958, 457-481). It uses the
// variance of stat.Greenwood and pointwise intervals on the scale log(-log S), which stay within 0
// and 1 (Kalbfleisch and Prentice, The Statistical Analysis of Failure Time Data, 1980, section
// 1.4). Censoring must be uninformative: the fact that a lifetime is cut must say nothing else
// about it. A limit that is the same for all lifetimes meets this condition. If one lifetime is cut
// at the time at which another is over, the cut one is taken to be longer. At a survival of 0, the
// scale has no value; the interval is then from 0 to its previous upper end, or to 1.
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

// At returns the step that applies at a time. Before the first step, this is a step with a survival
// of 1.
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

// Quantile returns a quantile of the lifetimes: the first time at which the survival is at most
// 1-q. The ends of its interval are the times at which the pointwise intervals reach 1-q
// (Brookmeyer and Crowley, Biometrics 38, 1982, 29-41, for the median survival time). Before the
// first lifetime is over, the pointwise intervals have no width. There, the lower end is instead
// the first time at which the number of remaining lifetimes, none of them over, no longer excludes
// a survival of 1-q by an exact bound: one lifetime says nothing about when a tenth is over. If the
// lifetimes are cut before the quantile is reached, the value is the longest time, AtLeast is true,
// and there is no upper bound. The ranks are 0.
func (s *Survival) Quantile(q float64) Quantile {
	never := math.Inf(1)
	e := Quantile{
		Estimate: stat.Unknown(s.Samples, never, never, s.Confidence, stat.BrookmeyerCrowley), Q: q,
		Coverage: s.Confidence,
	}
	e.Value = never
	level := 1 - q + 1e-12 // allows for the rounding of the products
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

// undecided returns the first time before the first step at which the survival may be at most
// level; infinite if there is none. With a survival of p, none of m lifetimes is over with
// probability p^m.
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
