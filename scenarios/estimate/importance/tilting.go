package importance

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/seed"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/sim/tilt"
)

// Tilting holds the tilts that pilot replications chose.
type Tilting struct {
	Tilts []tilt.Tilt
	Runs  int // pilot replications

	// RelativeVariance is the variance of one weighted replication divided by the square of its
	// mean, two standard errors above the value that the pilots of these tilts gave.
	RelativeVariance float64

	Interrupted bool // the context ended; there are no Tilts
}

// Parameters of the search for tilts.
const (
	leastPilotFailures = 20  // needed for the cross-entropy step
	pilotRounds        = 10  // most rounds of that step
	significance       = 4.0 // standard errors by which a draw has to differ from an untilted one
	// mostHarm is the largest probability to which a harmful answer is tilted, and 1-mostHarm the
	// smallest, so that replications with and without it occur.
	mostHarm   = 0.95
	leastTheta = 0.02 // bounds the weight of a replication without a large variate
)

// MostPilotRounds is the largest number of rounds of pilot replications that ChooseTilts performs.
var MostPilotRounds = len(flattenings) + 2*pilotRounds

// flattenings are the thetas by which all draws are tilted until enough replications fail. The
// first ones favour large variates and harmful answers, the last ones small variates.
var flattenings = []float64{1, 0.7, 0.5, 0.35, 0.25, 0.15, 0.1, 0.05, 2, 4, 10, 30}

// ChooseTilts looks for tilts by the cross-entropy method (Rubinstein and Kroese, The Cross-Entropy
// Method, 2004, section 2.5). In the book, levels of a score lead up to the rare event. Here a
// replication either fails or does not, so ever flatter draws replace the levels.
//
// Until some replications fail, all draws of the network are tilted by a theta further and further
// from 1. Then each draw (the n-th of a stream) gets its most likely theta, given its values in the
// replications that failed, each weighted by its likelihood ratio. A draw that there does not
// differ from an untilted one is left alone, because a needless tilt costs variance. (Where this is
// hard to decide, both are tried.) These steps are repeated with the new tilts, and the tilts with
// the smallest relative variance win.
//
// The pilots use other seeds than the question, so the estimate is independent of the choice. It is
// an error if no replication failed.
func ChooseTilts(ctx context.Context, runner run.Runner, q Question, pilots int, progress func()) (*Tilting, error) {
	t := &Tilting{RelativeVariance: math.Inf(1)}
	pilotSeed := seed.TiltPilots(q.Seed, q.Values.Scenario().Name)
	perform := func(tilts []tilt.Tilt) (*pilot, error) {
		trial := q
		trial.Tilts, trial.Seed = tilts, pilotSeed()
		p := &pilot{drawn: make([][]tilt.Draw, pilots)}
		observed := &tilt.Config{Tilts: tilts, Observe: true}
		w, err := trial.run(
			ctx, runner, func(int) *tilt.Config { return observed }, stat.OneLook(pilots, stat.AgreementConfidence),
			progress, func(i int, drawn []tilt.Draw) { p.drawn[i] = drawn },
		)
		if err != nil {
			return nil, err
		}
		t.Runs += w.Done
		if t.Interrupted = w.Interrupted; t.Interrupted {
			return p, nil
		}
		p.drawn = slices.DeleteFunc(
			p.drawn, func(d []tilt.Draw) bool { return d == nil },
		) // replications that gave no result or drew nothing
		if len(p.drawn) != len(w.Samples) {
			return nil, fmt.Errorf(
				"%d of %d pilot replications drew nothing from the network, or gave no result: there is nothing to "+
					"tilt",
				pilots-len(p.drawn), pilots,
			)
		}
		p.samples = w.Samples
		return p, nil
	}
	var best *pilot
	for _, theta := range flattenings {
		p, err := perform(flat(theta))
		if err != nil || t.Interrupted {
			return t, err
		}
		if best == nil || p.failures() > best.failures() {
			best = p
		}
		if p.failures() >= leastPilotFailures {
			break
		}
	}
	if best.failures() == 0 {
		return nil, fmt.Errorf(
			"none of %d pilot replications failed, however the draws of the network were tilted: does a failure "+
				"hang on them? --tilt sets the tilts, and --pilots the number of replications",
			t.Runs,
		)
	}
	p, without := best, 0 // rounds without an improvement
	for round := 0; round < pilotRounds && without < 2; round++ {
		sparse, generous := p.crossEntropy(false), p.crossEntropy(true)
		without++
		best, least := (*pilot)(nil), 0.0
		for _, tilts := range [][]tilt.Tilt{sparse, generous} {
			if best != nil && slices.Equal(sparse, generous) {
				continue
			}
			tried, err := perform(tilts)
			if err != nil || t.Interrupted {
				return t, err
			}
			v := tried.relativeVariance()
			if best == nil || v < least {
				best, least = tried, v
			}
			if _, _, honest := tried.weights(); v < 0.9*t.RelativeVariance ||
				honest < leastPilotFailures { // too few to compare by
				without = 0
			}
			if v < t.RelativeVariance {
				t.Tilts, t.RelativeVariance = tilts, v
			}
		}
		if p = best; p.failures() == 0 {
			break
		}
	}
	if t.Tilts == nil && math.IsInf(t.RelativeVariance, 1) {
		return nil, fmt.Errorf(
			"the tilts that %d pilot replications suggest make none fail; --tilt sets others, and --pilots the "+
				"number of replications",
			t.Runs,
		)
	}
	return t, nil
}

