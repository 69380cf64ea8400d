package run_test

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/sim/stack"
)

// explainable are jobs of every scenario and both stacks, and lossy ones in which much goes wrong.
func explainable(t *testing.T) (jobs []run.Job) {
	t.Helper()
	base := testkit.Seed(t)
	for _, s := range fixture.Catalogue() {
		for _, name := range []string{"pion-v2", "pion-v3"} {
			set := maps.Clone(s.Failing)
			if set == nil {
				set = scenarios.Settings{}
			}
			set["stack"] = name
			jobs = append(jobs, run.Job{Values: fixture.Values(t, s, set), Seed: base + s.ExampleSeed, Trace: true})
		}
	}
	for i := range uint64(testkit.Budget(16, 40, 240)) {
		seed := base + i
		job := lossy(t, []string{"psk", "ecdsa"}[i/2%2], seed)
		if i%3 == 0 {
			job.Values = fixture.With(t, job.Values, scenarios.Settings{
				"client-certificate": "ed25519", "replay-window": "4", "perturb": "2",
			})
		}
		if i%4 == 1 {
			job.Values = fixture.With(t, job.Values, scenarios.Settings{
				"model": "listener", "ends": "peer", "keep-alive": "5ms", "client-pause": "500ms",
			})
		}
		jobs = append(jobs, job)
	}
	return jobs
}

// Reasons change nothing: with and without them, digest, signature, outcome, measures and the rest
// are the same. They are themselves the same in every run.
func TestReasonsChangeNothing(t *testing.T) {
	plain := explainable(t)
	asked := slices.Clone(plain)
	for i := range asked {
		asked[i].Explain = true
	}
	p := fixture.Pool(t, 2)
	without, with, again := collect(t, p, plain), collect(t, p, asked), collect(t, p, asked)
	found := map[stack.Reason]int{}
	for i := range with {
		for j := range with[i].Reasons {
			found[with[i].Reasons[j].Explanation.Reason]++
		}
		if !raceDetector && !reflect.DeepEqual(with[i].Reasons, again[i].Reasons) {
			t.Errorf("the second time, the reasons are others\n%s", with[i].Repeat)
		}
		with[i].Reasons = nil
		if without[i].Reasons != nil {
			t.Errorf("there are reasons, and nobody asked for them\n%s", without[i].Repeat)
		}
	}
	compare(t, "with reasons", without, with)
	for i := range with {
		if !raceDetector && !reflect.DeepEqual(with[i], without[i]) {
			t.Errorf("with reasons, the result is another\n%s", with[i].Repeat)
		}
	}
	t.Logf("reasons: %v", found)
	for _, r := range []stack.Reason{stack.Replay, stack.QueuedForEpoch, stack.QueuedForKeys, stack.Unqueued,
		stack.MessageRepeated, stack.EpochChanged, stack.AlertRead, stack.FlightRepeated, stack.FragmentKept} {
		if found[r] == 0 {
			t.Errorf("no run has the reason %s: the runs of this test are too tame", r)
		}
	}
}

// said are the reasons that a stack states in its log, whenever there is one.
var said = map[stack.Reason]bool{
	stack.Replay: true, stack.BehindWindow: true, stack.QueuedForEpoch: true, stack.QueuedForKeys: true,
	stack.AlertRead: true, stack.OldEpoch: true,
}

// What the endpoints log is what the source says that they do with these records: no line of a log
// is left over, and none is missing.
func TestReasonsAgreeWithTheLog(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector has v2 read its queue from other buffers")
	}
	jobs := explainable(t)
	for i := range jobs {
		jobs[i].Explain = true
	}
	for _, o := range collect(t, fixture.Pool(t, 2), jobs) {
		for i := range o.Reasons {
			r := &o.Reasons[i]
			if r.Explanation.Reason == stack.Unexplained || said[r.Explanation.Reason] && r.Inferred {
				t.Errorf("at %s, %s %s\n%s", r.At, r.Actor, r.Describe(), o.Repeat)
				break
			}
		}
	}
}
