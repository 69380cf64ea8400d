package search

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/seed"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/stream"
)

// Basis states what the completeness of windows depends on.
//
// If Proved, the search missed no window in the range, however short. That follows from three facts:
//
//   - The scenario states that the simulation knows every instant that a run depends on
//     (scenarios.Scenario.TimersKnown). The search cannot verify the statement, but every run checks it:
//     a run in which something happens at an instant that no event of the list and no expected
//     timer explains refutes it.
//   - On each segment of the cells these instants come in the same order, as the slopes of their
//     times show, so the run is the same up to times.
//   - Every run that checks a prediction came out as predicted.
//
// Otherwise, WhyNot says which does not hold. The search then adds runs at random values, and says
// what these would have found.
type Basis struct {
	Proved bool   `json:"proved"`
	WhyNot string `json:"why_not_proved,omitempty"`

	// UnknownTimer is the first effect of a timer that the simulation does not know, if a run
	// showed one.
	UnknownTimer *UnknownTimer `json:"unknown_timer,omitempty"`

	// RandomRuns is how many runs at random values all came out as the cells say; 0 if Proved, or if
	// none were asked for, or if runs differed again and again. The values are independent and uniform in
	// the range from the first value up to RandomTo, in nanoseconds, or follow the distribution over which
	// the windows are integrated; RandomTo is then 0.
	RandomRuns int   `json:"random_runs,omitempty"`
	RandomTo   int64 `json:"random_to_ns,omitempty"`

	// RandomShare is the share of these values that would have been found to be different with a
	// probability of 95 %, if it were. RandomWindow is the same as the length of a window, in
	// nanoseconds; 0 if the values follow a distribution.
	RandomShare  float64 `json:"random_share,omitempty"`
	RandomWindow int64   `json:"random_window_ns,omitempty"`
}

// UnknownTimer is an effect that neither an event of the list nor an expected timer explains.
type UnknownTimer struct {
	Probe  string     `json:"probe"`
	Value  int64      `json:"value_ns"` // of the probe
	Effect sim.Effect `json:"effect"`
	Repeat string     `json:"repeat"`
}

// String says where the effect is.
func (u *UnknownTimer) String() string {
	where := ""
	if u.Effect.Host != "" {
		where = " on " + u.Effect.Host
	}
	return fmt.Sprintf("with %s=%s, at %s, %s%s: %q", u.Probe, time.Duration(u.Value), u.Effect.At, u.Effect.Actor,
		where, u.Effect.What)
}

// And returns the basis of answers that rest on both: whatever one of them lacks, and the random runs
// of both.
func (b Basis) And(c Basis) Basis {
	both := Basis{
		Proved: b.Proved && c.Proved, WhyNot: cmp.Or(b.WhyNot, c.WhyNot), UnknownTimer: b.UnknownTimer,
		RandomRuns: b.RandomRuns + c.RandomRuns,
	}
	if both.UnknownTimer == nil {
		both.UnknownTimer = c.UnknownTimer
	}
	if both.RandomRuns > 0 {
		both.RandomShare = foundShare(both.RandomRuns)
	}
	return both
}

// Missed returns the share of values that may have been missed: see RandomShare. It is 0 if Proved,
// and 1 if nothing is known.
func (b *Basis) Missed() float64 {
	switch {
	case b.Proved:
		return 0
	case b.RandomRuns == 0:
		return 1
	}
	return b.RandomShare
}

// Sampling says how many random values a search runs to look for windows that no instant shows. It
// does so if nothing is proved without.
type Sampling struct {
	Runs int // 0 means DefaultRandomRuns, or 60 of a coarse scenario; below 0 none

	// Of are the distributions that the values are drawn from in turn; nil means uniformly from the
	// range.
	Of []distribution.Distribution
}

// DefaultRandomRuns is the default of Sampling.Runs: a window of 0.5 % of the range is found with a
// probability of 95 %.
const DefaultRandomRuns = 600

// foundShare returns the share of values that n independent values find with a probability of 95 %.
func foundShare(n int) float64 { return 1 - math.Pow(0.05, 1/float64(n)) }

// attack compares the cells with runs at random values. If any differs, it cuts the range again with
// these values as further points to verify, and compares the new cells with new values.
func (f *finder) attack() error {
	s := f.search
	n := s.Sampling.Runs
	if n == 0 {
		n = DefaultRandomRuns
		if f.coarse() {
			n = coarseRandomRuns
		}
	}
	random := seed.RandomValues(s.Seed, s.Values.Scenario().Name)
	for range mostAttacks {
		if n < 0 {
			return nil
		}
		to := f.sampleTo()
		values := f.draw(random, n, to)
		differs, err := f.contradicted(values)
		if err != nil {
			return err
		}
		if !differs {
			f.basis = Basis{RandomRuns: n, RandomShare: foundShare(n)}
			if s.Sampling.Of == nil {
				f.basis.RandomTo = to
				f.basis.RandomWindow = int64(math.Ceil(f.basis.RandomShare * float64(to-int64(s.Probe.From))))
			}
			return nil
		}
		f.hidden = append(f.hidden, values...)
		slices.Sort(f.hidden)
		f.before += len(f.runs)
		clear(f.runs) // most have no times any more
		f.timed = nil
		if err := f.cut(); err != nil {
			return err
		}
	}
	return nil
}

// mostAttacks is how often cells are compared with new random values.
const mostAttacks = 6

