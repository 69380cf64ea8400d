package catalogue_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/measure"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/session/outcome"
)

// What the runs of the catalogue report is what the list of measures says, all of it.
func TestMeasuresAreListed(t *testing.T) {
	p := fixture.Pool(t, 2)
	reported := map[string]bool{}
	for _, s := range catalogue.All() {
		for _, set := range []scenarios.Settings{s.Failing, s.Passing} {
			o, err := p.Do(context.Background(), fixture.Job(t, s.Name, set, s.ExampleSeed))
			if err != nil || o.Status != run.Completed {
				t.Fatal(err, o.Status, o.Dump)
			}
			for name := range o.Measures {
				reported[name] = true
			}
		}
	}
	var listed []string
	for _, m := range outcome.Measures {
		listed = append(listed, m.Name)
		delete(reported, measure.Censored(m.Name))
	}
	slices.Sort(listed)
	if got := slices.Sorted(maps.Keys(reported)); !slices.Equal(got, listed) {
		t.Errorf("runs report %v, and the list has %v", got, listed)
	}
}

func TestCheckMeasure(t *testing.T) {
	s := fixture.Scenario(t)
	if err := s.CheckMeasure("handshake"); err != nil {
		t.Error(err)
	}
	if err := s.CheckMeasure("read_stalled_ns"); err == nil ||
		!strings.Contains(err.Error(), "Did you mean read-stalled?") {
		t.Errorf("error %v", err)
	}
	if err := (&scenarios.Scenario{Name: "in-go"}).CheckMeasure("anything"); err != nil {
		t.Error(err)
	}
}

// A handshake that never completes is not complete at its time limit, whether it
// met it or ended with an error before; one that completes is not censored.
func TestCensoredHandshakes(t *testing.T) {
	p := fixture.Pool(t, 2)
	for _, c := range []struct {
		name, scenario string
		set            scenarios.Settings
		handshake      int64 // the least that is measured
		censored       int64
	}{
		{"all complete", "late-close-notify", scenarios.Settings{"client-timeout": "3s"}, 60e6, 0},
		{"nothing arrives", "late-close-notify", scenarios.Settings{"client-timeout": "3s", "loss": "1"}, 0, 3e9},
		{"the first completes, the next meets a ghost", "late-close-notify",
			scenarios.Settings{"client-timeout": "3s", "alert-latency": "30ms"}, 60e6, 3e9},
		{"one ends with an error", "plaintext-alert",
			scenarios.Settings{"client-timeout": "3s", "clients": "1", "forged-alert": "fatal", "attacked": "client",
				"forged-delay": "10ms"}, 0, 3e9},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, err := p.Do(context.Background(), fixture.Job(t, c.scenario, c.set, 1))
			if err != nil || o.Status != run.Completed {
				t.Fatal(err, o.Status, o.Dump)
			}
			cut, isCut := o.Measures["handshake-censored"]
			if o.Measures["handshake"] < c.handshake || cut != c.censored || isCut != (c.censored > 0) {
				t.Errorf("measures %v of sessions %+v", o.Measures, o.Sessions)
			}
		})
	}
}
