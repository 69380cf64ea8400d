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

// Strata holds the result of stratified sampling: replications with the probe's distribution cut
// into strata of equal probability (Asmussen and Glynn, Stochastic Simulation, 2007, section V.7).
type Strata struct {
	*sample.Results
	Strata []stat.Stratum // in the order of the probe's latency

	// Probability is estimated with the plan's confidence, from the strata.
	Probability stat.Stratified

	Pilots int // replications that set the shares of the strata; not among the others
}

const (
	// LeastOfStratum is the smallest number of replications of a stratum at the first look.
	LeastOfStratum = 2

	// MostStrata is the largest number of strata.
	MostStrata = 1000

	// LeastPilots is the smallest useful number of pilot replications.
	LeastPilots = 50

	// MostPilots is the largest number of pilot replications, of a round: all their draws are kept.
	MostPilots = 100_000
)

// Stratified cuts the probe's distribution into strata and performs replications with the probe in
// one of them. In the n-th replication, from 0, the probe is the quantile of a variate that is
// uniform over the stratum. A separate stream under the seed Seed+n draws this variate; the same
// seed draws all else. The replications are performed up to each look of a plan in turn, until the
// estimate is good enough. At the first look, each stratum has at least LeastOfStratum of them.
//
// Every stratum has the same share of the replications. If pilots is above 0, its share is instead
// proportional to the standard deviation in that many pilot replications (Neyman, Journal of the
// Royal Statistical Society 97, 1934, 558-625). They have other seeds, and one failure and one
// success are added to each stratum.
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

// latency draws the probe's latency from a stratum; strata count from 0.
func (q *Integral) latency(replication uint64, stratum, strata int) time.Duration {
	u := seed.Stratum(replication, q.Values.Scenario().Name, q.Search.Probe.Name).Uniform()
	if stratum >= strata/2 { // from above, to keep the digits of the upper tail
		return distribution.UpperLatency(q.Distribution, (float64(strata-1-stratum)+(1-u))/float64(strata))
	}
	return distribution.Latency(q.Distribution, (float64(stratum)+u)/float64(strata))
}

// allocate returns the stratum of each of n replications: first LeastOfStratum for each stratum,
// then always the stratum that lacks most of its share.
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
