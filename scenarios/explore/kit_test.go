package explore_test

import (
	"context"
	"errors"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/explore"
	"github.com/dtlssim/dtlssim/scenarios/internal/testkit"
	"github.com/dtlssim/dtlssim/scenarios/worker"
	"github.com/dtlssim/dtlssim/sim/law"
)

// reporting is a runner whose replications report what the function says of their
// seeds, as fast as they can and so in no certain order.
type reporting func(seed uint64) worker.Outcome

func (reporting) Size() int { return 8 }

func (r reporting) Do(_ context.Context, job worker.Job) (worker.Outcome, error) {
	return r(job.Seed), nil
}

func (reporting) Twice(context.Context, worker.Job) (first, second worker.Outcome, err error) {
	return first, second, errors.New("nobody asks for it")
}

// ranges reads factors of a design that fills a space.
func ranges(t *testing.T, s *scenarios.Scenario, texts ...string) (list []explore.Range) {
	t.Helper()
	for _, text := range texts {
		r, err := explore.ParseRange(s, text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

// instant answers every job at once: what the parent keeps of a replication does
// not depend on what it was.
type instant struct{}

func (instant) Size() int { return 2 }

func (instant) Do(_ context.Context, job worker.Job) (worker.Outcome, error) {
	o := worker.Outcome{Status: worker.Completed}
	o.Measures = map[string]int64{"took_ns": int64(job.Seed) * 1_000_003}
	switch job.Seed % 10 {
	case 0:
		o.Status, o.Dump = worker.Crashed, string(make([]byte, 1000))
	case 1, 2:
		o.Outcome, o.Failed, o.Repeat = []string{"ghost-session"}, true, "dtlssim run"
	}
	return o, nil
}

func (i instant) Twice(ctx context.Context, job worker.Job) (first, second worker.Outcome, err error) {
	first, _ = i.Do(ctx, job)
	return first, first, nil
}

func search(t *testing.T, set scenarios.Settings, probe string) explore.Search {
	t.Helper()
	p, err := testkit.Scenario(t).ParseProbe(probe)
	if err != nil {
		t.Fatal(err)
	}
	return explore.Search{Scenario: testkit.Scenario(t), Settings: set.With(scenarios.Settings{"credentials": "psk"}), Seed: 1, Probe: p}
}

func parseLaw(t *testing.T, text string) law.Law {
	t.Helper()
	l, err := law.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// catalogue returns the built-in scenarios.
func catalogue() (list []*scenarios.Scenario) {
	for _, s := range scenarios.All() {
		if s.Source != nil {
			list = append(list, s)
		}
	}
	return list
}
