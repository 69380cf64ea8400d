package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/benchmark"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/stack"
)

// benchJSON is the answer of bench.
type benchJSON struct {
	Sessions   []sessionJSON  `json:"sessions"`
	Throughput throughputJSON `json:"throughput"`
}

type sessionJSON struct {
	Credentials     string  `json:"credentials"`
	Bare            int64   `json:"bare_ns"`
	BareUncollected int64   `json:"bare_uncollected_ns"`
	Simulated       int64   `json:"simulated_ns"`
	Ratio           float64 `json:"ratio"`
}

type throughputJSON struct {
	Workers            int     `json:"workers"`
	Replications       int     `json:"replications"`
	PerSecond          float64 `json:"replications_per_second"`
	PerSecondAndWorker float64 `json:"replications_per_second_and_worker"`
	SimulatedSeconds   float64 `json:"simulated_seconds_per_wall_second"`
	WorkerPeakBytes    int64   `json:"worker_peak_bytes"`
}

// measuring is the variable of the environment that marks the process of bench in
// which sessions are measured.
const measuring = "DTLSSIM_MEASURING"

func newBench() *cobra.Command {
	var (
		f            format
		p            pool
		replications int
		rounds       int
	)
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure what the simulation costs",
		Long: `Measure what the simulation costs on this machine. For each kind of credentials, one
session of real endpoints over an in-memory pipe with no simulation (bare, in an ordinary Go
program), the same in a replication with tracing on (simulated), in one process and in turn,
in processor time, and the median of their ratio. Then replications of late-close-notify on the workers: how
many a second, and how much simulated time in a second of wall time.

JSON: {sessions: [{credentials, bare_ns, bare_uncollected_ns, simulated_ns, ratio}],
throughput: {workers, replications, replications_per_second,
replications_per_second_and_worker, simulated_seconds_per_wall_second,
worker_peak_bytes}}.`,
		Example: "  dtlssim bench\n  dtlssim bench --replications 10000 --workers 2 --format json",
		Args:    argsBetween(0, 0, "no argument"),
		RunE: func(c *cobra.Command, _ []string) error {
			faults := []error{p.check()}
			if replications < 1 {
				faults = append(faults, fmt.Errorf("--replications %d must be at least 1", replications))
			}
			if rounds < 1 {
				faults = append(faults, fmt.Errorf("--rounds %d must be at least 1", rounds))
			}
			if err := errors.Join(faults...); err != nil {
				return err
			}
			// Sessions are measured in a process such as a worker is.
			if os.Getenv(measuring) == "" {
				return failure(executeAgain())
			}
			var result benchJSON
			for _, name := range stack.Credentials {
				s, err := benchmark.Measure(c.Context(), name, rounds, 100)
				if err != nil {
					return interruptedOr(c, err)
				}
				result.Sessions = append(result.Sessions, sessionJSON{
					name, int64(s.Bare), int64(s.BareUncollected), int64(s.Simulated), s.Ratio,
				})
			}
			var err error
			if result.Throughput, err = throughput(c, p, replications); err != nil {
				return interruptedOr(c, err)
			}
			if f == "json" {
				return failure(text.JSON(c.OutOrStdout(), result))
			}
			return failure(showBench(c, result))
		},
	}
	f.addTo(c)
	p.addTo(c)
	c.Flags().IntVar(&replications, "replications", 2000, "replications for the throughput")
	c.Flags().IntVar(&rounds, "rounds", 15, "rounds of 100 sessions for the cost of a session")
	return c
}

// executeAgain replaces the process by one with the environment of a worker.
func executeAgain() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	env := append(os.Environ(), sim.Environment()...)
	return syscall.Exec(self, os.Args, append(env, measuring+"=1"))
}

func throughput(c *cobra.Command, p pool, replications int) (throughputJSON, error) {
	t := throughputJSON{Workers: p.workers, Replications: replications}
	s, err := catalogue.Find("late-close-notify")
	if err != nil {
		return t, err
	}
	defaults, err := s.Resolve(nil)
	if err != nil {
		return t, err
	}
	workers, err := p.start()
	if err != nil {
		return t, err
	}
	defer workers.Close()
	start := time.Now()
	r, err := sample.RunSweep(c.Context(), workers, sample.Sweep{
		Design: design.Single(defaults), Replications: replications, Seed: 1,
	}, nil)
	if err != nil {
		return t, err
	}
	wall := time.Since(start).Seconds()
	workers.Close()
	t.PerSecond = float64(r.Done) / wall
	t.PerSecondAndWorker = t.PerSecond / float64(p.workers)
	t.SimulatedSeconds = r.Virtual.Seconds() / wall
	t.WorkerPeakBytes = workers.PeakMemory()
	return t, c.Context().Err()
}

func showBench(c *cobra.Command, r benchJSON) error {
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join([]string{"SESSION WITH", "BARE", "SIMULATED", "RATIO", "BARE, NO COLLECTION"}, "\t"))
	for _, s := range r.Sessions {
		fmt.Fprintf(
			w,
			"%s\t%s\t%s\t%.2f\t%s\n",
			s.Credentials,
			time.Duration(s.Bare),
			time.Duration(s.Simulated),
			s.Ratio,
			time.Duration(s.BareUncollected),
		)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	t := r.Throughput
	_, err := fmt.Fprintf(c.OutOrStdout(), `
late-close-notify, %d replications of two sessions on %d workers:
  %.0f replications a second, %.0f a second and worker
  %.0f simulated seconds in a second of wall time
  %.0f MiB peak memory of a worker
`, t.Replications, t.Workers, t.PerSecond, t.PerSecondAndWorker, t.SimulatedSeconds, float64(t.WorkerPeakBytes)/(1<<20))
	return err
}
