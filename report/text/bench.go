package text

import (
	"fmt"
	"io"
	"time"

	"github.com/dtlssim/dtlssim/scenarios/benchmark"
)

// BenchJSON is the cost of simulation, for JSON.
type BenchJSON struct {
	Sessions   []SessionCostJSON `json:"sessions"`
	Throughput ThroughputJSON    `json:"throughput"`
}

// SessionCostJSON is the cost of a session, for JSON.
type SessionCostJSON struct {
	Credentials     string  `json:"credentials"`
	Bare            int64   `json:"bare_ns"`
	BareUncollected int64   `json:"bare_uncollected_ns"`
	Simulated       int64   `json:"simulated_ns"`
	Ratio           float64 `json:"ratio"`
}

// ThroughputJSON is the throughput of workers, for JSON.
type ThroughputJSON struct {
	Workers            int     `json:"workers"`
	Replications       int     `json:"replications"`
	PerSecond          float64 `json:"replications_per_second"`
	PerSecondAndWorker float64 `json:"replications_per_second_and_worker"`
	SimulatedSeconds   float64 `json:"simulated_seconds_per_wall_second"`
	WorkerPeakBytes    int64   `json:"worker_peak_bytes"`
}

// NewBench converts the result of a benchmark.
func NewBench(r *benchmark.Result) *BenchJSON {
	t := &r.Throughput
	j := &BenchJSON{Throughput: ThroughputJSON{
		t.Workers, t.Replications, t.PerSecond, t.PerSecondAndWorker(), t.Simulated, t.PeakMemory,
	}}
	for _, s := range r.Sessions {
		j.Sessions = append(j.Sessions, SessionCostJSON{
			s.Credentials, int64(s.Bare), int64(s.BareUncollected), int64(s.Simulated), s.Ratio,
		})
	}
	return j
}

// Bench writes the cost of simulation.
func Bench(w io.Writer, j *BenchJSON) error {
	rows := [][]string{{"SESSION WITH", "BARE", "SIMULATED", "RATIO", "BARE, NO COLLECTION"}}
	for _, s := range j.Sessions {
		rows = append(rows, []string{
			s.Credentials, time.Duration(s.Bare).String(), time.Duration(s.Simulated).String(),
			fmt.Sprintf("%.2f", s.Ratio), time.Duration(s.BareUncollected).String(),
		})
	}
	if err := Table(w, rows); err != nil {
		return err
	}
	t := j.Throughput
	_, err := fmt.Fprintf(w, `
late-close-notify, %d replications of two sessions on %d workers:
  %.0f replications a second, %.0f a second and worker
  %.0f simulated seconds in a second of wall time
  %.0f MiB peak memory of a worker
`, t.Replications, t.Workers, t.PerSecond, t.PerSecondAndWorker, t.SimulatedSeconds, float64(t.WorkerPeakBytes)/(1<<20))
	return err
}
