package figures

import (
	"context"
	"fmt"
	"math"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/answers"
	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/sim/distribution"
)

// LatencyDistribution shows the distribution of a probe with the failure windows shaded under it.
type LatencyDistribution struct {
	Head
	Probe string
}

// LatencyDistributionResult is what a [LatencyDistribution] gave.
type LatencyDistributionResult struct {
	noSweeps
	Of           *LatencyDistribution
	Distribution distribution.Distribution // of the probe
	Probability  *estimate.ExactProbability
}

// LatencyDistributionKind is the kind of a [LatencyDistribution].
var LatencyDistributionKind = &Kind{
	Name: "law", Keys: []string{"probe"}, Required: []string{"probe"}, Single: true,
	New: func(h Head) Figure { return &LatencyDistribution{Head: h} },
}

// Kind implements [Figure].
func (*LatencyDistribution) Kind() *Kind { return LatencyDistributionKind }

func (g *LatencyDistribution) Read(r *strict.Reader, s *Subject, f strict.Fields) {
	t := r.Required(f, "probe")
	if t.Value == "" || s.Scenario == nil {
		return
	}
	g.Probe = t.Value
	checkDistribution(r, s, t)
}

func (g *LatencyDistribution) Check(s *Subject, row Row) error {
	q, err := s.integral(g.at(row), g.Probe, g.Fail)
	if err != nil {
		return err
	}
	return q.CheckExact()
}

func (*LatencyDistribution) Steps(*Subject, float64) int { return 1 }

func (g *LatencyDistribution) Run(ctx context.Context, e *Execution) (Result, error) {
	q, err := e.Subject.integral(g.at(g.Rows[0]), g.Probe, g.Fail)
	if err != nil {
		return nil, err
	}
	r := &LatencyDistributionResult{Of: g, Distribution: q.Distribution}
	if r.Probability, err = q.Exact(ctx, e.Runner); err != nil {
		return nil, err
	}
	e.Progress()
	return r, nil
}

// Figure implements [Result].
func (r *LatencyDistributionResult) Figure() Figure { return r.Of }

// Runs implements [Result].
func (r *LatencyDistributionResult) Runs() int { return r.Probability.Runs }

// Searches implements [Result].
func (r *LatencyDistributionResult) Searches() []Search {
	return []Search{{Row: r.Of.Rows[0].Label, Windows: r.Probability.Windows}}
}

func (r *LatencyDistributionResult) Answers() answers.Answers {
	p := r.Probability
	return answers.Answers{Estimates: []answers.Estimate{{
		Row: r.Of.Rows[0].Label, X: math.NaN(), Method: answers.Exact, Estimate: p.Value, Low: p.Low, High: p.High,
		Interval: answers.Exact, Confidence: math.NaN(), N: -1, Failures: -1, Exact: true,
	}}}
}

// checkDistribution reports a probe that is no latency distribution.
func checkDistribution(r *strict.Reader, s *Subject, t strict.Text) {
	p := s.Scenario.Parameter(t.Value)
	switch {
	case p == nil:
		r.Fault(t.Place, "probe: %v", s.Scenario.Check(t.Value, ""))
	case p.Type != scenarios.DistributionType:
		r.Fault(
			t.Place, "probe: parameter %s is a %s; only over a latency distribution can be integrated", p.Name, p.Type,
		)
	}
}

// integral asks for the probability of failure under settings, which have to give the
// probe a distribution.
func (s *Subject) integral(set scenarios.Settings, probe string, fail scenarios.Predicate) (estimate.Integral, error) {
	if _, ok := set[probe]; !ok {
		return estimate.Integral{}, fmt.Errorf("it does not set the law of the probe %s", probe)
	}
	v, err := s.Values(set)
	if err != nil {
		return estimate.Integral{}, err
	}
	return estimate.NewIntegral(v, probe, s.Seed, fail, estimate.Tail)
}