// draw draws random values below to, in order.
func (f *finder) draw(random *stream.Stream, n int, to int64) (values []int64) {
	from := int64(f.search.Probe.From)
	for i := range n {
		var x int64
		if of := f.search.Sampling.Of; of != nil {
			x = int64(distribution.Latency(of[i%len(of)], random.Uniform()))
		} else {
			x = from + int64(random.Uint64()%uint64(to-from))
		}
		if x >= from && x < to { // what a distribution has outside of the range is stated elsewhere
			values = append(values, x)
		}
	}
	slices.Sort(values)
	return values
}

// contradicted reports whether a run at one of the values, which are in order, differs from the cells.
func (f *finder) contradicted(values []int64) (bool, error) {
	cell := 0
	for points := range slices.Chunk(values, randomBatch) {
		runs, err := f.at(points...)
		if err != nil {
			return false, err
		}
		for i, y := range points {
			for f.cells[cell].To <= y {
				cell++
			}
			if c := f.cells[cell]; c.Signature != runs[i].signature || !slices.Equal(c.Outcome, runs[i].outcome) {
				return true, nil
			}
		}
	}
	return false, nil
}

// verifyRandom compares the prediction with runs at the random values in the segment [l.x, end), which
// have differed from the cells of an earlier cut or were drawn with those that did. It returns the end
// of the part in which it holds.
func (f *finder) verifyRandom(l *line, end int64) (int64, error) {
	first, _ := slices.BinarySearch(f.hidden, l.x+2)
	last, _ := slices.BinarySearch(f.hidden, end)
	if first >= last {
		return end, nil
	}
	for points := range slices.Chunk(f.hidden[first:last], randomBatch) {
		runs, err := f.at(points...)
		if err != nil {
			return 0, err
		}
		for i, y := range points {
			if !l.predicts(y, runs[i]) {
				return f.bisect(l, y)
			}
		}
	}
	return end, nil
}

// randomBatch is how many random values are run at a time.
const randomBatch = 64

// sampleTo returns the end of the range in which random values are drawn. Without an end, it is
// twice as far as the search found anything to change, or as a run of the last cell is long.
func (f *finder) sampleTo() int64 {
	if !f.search.Probe.Open() {
		return int64(f.search.Probe.To)
	}
	from := int64(f.search.Probe.From)
	reach := max(1, 2*(f.last-from), f.length)
	if to := int64(distribution.MaxDuration) + 1; reach > to-from {
		return to
	}
	return from + reach
}

// known reports whether the scenario's timers are all known, as far as the runs show, and whether
// they decide over every limit of a measure.
func (f *finder) known() bool {
	return f.search.Values.Scenario().TimersKnown && f.unknown == nil && f.method.PredictionFailures == 0 &&
		len(f.search.Fail.Unordered()) == 0
}

// noteUnknown keeps the first effect of an unknown timer, by the value of the probe.
func (f *finder) noteUnknown(x int64, run *probed) {
	if run.unexplained == nil || f.unknown != nil && f.unknown.Value <= x {
		return
	}
	f.unknown = &UnknownTimer{
		Probe: f.search.Probe.Name, Value: x, Effect: *run.unexplained, Repeat: run.witness.Repeat,
	}
}

// IdleProbe returns the first rule whose duration a probe is, if none of these rules met a datagram;
// empty otherwise. The probe then decides nothing, and an answer claims nothing about it.
func IdleProbe(s *scenarios.Scenario, probe string, rules run.Rules) (idle string) {
	for _, r := range s.Rules {
		switch {
		case r.Delay.Parameter != probe:
		case rules.IsUnmet(r.Name):
			idle = cmp.Or(idle, r.Name)
		case rules.Met(r.Name):
			return ""
		}
	}
	return idle
}

// IdleBasis is the basis of an answer whose probe is the duration of a rule that met no datagram.
func IdleBasis(probe, rule string) Basis {
	return Basis{WhyNot: fmt.Sprintf(
		"%s is the duration of rule %s, which met no datagram in any run, so nothing depends on it", probe, rule)}
}

// conclude returns the basis of the answer.
func (f *finder) conclude() Basis {
	b := f.basis
	b.UnknownTimer = f.unknown
	stated := f.search.Values.Scenario().TimersKnown
	idle := IdleProbe(f.search.Values.Scenario(), f.search.Probe.Name, f.rules)
	switch {
	case idle != "" && !f.search.Part:
		b.WhyNot = IdleBasis(f.search.Probe.Name, idle).WhyNot
	case f.step > 0:
		if b.Proved = f.method.LargestUnverifiedGap == 0; !b.Proved {
			b.WhyNot = "the values between those of the scan were not run"
		}
	case stated && f.unknown != nil:
		b.WhyNot = "the scenario states that all its timers are known, and a run shows one that is not: " +
			f.unknown.String()
	case !stated && f.unknown != nil:
		b.WhyNot = "the scenario has a timer that is not known: " + f.unknown.String()
	case !stated:
		b.WhyNot = cmp.Or(f.search.Values.Scenario().TimersUnknown,
			"the scenario does not state that all its timers are known (TimersKnown)")
	case f.method.PredictionFailures > 0:
		b.WhyNot = "a prediction failed: an instant that no run reports came in between"
	case len(f.search.Fail.Unordered()) > 0:
		b.WhyNot = fmt.Sprintf("the measure %s is not known to follow from the order of instants (Measured.Ordered)",
			f.search.Fail.Unordered()[0].Measure.Name)
	default:
		b.Proved = true
	}
	return b
}
