package testkit

import (
	"context"
	"errors"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/sim/distribution"
)

// reporting is a runner whose replications report what the function says of their
// seeds, as fast as they can and so in no certain order.
type Reporting func(seed uint64) run.Outcome

func (Reporting) Size() int { return 8 }

func (r Reporting) Do(_ context.Context, job run.Job) (run.Outcome, error) {
	return r(job.Seed), nil
}

func (Reporting) Twice(context.Context, run.Job) (first, second run.Outcome, err error) {
	return first, second, errors.New("nobody asks for it")
}

// ranges reads factors of a design that fills a space.
func Ranges(t *testing.T, s *scenarios.Scenario, texts ...string) (list []design.Range) {
	t.Helper()
	for _, text := range texts {
		r, err := design.ParseRange(s, text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

// instant answers every job at once: what the parent keeps of a replication does
// not depend on what it was.
type Instant struct{}

func (Instant) Size() int { return 2 }

func (Instant) Do(_ context.Context, job run.Job) (run.Outcome, error) {
	o := run.Outcome{Status: run.Completed}
	o.Measures = map[string]int64{"took_ns": int64(job.Seed) * 1_000_003}
	switch job.Seed % 10 {
	case 0:
		o.Status, o.Dump = run.Crashed, string(make([]byte, 1000))
	case 1, 2:
		o.Outcome, o.Failed, o.Repeat = []string{"ghost-session"}, true, "dtlssim run"
	}
	return o, nil
}

func (i Instant) Twice(ctx context.Context, job run.Job) (first, second run.Outcome, err error) {
	first, _ = i.Do(ctx, job)
	return first, first, nil
}

func Question(t *testing.T, set scenarios.Settings, probe string) search.Search {
	t.Helper()
	p, err := Scenario(t).ParseProbe(probe)
	if err != nil {
		t.Fatal(err)
	}
	return search.Search{Scenario: Scenario(t), Settings: set.With(scenarios.Settings{"credentials": "psk"}), Seed: 1, Probe: p}
}

func ParseDistribution(t *testing.T, text string) distribution.Distribution {
	t.Helper()
	l, err := distribution.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// catalogue returns the built-in scenarios.
func Catalogue() (list []*scenarios.Scenario) {
	for _, s := range catalogue.All() {
		if s.Source != nil {
			list = append(list, s)
		}
	}
	return list
}
