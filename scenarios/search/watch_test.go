package search_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/sim/tilt"
)

// Who looks at a run changes nothing in it: traced, with its instants reported, with its
// draws reported, and with tilts that are about to be and are not, it has the digest, the
// signature and the outcome that it has by itself; over the catalogue, with all credentials and
// models, and with perturbation.
func TestLookingChangesNothing(t *testing.T) {
	seed := testkit.Seed(t)
	random := rand.New(rand.NewPCG(seed, 0))
	of := func(values ...string) string { return values[random.IntN(len(values))] }
	p := fixture.Pool(t, 2)
	differ := 0
	flat := []tilt.Tilt{{Streams: "*/*", Theta: 0.3}, {Streams: "rule/*/*", Theta: 0.3}}
	for _, s := range testkit.Few(fixture.Catalogue(), 3, 4) {
		for _, credentials := range testkit.Few([]string{"psk", "ed25519", "ecdsa", "rsa"}, 2, 4) {
			job := fixture.Job(t, s.Name, scenarios.Settings{
				"credentials": credentials, "latency": "5ms+exponential(mean=40ms)", "loss": "0.1", "duplicate": "0.2",
				"reorder": "0.2",
			}, random.Uint64()>>1)
			for _, set := range []scenarios.Settings{
				{"model": of("sequential", "listener", "concurrent")}, {"perturb": of("0", "0", "3")},
				{"nat-mapping": of("none", "address-dependent")}, {"bandwidth": of("unlimited", "64kbit/s")},
				{"stack": of("pion-v2", "pion-v3")},
			} {
				if with, err := job.Values.Set(set); err == nil {
					job.Values = with
				}
			}
			alone, err := p.Do(context.Background(), job)
			if err != nil || alone.Status != run.Completed {
				t.Fatalf("%v %s\n%s", err, alone.Status, alone.Repeat)
			}
			for name, look := range map[string]func(j *run.Job){
				"traced":          func(j *run.Job) { j.Trace = true },
				"watched":         func(j *run.Job) { j.Watch = true },
				"traced, watched": func(j *run.Job) { j.Trace, j.Watch = true, true },
				"draws reported":  func(j *run.Job) { j.Tilt = &tilt.Config{Observe: true} },
				"plain of a tilt": func(j *run.Job) { j.Tilt = &tilt.Config{Tilts: flat, Untilted: true} },
				"all of it, plain": func(j *run.Job) {
					j.Trace, j.Watch, j.Tilt = true, true, &tilt.Config{Tilts: flat, Untilted: true, Observe: true}
				},
			} {
				looked := job
				look(&looked)
				o, err := p.Do(context.Background(), looked)
				if err != nil || o.Digest != alone.Digest || o.Signature != alone.Signature ||
					!slices.Equal(o.Outcome, alone.Outcome) {
					t.Errorf("%s: digest %s (%v), want %s\n%s", name, o.Digest, err, alone.Digest, alone.Repeat)
				}
			}
			// And with tilts that are: looking changes nothing in a tilted run.
			job.Tilt = &tilt.Config{Tilts: flat}
			tilted, err := p.Do(context.Background(), job)
			if err != nil {
				t.Fatal(err)
			}
			if tilted.Digest != alone.Digest {
				differ++
			}
			job.Watch, job.Trace, job.Tilt = true, true, &tilt.Config{Tilts: flat, Observe: true}
			o, err := p.Do(context.Background(), job)
			if err != nil || o.Digest != tilted.Digest || o.Tilt == nil || tilted.Tilt == nil ||
				o.Tilt.LogWeight != tilted.Tilt.LogWeight {
				t.Errorf("tilted: digest %s (%v), want %s\n%s", o.Digest, err, tilted.Digest, tilted.Repeat)
			}
		}
	}
	if differ == 0 {
		t.Error("no run is another one under tilts")
	}
}
