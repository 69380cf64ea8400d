package cli

import (
	"os"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/benchmark"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/sim"
)

func newBench() *cobra.Command {
	var (
		pool                 verb.Pool
		replications, rounds int
	)
	return verb.New(verb.Verb{
		Use:   "bench",
		Short: "Measure what the simulation costs",
		Long: `Measure what the simulation costs on this machine. For each kind of credentials, one
session of real endpoints over an in-memory pipe with no simulation (bare) and the same in a
replication with tracing on (simulated), in one process and in turn: their processor time, and
the median of their ratio. Then replications of late-close-notify on the workers: how many a
second, and how much simulated time in a second of wall time.

JSON: {sessions: [{credentials, bare_ns, bare_uncollected_ns, simulated_ns, ratio}],
throughput: {workers, replications, replications_per_second,
replications_per_second_and_worker, simulated_seconds_per_wall_second,
worker_peak_bytes}}.`,
		Example: "  dtlssim bench\n  dtlssim bench --replications 10000 --workers 2 --format json",
		Args:    verb.Args(0, 0, "no argument"),
		Parts:   []verb.Part{&pool},
		Flags: func(f *pflag.FlagSet) {
			f.IntVar(&replications, "replications", 2000, "replications for the throughput")
			f.IntVar(&rounds, "rounds", 15, "rounds of 100 sessions for the cost of a session")
		},
		Check: func(_ *verb.Call, f *verb.Faults) {
			f.AtLeast("replications", replications, 1)
			f.AtLeast("rounds", rounds, 1)
			f.AtMost("replications", replications, sample.MostReplications)
			f.AtMost("rounds", rounds, 1_000_000)
		},
		Open: func(*verb.Call) error { return measureInWorker() },
		Ask: func(c *verb.Call) (*verb.Answer, error) {
			r, err := benchmark.Run(c.Context, c.Pool, rounds, replications)
			if err != nil {
				return nil, err
			}
			return verb.Show(text.NewBench(r), text.Bench), nil
		},
	})
}

// measuring is the environment variable that marks the process in which bench measures sessions.
const measuring = "DTLSSIM_MEASURING"

// measureInWorker replaces the process by one with the environment of a worker, in which sessions
// are measured. It does nothing if the process is that one already.
func measureInWorker() error {
	if os.Getenv(measuring) != "" {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	env := append(os.Environ(), sim.Environment()...)
	return syscall.Exec(self, os.Args, append(env, measuring+"=1"))
}