// flat tilts all draws alike.
func flat(theta float64) (tilts []tilt.Tilt) {
	if theta == 1 {
		return nil
	}
	for _, streams := range []string{"*/*", "rule/*/*"} {
		tilts = append(tilts, tilt.Tilt{Streams: streams, Theta: theta})
	}
	return tilts
}

// pilot holds replications with all their draws.
type pilot struct {
	samples []stat.WeightedSample
	drawn   [][]tilt.Draw
}

func (p *pilot) failures() (n int) {
	for _, s := range p.samples {
		if s.Failed {
			n++
		}
	}
	return n
}

// relativeVariance returns the variance of one weighted replication divided by the square of its
// mean, plus two standard errors: where a few weights dominate the estimate, larger ones are likely
// to follow. It is infinite if too few replications failed.
func (p *pilot) relativeVariance() float64 {
	if p.failures() < leastPilotFailures {
		return math.Inf(1)
	}
	scale := p.largest()
	sum, squares, fourths := 0.0, 0.0, 0.0
	for _, s := range p.samples {
		if s.Failed {
			w := math.Exp(s.LogWeight - scale)
			sum, squares, fourths = sum+w, squares+w*w, fourths+w*w*w*w
		}
	}
	n := float64(len(p.samples))
	return n*(squares+2*math.Sqrt(max(0, fourths-squares*squares/n)))/(sum*sum) - 1
}

// largest returns the largest log weight of the failed replications.
func (p *pilot) largest() float64 {
	largest := math.Inf(-1)
	for _, s := range p.samples {
		if s.Failed {
			largest = max(largest, s.LogWeight)
		}
	}
	return largest
}

// weights returns the weights of the replications, up to a common factor; a replication that did
// not fail has weight 0. If so few replications carry all the weight that the tilts would fit only
// them, it takes roots to even the weights out. effective is the number of equal weights that they
// are worth (Kish, Survey Sampling, 1965, section 8.2), and honest is that number before they were
// evened out.
func (p *pilot) weights() (weights []float64, effective, honest float64) {
	if p.failures() == 0 {
		return nil, 0, 0
	}
	wanted := min(2*leastPilotFailures, float64(p.failures())/2)
	largest := p.largest()
	weights = make([]float64, len(p.samples))
	for power := 1.0; ; power /= 2 {
		sum, squares := 0.0, 0.0
		for i, s := range p.samples {
			if s.Failed {
				w := math.Exp(power * (s.LogWeight - largest))
				weights[i], sum, squares = w, sum+w, squares+w*w
			}
		}
		if effective = sum * sum / squares; power == 1 {
			honest = effective
		}
		if effective >= wanted {
			return weights, effective, honest
		}
	}
}

// drawKey identifies a draw.
type drawKey struct {
	stream string
	number int
}

// drawSums holds weighted sums over the replications that failed and made the draw.
type drawSums struct {
	weight       float64
	lower, upper float64 // of the negated logarithms of a variate and of its complement
	harm         float64 // of harmful answers
	logHarmful   float64 // of the logarithms of the probabilities of harmful answers
	answers      bool
}

