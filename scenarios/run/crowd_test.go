package run_test

import (
	"fmt"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
)

// Many clients at a time, behind a NAT or not, whose handshakes and pauses overlap in a
// random order: the same seed gives the same bytes with any number of workers, on busy
// cores.
func TestCrowdsRepeat(t *testing.T) {
	testkit.NotShort(t)
	base := testkit.Seed(t)
	seeds := testkit.Budget(1, 1, 5)
	crowd := scenarios.Settings{
		"loss": "0.1", "latency": "5ms+exponential(mean=20ms)", "duplicate": "0.1",
		"duplicate-delay": "exponential(mean=30ms)",
		"arrivals":        "at-intervals", "clients": "160", "gap": "10ms", "client-hosts": "3", "credentials": "psk",
		"nat-mapping": "endpoint-independent",
	}
	for _, c := range testkit.Few([]struct {
		name, scenario string
		set            scenarios.Settings
	}{
		{"inline", "backlog-burst",
			scenarios.Settings{"backlog": "128", "handshake-timeout": "2s", "nat-mapping": "none"}},
		{"concurrent", "backlog-burst", scenarios.Settings{"remedy": "concurrent"}},
		{"keep-alive", "nat-rebinding",
			scenarios.Settings{"pause-jitter": "exponential(mean=20s)", "keep-alive": "15s", "clients": "40"}},
		{"rebinding", "nat-rebinding",
			scenarios.Settings{"pause-jitter": "exponential(mean=40s)", "remedy": "concurrent", "clients": "40"}},
	}, 1, 2) {
		var jobs []run.Job
		for i := range seeds {
			jobs = append(jobs, fixture.Traced(t, c.scenario, crowd.With(c.set), base+uint64(i)))
		}
		t.Run(c.name, func(t *testing.T) {
			one := collect(t, fixture.Pool(t, 1), jobs)
			occupyCores(t, 2)
			for _, workers := range testkit.Few([]int{2, 4}, 1, 1) {
				compare(t, fmt.Sprintf("%d workers", workers), one, collect(t, fixture.Pool(t, workers), jobs))
			}
		})
	}
}
