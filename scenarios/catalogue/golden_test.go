package catalogue_test

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
)

// One golden trace for each behaviour of the server, and of what meets it. They are
// meant to be read: their diff says what a change does to a run.
func TestGoldenTraces(t *testing.T) {
	short := scenarios.Settings{ // so that a ghost fits on a page
		"credentials": "psk", "handshake-timeout": "1500ms", "client-timeout": "1200ms",
	}
	p := fixture.Pool(t, 2)
	for _, c := range []struct {
		name string
		set  scenarios.Settings
	}{
		{"listener-inline", scenarios.Settings{"alert-latency": "30ms"}},
		{"listener-concurrent", scenarios.Settings{"alert-latency": "30ms", "model": "concurrent"}},
		{"listener-filter", scenarios.Settings{"alert-latency": "30ms", "filter": "client-hello"}},
		{"listener-tombstone", scenarios.Settings{"alert-latency": "30ms", "tombstone": "100ms"}},
		{"ghost-flight5", scenarios.Settings{"copied-delay": "30ms"}},
		{"ghost-flight5-filter", scenarios.Settings{"copied-delay": "30ms", "remedy": "filter"}},
		{"duplicate-hello", scenarios.Settings{"copied-delay": "70ms"}},
		{"duplicate-hello-tombstone", scenarios.Settings{"copied-delay": "70ms", "remedy": "tombstone"}},
		{"hello2-poison", scenarios.Settings{"copied-delay": "170ms"}},
		{"hello2-poison-remedies", scenarios.Settings{"copied-delay": "170ms", "remedy": "tombstone+new-client-port"}},
		{"flight5-poison", scenarios.Settings{"copied-delay": "150ms", "credentials": "ecdsa"}},
		{"flight5-poison-psk", scenarios.Settings{"copied-delay": "150ms"}},
		{"hello1-mixing", scenarios.Settings{"copied-delay": "100ms"}},
		{"hello1-mixing-remedies", scenarios.Settings{"copied-delay": "100ms", "remedy": "tombstone+new-client-port"}},
		{"truncation", scenarios.Settings{"alert-latency": "5ms", "clients": "1"}},
		{"truncation-acknowledged",
			scenarios.Settings{"alert-latency": "5ms", "clients": "1", "remedy": "acknowledgement"}},
		{"copy-of-hello", scenarios.Settings{"clients": "1", "duplicate": "0.3", "duplicate-delay": "80ms"}},
		{"clean", scenarios.Settings{}},
		{"stack", scenarios.Settings{"alert-latency": "30ms"}},
		{"reject", scenarios.Settings{"alert-latency": "30ms", "first-record": "reject"}},
		{"discard", scenarios.Settings{"alert-latency": "30ms", "first-record": "discard"}},
		{"linger", scenarios.Settings{"alert-latency": "30ms", "linger": "50ms"}},
		{"pause-after-release", scenarios.Settings{"alert-latency": "30ms", "pause-after-release": "50ms"}},
		{"deferred", scenarios.Settings{"alert-latency": "130ms"}},
		{"server-port-rotates", scenarios.Settings{"alert-latency": "30ms", "server-port": "rotate"}},
		{"client-port-same", scenarios.Settings{"alert-latency": "30ms", "client-port": "same"}},
		{"client-waits", scenarios.Settings{"client": "waits", "clients": "1"}},
		{"client-waits-linger", scenarios.Settings{"client": "waits", "clients": "1", "linger": "50ms"}},
		{"data-overtaken", scenarios.Settings{"alert-latency": "5ms", "clients": "1"}},
		{"bandwidth", scenarios.Settings{"bandwidth": "64kbit/s", "queue": "1", "clients": "1"}},
		{"certificate", scenarios.Settings{"credentials": "ecdsa", "clients": "1"}},
		{"pion-v3", scenarios.Settings{"stack": "pion-v3", "credentials": "ecdsa", "clients": "1"}},
		{"pion-v3-backs-off", scenarios.Settings{
			"stack": "pion-v3", "clients": "1", "down": "0s..3500ms", "client-timeout": "10s",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			scenario := "late-close-notify"
			switch {
			case strings.HasPrefix(c.name, "listener-"):
				scenario = "unfiltered-listener"
			default:
				for _, other := range catalogue.All() {
					if strings.HasPrefix(c.name, other.Name) {
						scenario = other.Name
					}
				}
			}
			o, err := p.Do(context.Background(), fixture.Traced(t, scenario, short.With(c.set), 1))
			if err != nil || o.Status != run.Completed {
				t.Fatal(err, o.Status, o.Dump)
			}
			var got bytes.Buffer
			if err := text.Replication(&got, &o.Replication); err != nil {
				t.Fatal(err)
			}
			testkit.Golden(t, filepath.Join("testdata", c.name+".txt"), got.Bytes())
		})
	}
}

// Two golden traces for each scenario of the catalogue: the run that fails and the one
// that is clean.
func TestGoldenTracesOfTheCatalogue(t *testing.T) {
	p := fixture.Pool(t, 2)
	for _, s := range catalogue.All() {
		for name, set := range map[string]scenarios.Settings{"failing": s.Failing, "passing": s.Passing} {
			t.Run(s.Name+"-"+name, func(t *testing.T) {
				o, err := p.Do(context.Background(), fixture.Traced(t, s.Name, set, s.ExampleSeed))
				if err != nil || o.Status != run.Completed {
					t.Fatal(err, o.Status, o.Dump)
				}
				var got bytes.Buffer
				if err := text.Replication(&got, &o.Replication); err != nil {
					t.Fatal(err)
				}
				testkit.Golden(t, filepath.Join("testdata", "catalogue", s.Name+"-"+name+".txt"), got.Bytes())
			})
		}
	}
}
