package estimate

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/seed"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/sim/distribution"
)

// Integral asks for a failure probability: the integral of the failure windows of a probe over the
// probe's distribution.
type Integral struct {
	Search       search.Search             // for the windows; its range follows from the distribution
	Distribution distribution.Distribution // of the probe
	Values       scenarios.Values          // every parameter, the probe among them
}

// Tail is the probability of each tail of the probe's distribution that is not searched. It is near
// the smallest probability that a float64 holds with full precision.
const Tail = 1e-300

// maxReach is the largest latency that an Integral searches.
const maxReach = 1000 * time.Hour

// NewIntegral asks for the failure probability under the distribution that the values give the
// probe. All other parameters are as set, or as the seed draws them. The searched range leaves out
// a tail of the given probability at either end, and everything beyond 1000 hours. It is an error
// if the probe is not a latency distribution or has no probabilities.
func NewIntegral(
	v scenarios.Values, probe string, master uint64, fail scenarios.Predicate, tail float64,
) (Integral, error) {
	s := v.Scenario()
	if err := s.CheckProbe(probe); err != nil {
		return Integral{}, err
	}
	if p := s.Parameter(probe); p.Type != scenarios.DistributionType {
		return Integral{}, fmt.Errorf(
			"probe: parameter %s is a %s; only over a latency distribution can be integrated", p.Name, p.Type,
		)
	}
	l := v.Distribution(probe)
	if err := distribution.CheckIntegrable(l); err != nil {
		return Integral{}, err
	}
	others, err := v.Without(probe)
	if err != nil {
		return Integral{}, err
	}
	return Integral{
		Search: search.Search{
			Values: others, Seed: master, Fail: fail,
			Probe:    scenarios.ProbeRange{Name: probe, From: lowEnd(l, tail), To: highEnd(l, tail)},
			Sampling: search.Sampling{Of: []distribution.Distribution{l}},
		},
		Distribution: l, Values: v,
	}, nil
}

// lowEnd returns the largest latency, up to maxReach, below which at most tail of a distribution
// lies.
func lowEnd(l distribution.Distribution, tail float64) time.Duration {
	return time.Duration(sort.Search(int(maxReach), func(x int) bool { return l.Below(float64(x+1)) > tail }))
}

// highEnd returns the smallest latency at or above which at most tail of a distribution lies, or
// maxReach.
func highEnd(l distribution.Distribution, tail float64) time.Duration {
	return time.Duration(sort.Search(int(maxReach), func(x int) bool { return l.AtLeast(float64(x)) <= tail }))
}

// Check reports a probe whose windows cannot be integrated over its distribution. A window holds
// for one single duration, but each datagram draws its own from a distribution of the network, and
// so does each of several parameters that share one.
func (q *Integral) Check() error {
	s, name := q.Values.Scenario(), q.Search.Probe.Name
	if s.Parameter(name).Group == scenarios.NetworkGroup {
		return fmt.Errorf(
			"probe: every datagram draws from parameter %s, and a window is one of a single duration; choose a "+
				"parameter of one datagram%s",
			name, exampleOf(s),
		)
	}
	var followers []string
	for _, p := range s.Parameters {
		if p.Follows == name && !q.Values.Given(p.Name) {
			followers = append(followers, p.Name)
		}
	}
	if len(followers) > 0 {
		return fmt.Errorf(
			"probe: %s follows parameter %s, and would draw for itself; set it as well",
			strings.Join(followers, " and "), name,
		)
	}
	return nil
}

// exampleOf returns the name of the default probe if it accepts a distribution.
func exampleOf(s *scenarios.Scenario) string {
	if p := s.Parameter(s.Probe.Name); p != nil && p.Type == scenarios.DistributionType &&
		p.Group != scenarios.NetworkGroup {
		return ", such as " + p.Name
	}
	return ""
}

// ExactProbability is the answer to an Integral when nothing but the probe is random. See
// [stat.Exact] for its bounds. If the windows are not proved to be complete, it is not exact: see
// [stat.Searched].
type ExactProbability struct {
	stat.Estimate                 // N is the number of seeds found to have the same windows
	Outside       float64         // the probability of a latency outside the searched range
	Rounding      float64         // bound on the floating-point rounding error
	Runs          int             // replications performed
	Windows       *search.Windows // under the first seed
	Basis         search.Basis    // of the windows under all seeds
}

// exactSeeds is the number of seeds under which the windows must agree. The parameters alone do not
// show whether a rule has a distribution, or what a scenario in Go draws.
const exactSeeds = 3

// CheckExact reports what is random besides the probe, judging by the parameters.
func (q *Integral) CheckExact() error {
	if random := q.randomBesides(); len(random) > 0 {
		return fmt.Errorf(
			"not only %s is random, but %s as well: there is no exact probability; the method conditional averages "+
				"over that",
			q.Search.Probe.Name, strings.Join(random, ", "),
		)
	}
	return q.Check()
}

// randomBesides returns, as assignments, the parameters that make something random besides the
// probe. It names the two directions of the network rather than the parameter for both, because
// each may be set separately.
func (q *Integral) randomBesides() (names []string) {
	v, parameters := q.Values, q.Values.Scenario().Parameters
	for _, p := range parameters {
		directions := slices.ContainsFunc(parameters, func(other scenarios.Parameter) bool {
			return other.Follows == p.Name && other.Group == scenarios.NetworkGroup
		})
		if p.Name == q.Search.Probe.Name || directions {
			continue
		}
		random := false
		switch p.Type {
		case scenarios.DistributionType:
			switch v.Distribution(p.Name).(type) {
			case distribution.Constant, *distribution.LatencyTrace:
			default:
				random = true
			}
		case scenarios.LossType:
			rate := v.Loss(p.Name).Rate()
			random = rate > 0 && rate < 1
		case scenarios.ProbabilityType:
			probability := v.Probability(p.Name)
			random = probability > 0 && probability < 1
		case scenarios.CountType:
			random = p.Name == "perturb" && v.Count(p.Name) > 0
		}
		if random {
			names = append(names, p.Name+"="+v.Text()[p.Name])
		}
	}
	return names
}

