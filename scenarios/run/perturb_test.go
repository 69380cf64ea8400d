package run_test

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// perturbed is a job with scheduling as a draw: a lossy one for even seeds; for odd
// ones the founding scenario as it is, in which more sessions come to their end.
func perturbed(t *testing.T, credentials string, most int, seed uint64) run.Job {
	t.Helper()
	set := scenarios.Settings{"credentials": credentials, "stack": stackOf(seed)}
	if seed%2 == 0 {
		set = lossy(t, credentials, seed).Values.Settings()
	}
	return fixture.Traced(t, "late-close-notify", set.With(scenarios.Settings{"perturb": strconv.Itoa(most)}), seed)
}

// eachPerturbation calls f for every combination that the tests below go through.
func eachPerturbation(t *testing.T, seeds int, f func(t *testing.T, jobs []run.Job)) {
	t.Helper()
	base := testkit.Seed(t)
	seeds = testkit.Budget(max(1, seeds/8), max(1, seeds/8), seeds)
	for _, credentials := range []string{"psk", "ecdsa"} {
		for _, most := range []int{1, 2, 5} {
			t.Run(fmt.Sprintf("%s/%d", credentials, most), func(t *testing.T) {
				var jobs []run.Job
				for i := range seeds {
					jobs = append(jobs, perturbed(t, credentials, most, base+uint64(i)))
				}
				f(t, jobs)
			})
		}
	}
}

// Scheduling is a draw of the seed and of nothing else: the same seed gives the same
// bytes in two processes at a time, in one that has done other things before, and
// with both cores busy.
func TestPerturbedRunsRepeat(t *testing.T) {
	testkit.NotShort(t)
	eachPerturbation(t, 40, func(t *testing.T, jobs []run.Job) {
		one := collect(t, fixture.Pool(t, 1), jobs)
		differing := map[string]bool{}
		for _, o := range one {
			differing[o.Digest] = true
		}
		if len(differing) != len(jobs) {
			t.Errorf("%d seeds gave %d traces", len(jobs), len(differing))
		}
		first, second := collectTwice(t, fixture.Pool(t, 2), jobs)
		compare(t, "the first of two", one, first)
		compare(t, "the second of two", one, second)
		occupyCores(t, 4)
		first, second = collectTwice(t, fixture.Pool(t, 4), jobs)
		compare(t, "the first of two on busy cores", one, first)
		compare(t, "the second of two on busy cores", one, second)
	})
}

// collectTwice performs each job in two processes at a time.
func collectTwice(t *testing.T, p *run.Pool, jobs []run.Job) (first, second []run.Result) {
	t.Helper()
	first, second = make([]run.Result, len(jobs)), make([]run.Result, len(jobs))
	next := make(chan int)
	var group sync.WaitGroup
	for range max(1, p.Size()/2) {
		group.Go(func() {
			for i := range next {
				a, b, err := p.Twice(context.Background(), jobs[i])
				if err != nil || a.Status != run.Completed || b.Status != run.Completed {
					t.Errorf("seed %d: %v %s %s\n%s%s", jobs[i].Seed, err, a.Status, b.Status, a.Dump, b.Dump)
				}
				first[i], second[i] = a, b
			}
		})
	}
	for i := range jobs {
		next <- i
	}
	close(next)
	group.Wait()
	return first, second
}

// When the runtime switches goroutines matters under perturbation no more than
// without: this process, whose goroutines are preempted, on busy cores, gives the
// bytes that a worker gives.
func TestSchedulingDoesNotMatterUnderPerturbation(t *testing.T) {
	testkit.NotShort(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	eachPerturbation(t, 20, func(t *testing.T, jobs []run.Job) {
		want := collect(t, fixture.Pool(t, 1), jobs)
		occupyCores(t, 4)
		got := make([]run.Result, len(jobs))
		for i, job := range jobs {
			got[i].Replication = run.Replicate(job.Values, job.Seed, scenarios.Predicate{})
		}
		compare(t, "in an ordinary process", want, got)
	})
}

// Every scenario repeats under perturbation too, with each value of each choice that
// it has.
func TestEveryScenarioRepeatsUnderPerturbation(t *testing.T) {
	testkit.NotShort(t)
	base := testkit.Seed(t)
	seeds := testkit.Budget(1, 1, 2)
	for _, s := range testkit.Few(catalogue.All(), 1, 2) {
		jobs := everyChoice(s, base, seeds, true)
		first, second := collectTwice(t, fixture.Pool(t, 2), jobs)
		compare(t, s.Name, first, second)
	}
}

// The race between Close and the endpoint's own reader goes either way: in some runs
// the first client sends a close_notify, in others its reader has closed the
// connection before. Without perturbation it always sends one.
func TestCloseRaceGoesEitherWay(t *testing.T) {
	testkit.NotShort(t)
	pool := fixture.Pool(t, 1)
	for _, most := range []int{0, 1, 5} {
		var jobs []run.Job
		for seed := range uint64(testkit.Budget(100, 100, 200)) {
			jobs = append(
				jobs,
				fixture.Traced(
					t,
					"late-close-notify",
					scenarios.Settings{"credentials": "psk", "perturb": strconv.Itoa(most)},
					seed,
				),
			)
		}
		silent := 0
		for _, o := range collect(t, pool, jobs) {
			if alertsSent(o.Records, "client-1") == 0 {
				silent++
			}
		}
		if happens := silent > 0; happens != (most > 0) || silent == len(jobs) {
			t.Errorf("perturb=%d: %d of %d clients sent no close_notify", most, silent, len(jobs))
		}
	}
}

// alertsSent counts the encrypted alerts that an actor sent.
func alertsSent(records []trace.Record, actor string) int {
	n := 0
	for i := range records {
		r := &records[i]
		if r.Actor == actor && (r.Kind == trace.Send || r.Kind == trace.Lose) && r.Datagram.IsEncryptedAlert() {
			n++
		}
	}
	return n
}
