package figures

import (
	"context"
	"math"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/answers"
	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/study/rows"
	"github.com/dtlssim/dtlssim/sim/distribution"
)

// LatencyDistribution shows the distribution of a probe with the failure windows shaded under it.
type LatencyDistribution struct {
	rows.Head
	Probe string
}

// LatencyDistributionResult is the result of a [LatencyDistribution].
type LatencyDistributionResult struct {
	noSweeps
	Of           *LatencyDistribution
	Distribution distribution.Distribution // of the probe
	Probability  *estimate.ExactProbability
}

// LatencyDistributionKind is the kind of [LatencyDistribution].
var LatencyDistributionKind = &Kind{
	Name: "law", Keys: []string{"probe"}, Required: []string{"probe"}, Single: true,
	New: func(h rows.Head) Figure { return &LatencyDistribution{Head: h} },
}

// Kind implements [Figure].
func (*LatencyDistribution) Kind() *Kind { return LatencyDistributionKind }

func (g *LatencyDistribution) Read(r *strict.Reader, s *rows.Subject, f strict.Fields) {
	t := r.Required(f, "probe")
	if t.Value == "" || s.Scenario == nil {
		return
	}
	g.Probe = t.Value
	checkDistribution(r, s, t)
}

func (g *LatencyDistribution) Check(s *rows.Subject, row rows.Row) error {
	q, err := s.Integral(g.At(row), g.Probe, g.Fail)
	if err != nil {
		return err
	}
	return q.CheckExact()
}

func (*LatencyDistribution) Steps(*rows.Subject, float64) int { return 1 }

func (g *LatencyDistribution) Run(ctx context.Context, e *rows.Execution) (Result, error) {
	q, err := e.Integral(g.At(g.Rows[0]), g.Probe, g.Fail)
	if err != nil {
		return nil, err
	}
	r := &LatencyDistributionResult{Of: g, Distribution: q.Distribution}
	var rules run.Collector
	if r.Probability, err = q.Exact(ctx, rules.Over(e.Runner)); err == nil {
		err = estimate.CheckIdle(ctx, e.Scenario, g.Probe, &rules, e.Runner)
	}
	if err != nil {
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
	e := answers.Estimate{
		Row: r.Of.Rows[0].Label, X: math.NaN(), Method: answers.Exact, Estimate: p.Value, Low: p.Low, High: p.High,
		Interval: answers.Exact, Confidence: math.NaN(), N: -1, Failures: -1, Exact: p.Exact,
	}
	if !p.Exact {
		e.Interval, e.Confidence = string(p.Method), p.Confidence
	}
	return answers.Answers{Estimates: []answers.Estimate{e}}
}

// checkDistribution reports a probe that is not a latency distribution.
func checkDistribution(r *strict.Reader, s *rows.Subject, t strict.Text) {
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