// RandomError says that something is random although no parameter shows it.
type RandomError struct{ text string }

// Error implements error.
func (e *RandomError) Error() string { return e.text }

// Exact integrates the windows over the distribution. If anything else is random, it returns the
// error of CheckExact, or a *RandomError if only the windows of another seed show it.
func (q *Integral) Exact(ctx context.Context, runner run.Runner) (*ExactProbability, error) {
	if err := q.CheckExact(); err != nil {
		return nil, err
	}
	e := &ExactProbability{}
	for i := range exactSeeds {
		question := q.Search
		question.Seed = seed.Replication(question.Seed, i)
		w, err := search.FindWindows(ctx, runner, question)
		if err != nil {
			return nil, err
		}
		e.Runs += w.Runs
		e.Basis = e.Basis.And(w.Method.Basis)
		if i == 0 {
			e.Windows, e.Basis = w, w.Method.Basis
		} else if !slices.Equal(w.FailureWindows, e.Windows.FailureWindows) {
			return nil, &RandomError{fmt.Sprintf("the failure windows of seed %d are not those of seed %d: not only "+
				"%s is random, though no parameter shows what else; there is no exact probability; the method "+
				"conditional averages over that",
				question.Seed, q.Search.Seed, q.Search.Probe.Name)}
		}
	}
	probability, outside := e.Windows.Exact(q.Distribution)
	e.Outside, e.Rounding = outside, e.Windows.Rounding(q.Distribution)
	if e.Estimate = stat.Exact(probability, e.Outside, e.Rounding, exactSeeds); !e.Basis.Proved {
		e.Estimate = stat.Searched(probability, e.Outside, e.Rounding, e.Basis.Missed(), exactSeeds)
	}
	return e, nil
}

// fewRandomRuns is how many random runs a search makes whose windows are not proved, if it is one
// of many that answer a question together. Thirty of them, the fewest, make 600.
const fewRandomRuns = 20

// few returns the search with few random runs, as one of many.
func few(s search.Search) search.Search {
	s.Sampling.Runs, s.Part = fewRandomRuns, true
	return s
}

// Conditional is a conditional Monte Carlo estimate of a failure probability.
type Conditional struct {
	// Values has, for each seed in turn, the probability that the probe's latency lies in a failure
	// window, given everything else that the seed draws.
	Values []float64

	Probability stat.Mean // of the values, with the plan's confidence; the interval allows for Outside
	Runs        int       // replications performed
	Outside     float64   // the probability of a latency outside the searched range
	Interrupted bool      // the context ended before all was done

	// Basis is that of the windows under all seeds. If they are not proved to be complete, the
	// interval says nothing about windows that were missed.
	Basis search.Basis
}

// CheckConditional reports anything that would make the mean over seeds differ from the
// probability.
func (q *Integral) CheckConditional() error {
	v, name := q.Values, q.Search.Probe.Name
	for _, p := range q.Values.Scenario().Parameters {
		if p.Type == scenarios.CorrelationType && v.Correlation(p.Name) > 0 && !v.Given(name) {
			return fmt.Errorf(
				"probe: %s follows %s, and with %s=%s its latency depends on those of other datagrams: set it to a "+
					"distribution of its own, or choose the method monte-carlo",
				name, q.Values.Scenario().Parameter(name).Follows, p.Name, v.Text()[p.Name],
			)
		}
	}
	return q.Check()
}

// Conditional finds the windows under consecutive seeds, starting with the seed of the search, and
// integrates each over the distribution. This is conditional Monte Carlo: the mean of the values
// estimates the probability, without the variance that the probe itself causes (Asmussen and Glynn,
// Stochastic Simulation, 2007, section V.4). It performs the seeds up to each look of the plan in
// turn, until the estimate is good enough. It calls progress after each seed, from one goroutine at
// a time. If ctx ends, the answer holds the seeds before the first unfinished one.
func (q *Integral) Conditional(
	ctx context.Context, runner run.Runner, plan stat.Plan, progress func(),
) (*Conditional, error) {
	if err := q.CheckConditional(); err != nil {
		return nil, err
	}
	c := &Conditional{Basis: search.Basis{Proved: true}}
	for _, look := range plan.Looks {
		from := len(c.Values)
		values := slices.Repeat([]float64{math.NaN()}, look-from)
		bases := make([]search.Basis, look-from)
		var mu sync.Mutex
		err := run.Spread(ctx, runner.Size(), len(values), func(ctx context.Context, i int) error {
			question := few(q.Search)
			question.Seed = seed.Replication(question.Seed, from+i)
			w, err := search.FindWindows(ctx, runner, question)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			values[i], c.Outside = w.Exact(q.Distribution)
			bases[i] = w.Method.Basis
			c.Runs += w.Runs
			progress()
			return nil
		})
		if err != nil && ctx.Err() == nil {
			return nil, err
		}
		if done := slices.IndexFunc(values, math.IsNaN); done >= 0 {
			values, c.Interrupted = values[:done], true
		}
		c.Values = append(c.Values, values...)
		for _, b := range bases[:len(values)] {
			c.Basis = c.Basis.And(b)
		}
		c.Probability = stat.SampleMean(c.Values, plan.Confidence)
		if c.Interrupted || plan.Enough(c.Probability.Estimate) {
			break
		}
	}
	c.Probability.Estimate = c.Probability.Beside(c.Outside)
	return c, nil
}
