package run_test

import (
	"os"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// TestMain makes the test binary a worker when a pool starts it as one. It knows a
// few scenarios that go wrong.
func TestMain(m *testing.M) {
	register("test-panics", func(w *sim.Simulation) {
		w.Go("actor", func() { panic("this scenario panics") })
	})
	register("test-wedges", func(w *sim.Simulation) {
		w.Go("actor", func() {
			for n := 0; ; n++ { // never blocks: virtual time cannot pass
				wedged = n
			}
		})
	})
	register("test-never-ends", func(w *sim.Simulation) {
		w.Busy()
		w.Go("actor", func() {
			for w.Sleep(time.Second) == nil {
			}
		})
	})
	register("test-kills-itself", func(w *sim.Simulation) {
		p, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = p.Kill()
		}
		panic(err)
	})
	registerHungry()
	registerEndless()
	testkit.Main(m, run.ServeIfAsked)
}

// wedged keeps the loop of test-wedges from being taken for nothing.
var wedged int

func register(name string, build func(w *sim.Simulation)) {
	if err := catalogue.Register(&scenarios.Scenario{
		Name: name,
		Run: func(_ scenarios.Values, c sim.Config) (sim.Result, scenarios.Observation) {
			c.Limits.Events = 100_000
			if name == ticks {
				c.Read = func(*trace.Record) {} // so the trace is not kept
			}
			return sim.Run(c, build), scenarios.Observation{}
		},
	}); err != nil {
		panic(err)
	}
}