// crossEntropy returns the tilts under which the draws of the failed replications are most
// probable. A draw with too little evidence is left alone or, if generous is set, tilted like the
// other draws of its stream.
func (p *pilot) crossEntropy(generous bool) (tilts []tilt.Tilt) {
	weights, effective, honest := p.weights()
	total := 0.0
	sums := map[drawKey]*drawSums{}
	var keys []drawKey
	for i, drawn := range p.drawn {
		w := weights[i]
		if w == 0 {
			continue
		}
		total += w
		for _, d := range drawn {
			key := drawKey{d.Stream, d.Number}
			s, ok := sums[key]
			if !ok {
				s = &drawSums{answers: d.Harmful > 0}
				sums[key] = s
				keys = append(keys, key)
			}
			s.weight += w
			if s.answers {
				s.logHarmful += w * math.Log(d.Harmful)
				if d.Harm {
					s.harm += w
				}
			} else {
				s.lower -= w * d.LogLower
				s.upper -= w * d.LogUpper
			}
		}
	}
	slices.SortFunc(keys, func(a, b drawKey) int {
		return cmp.Or(cmp.Compare(a.stream, b.stream), cmp.Compare(a.number, b.number))
	})
	pooled := map[string]*drawSums{} // the draws of a stream that are tilted in one direction
	way := func(key drawKey, theta float64) string {
		return key.stream + map[bool]string{true: " larger"}[theta < 1]
	}
	thetas := make([]float64, len(keys))
	for i, key := range keys {
		s := sums[key]
		if thetas[i] = s.theta(effective * s.weight / total); thetas[i] == 1 || s.answers {
			continue
		}
		all, ok := pooled[way(key, thetas[i])]
		if !ok {
			all = &drawSums{}
			pooled[way(key, thetas[i])] = all
		}
		all.weight, all.lower, all.upper = all.weight+s.weight, all.lower+s.lower, all.upper+s.upper
	}
	for i, key := range keys {
		s, theta := sums[key], thetas[i]
		if !s.answers {
			// Draws that do not differ from one another share one theta, which has less noise. If
			// one draw were left alone among tilted ones, later rounds could hardly show that it
			// matters. A generous choice therefore leaves a draw alone only if honest weights
			// justify it.
			noise := significance / math.Sqrt(effective*s.weight/total)
			if generous {
				noise = significance / math.Sqrt(honest*s.weight/total)
			}
			for _, larger := range []bool{true, false} {
				all, ok := pooled[way(key, map[bool]float64{true: 0, false: 2}[larger])]
				if !ok {
					continue
				}
				common, own := all.likeliest(larger), s.likeliest(larger)
				if apart := math.Abs(math.Log(common / own)); apart < noise && (generous || theta != 1) {
					theta = common
				}
			}
		}
		if theta != 1 {
			tilts = append(tilts, tilt.Tilt{Streams: key.stream, Draw: key.number, Theta: round(theta)})
		}
	}
	return tilts
}

// likeliest returns the maximum-likelihood theta of variates: the maximum of sum(w log(theta
// v^(theta-1))) is at sum(w)/sum(-w log v).
func (s *drawSums) likeliest(larger bool) float64 {
	if larger {
		return max(s.weight/s.upper, leastTheta)
	}
	return 1 / max(s.weight/s.lower, leastTheta)
}

// theta returns the maximum-likelihood theta from a number of replications, or 1 if it does not
// differ significantly from 1.
func (s *drawSums) theta(replications float64) float64 {
	if !s.answers {
		// Its relative standard error is 1/sqrt(n).
		large, small := s.likeliest(true), s.likeliest(false)
		least := math.Exp(-significance / math.Sqrt(replications))
		switch {
		case large <= 1/small && large < least:
			return large
		case 1/small < large && 1/small < least:
			return small
		}
		return 1
	}
	harmful, harm := math.Exp(s.logHarmful/s.weight), s.harm/s.weight
	if math.Abs(harm-harmful) < significance*math.Sqrt(harmful*(1-harmful)/replications) ||
		s.harm*replications < 2*s.weight && harm > harmful {
		return 1
	}
	if harm > harmful {
		return min(1, math.Log(min(harm, mostHarm))/math.Log(harmful))
	}
	return max(1, math.Log1p(-harmful)/math.Log1p(-max(harm, 1-mostHarm)))
}

// round keeps three digits, so that a command line with the tilts stays readable.
func round(theta float64) float64 {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(theta, 'g', 3, 64), 64)
	return rounded
}
