package sample

import (
	"context"
	"fmt"
	"slices"

	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/seed"
	"github.com/dtlssim/dtlssim/scenarios/stat"
)

// Comparison is a sweep that compares each design point with one of them, the baseline, seed by
// seed. Common random numbers make the two replications of a pair alike in everything that the
// parameters do not change (Asmussen and Glynn, Stochastic Simulation, 2007, section V.5).
type Comparison struct {
	*Results
	Baseline       int      // index of the baseline among the points
	Others         []Paired // for each other point, in the order of the design
	EachConfidence float64  // of the interval of each difference
}

// Paired counts the seeds under which both a design point and the baseline gave a result, by which
// of the two failed.
type Paired struct {
	Point                                  int // index among the points
	Both, OnlyBaseline, OnlyOther, Neither int // which of the two failed

	// Difference is the point's failure probability minus that of the baseline, estimated from the
	// pairs.
	Difference stat.Difference

	// Without is how many seeds gave no result at one or both of the two points.
	Without int

	// FirstOnlyBaseline and FirstOnlyOther are the first seeds at which only the baseline or only
	// the other point failed; nil if there is none.
	FirstOnlyBaseline, FirstOnlyOther *PairCommands
}

// PairCommands are the commands that repeat a pair of replications.
type PairCommands struct {
	Seed     uint64 `json:"seed"`
	Baseline string `json:"baseline"`
	Other    string `json:"other"`
}

// The results of a replication, for Compare.
const (
	notDone byte = iota
	passed
	failed
	withoutResult
)

// Compare performs the replications of a sweep and compares each design point with the one at index
// baseline. The sweep's confidence applies to each interval of a difference or, if simultaneous, to
// all intervals together. Otherwise Compare works like RunSweep. A seed is not counted as a pair if
// one of its replications was not done when ctx ended.
func Compare(
	ctx context.Context, runner run.Runner, s Sweep, baseline int, simultaneous bool, progress func(),
) (*Comparison, error) {
	if baseline < 0 || baseline >= len(s.Design) || len(s.Design) < 2 {
		return nil, fmt.Errorf(
			"%d design points with the baseline at %d: want two at least and the baseline among them", len(s.Design),
			baseline,
		)
	}
	outcomes := make([][]byte, len(s.Design))
	for i := range outcomes {
		outcomes[i] = make([]byte, s.Replications)
	}
	sweep := s
	sweep.Observers = append(slices.Clip(s.Observers), func(point, i int, o *run.Result) {
		switch {
		case o.Status != run.Completed:
			outcomes[point][i] = withoutResult
		case o.Failed:
			outcomes[point][i] = failed
		default:
			outcomes[point][i] = passed
		}
	})
	r, err := RunSweep(ctx, runner, sweep, progress)
	if err != nil {
		return nil, err
	}
	c := &Comparison{Results: r, Baseline: baseline, EachConfidence: r.Sweep.Inference.Confidence}
	if simultaneous {
		c.EachConfidence = stat.Bonferroni(c.EachConfidence, len(s.Design)-1)
	}
	for i, p := range r.Points {
		if p.Certain { // every seed gives the same result as the first
			for n := range outcomes[i] {
				outcomes[i][n] = outcomes[i][0]
			}
		}
	}
	for i := range s.Design {
		if i == baseline {
			continue
		}
		p := Paired{Point: i}
		certain, seeds := r.Points[i].Certain && r.Points[baseline].Certain, s.Replications
		if certain {
			seeds = CertainSeeds
		}
		for n := range seeds {
			r.pair(&p, outcomes[baseline][n], outcomes[i][n], baseline, n)
		}
		if certain {
			p.Difference = stat.CertainDifference(r.Points[baseline].Estimate.Value, r.Points[i].Estimate.Value, seeds)
		} else {
			pairs := stat.Pairs{Both: p.Both, OnlyFirst: p.OnlyBaseline, OnlySecond: p.OnlyOther, Neither: p.Neither}
			p.Difference = stat.PairedDifference(pairs, c.EachConfidence)
		}
		c.Others = append(c.Others, p)
	}
	var differences []*stat.Difference
	for i := range c.Others {
		differences = append(differences, &c.Others[i].Difference)
	}
	stat.Adjust(differences)
	return c, nil
}

// pair counts the n-th seed.
func (r *Results) pair(p *Paired, base, other byte, baseline, n int) {
	switch {
	case base == notDone || other == notDone:
	case base == withoutResult || other == withoutResult:
		p.Without++
	case base == failed && other == failed:
		p.Both++
	case base == failed:
		if p.OnlyBaseline++; p.FirstOnlyBaseline == nil {
			p.FirstOnlyBaseline = r.pairCommands(baseline, p.Point, n)
		}
	case other == failed:
		if p.OnlyOther++; p.FirstOnlyOther == nil {
			p.FirstOnlyOther = r.pairCommands(baseline, p.Point, n)
		}
	default:
		p.Neither++
	}
}

// pairCommands returns the commands that repeat the n-th replications of two points.
func (r *Results) pairCommands(baseline, point, n int) *PairCommands {
	of := seed.Replication(r.Sweep.Seed, n)
	repeat := func(point int) string { return r.Sweep.Design[point].Values.Repeat(of, r.Sweep.Fail).String() }
	return &PairCommands{Seed: of, Baseline: repeat(baseline), Other: repeat(point)}
}
