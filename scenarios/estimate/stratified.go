package estimate

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/seed"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/sim/distribution"
)

// Strata is what replications gave in which the probe's distribution was cut into strata of
// equal probability (stratified sampling: Asmussen and Glynn, Stochastic Simulation,
// 2007, section V.7).
type Strata struct {
	*sample.Results
	Strata []stat.Stratum // by the latency of the probe

	// Probability is estimated with the plan's confidence, from the strata.
	Probability stat.Stratified

	Pilots int // replications that set the shares of the strata, and are not among these
}

const (
	// LeastOfStratum is how many replications each stratum has at the first look.
	LeastOfStratum = 2

	// MostStrata is how many strata there may be.
	MostStrata = 1000

	// LeastPilots is how many pilot replications tell something.
	LeastPilots = 50
)

// Stratified performs replications of which each has the probe in one of so many strata
// of its distribution: in the n-th, from 0, it is the quantile of a variate that is uniform over the
// stratum, drawn from a stream of its own under the seed Seed+n, which draws all else. They
// are performed up to each of the looks of a plan in turn, until the estimate at a look is
// enough; the first look has LeastOfStratum of each stratum at least.
//
// Every stratum has the same share of them or, if pilots is above 0, one in proportion to
// the standard deviation that so many pilot replications under other seeds had there, a
// failure and its contrary added to each (Neyman, Journal of the Royal Statistical Society
// 97, 1934, 558-625).
func (q *Integral) Stratified(
	ctx context.Context, runner run.Runner, strata, pilots int, plan stat.Plan, progress func(),
) (*Strata, error) {
	if err := q.CheckConditional(); err != nil {
		return nil, err
	}
	if least := LeastOfStratum * strata; strata < 1 || plan.Looks[0] < least || pilots > 0 && pilots < least {
		return nil, fmt.Errorf("%d strata want at least %d replications", strata, max(1, least))
	}
	shares := make([]float64, strata)
	for k := range shares {
		shares[k] = 1
	}
	if pilots > 0 {
		first := seed.StratifiedPilots(q.Search.Seed, q.Values.Scenario().Name)
		p, err := q.stratified(
			ctx, runner, first, allocate(shares, pilots), strata, stat.OneLook(pilots, plan.Confidence), progress,
		)
		if err != nil || p.Interrupted {
			return p, err
		}
		for k, s := range p.Strata {
			share := float64(s.Failures+1) / float64(s.Trials+2)
			shares[k] = math.Sqrt(share * (1 - share))
		}
	}
	s, err := q.stratified(ctx, runner, q.Search.Seed, allocate(shares, plan.Budget()), strata, plan, progress)
	if err == nil {
		s.Pilots = pilots
	}
	return s, err
}

func (q *Integral) stratified(
	ctx context.Context, runner run.Runner, first uint64, in []int, strata int, plan stat.Plan, progress func(),
) (*Strata, error) {
	s := &Strata{Strata: make([]stat.Stratum, strata)}
	running, err := sample.Begin(runner, sample.Sweep{
		Design: design.Single(q.Search.Values), Replications: len(in), Seed: first, Fail: q.Search.Fail,
		Each: func(i int) scenarios.Assignment {
			return scenarios.Assignment{
				Name: q.Search.Probe.Name, Value: q.latency(seed.Replication(first, i), in[i], strata),
			}
		},
		Observers: []sample.Observer{func(_, i int, o *run.Result) {
			if o.Status == run.Completed {
				s.Strata[in[i]].Trials++
				if o.Failed {
					s.Strata[in[i]].Failures++
				}
			}
		}},
	}, progress)
	if err != nil {
		return nil, err
	}
	err = running.Follow(ctx, plan, func() stat.Estimate {
		s.Probability = stat.StratifiedProportion(s.Strata, plan.Confidence)
		return s.Probability.Estimate
	})
	if err != nil {
		return nil, err
	}
	s.Results = running.Finish()
	return s, nil
}

// latency draws the probe's latency from a stratum, from 0.
func (q *Integral) latency(replication uint64, stratum, strata int) time.Duration {
	u := seed.Stratum(replication, q.Values.Scenario().Name, q.Search.Probe.Name).Uniform()
	if stratum >= strata/2 { // from above, for the digits of the upper tail
		return distribution.UpperLatency(q.Distribution, (float64(strata-1-stratum)+(1-u))/float64(strata))
	}
	return distribution.Latency(q.Distribution, (float64(stratum)+u)/float64(strata))
}

// allocate returns the stratum of each of n replications: LeastOfStratum of each first,
// and then always the one that lacks most of its share.
func allocate(shares []float64, n int) []int {
	total := 0.0
	for _, s := range shares {
		total += s
	}
	in, counts := make([]int, n), make([]int, len(shares))
	for i := range in {
		k := i % len(shares)
		if i >= LeastOfStratum*len(shares) {
			most := math.Inf(-1)
			for j, s := range shares {
				if lacks := s/total*float64(i+1) - float64(counts[j]); lacks > most+1e-9 {
					k, most = j, lacks
				}
			}
		}
		in[i] = k
		counts[k]++
	}
	return in
}
