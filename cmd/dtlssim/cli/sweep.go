package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/stat"
)

func newSweep() *cobra.Command {
	var (
		f            format
		s            selection
		p            pool
		d            designFlags
		replications int
		interval     interval
		verify       bool
		measures     bool
		output       string
		storage      string
	)
	c := &cobra.Command{
		Use:   "sweep SCENARIO|FILE",
		Short: "Estimate the failure probability at each point of a design",
		Long: `Estimate the failure probability at each point of a design by plain
Monte Carlo, each with an interval, and sum up what the scenario measures there. The n-th
replication of every point has the same seed, and shares with the others every draw that the
parameters leave alone.

` + designHelp + `

--verify performs every replication twice,
in different processes (two workers at least), and reports the first record at which two
traces part.

Measures, such as how long a handshake took, how many flights were retransmitted and for how
long data was kept waiting, are summed up over the replications that
came to their end and took them: count, mean, minimum, median, 0.95 quantile, maximum. The
quantiles are by nearest rank, at most 0.1 % below the exact ones; all else is exact. --measures
shows them as a table, without those that are 0 everywhere; JSON has them all.

--store keeps each replication in an SQLite file as it ends. The same command, after an
interruption of whatever kind, takes what is there from the file and runs the rest; the
answer is that of an uninterrupted run. With more --replications it runs as many as are
missing. A file of another specification, or of another binary, is refused, and so is a
second writer. dtlssim query and dtlssim export show what is in the file.

JSON: {scenario, seed, params, interval, points: [{params, replications, failures, estimate, lo, hi,
confidence, outcomes: {name: count}, crashed, timed_out, limited, first_failure, measures:
{name_ns: {count, mean, minimum, median, quantile_95, maximum}}}], aborted: [{status, limit,
repeat, dump}], differences, interrupted}, points in the order of the design; estimate is null
without data; measures, aborted and differences are left out if there are none. -o writes the points as CSV, without
measures.`,
		Example: "  dtlssim sweep late-close-notify --vary linger=0ms..60ms/6 \\\n" +
			"      --set 'alert-latency=10ms+exponential(mean=10ms)' --replications 1000\n" +
			"  dtlssim sweep late-close-notify --vary remedy=none,linger,recognise \\\n" +
			"      --set 'latency=uniform(5ms,15ms)' --replications 200 --verify -o remedies.csv\n" +
			"  dtlssim sweep late-close-notify --design sobol --points 64 --vary linger=0ms..60ms --vary " +
			"gap=1ms..1s:log \\\n" +
			"      --set 'alert-latency=10ms+exponential(mean=10ms)' --replications 200 -o points.csv",
		Args: argsBetween(1, 1, "one SCENARIO or FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			faults := []error{s.resolve(args[0]), p.check(), stat.CheckConfidence(interval.Confidence)}
			switch {
			case !c.Flags().Changed("replications"):
				faults = append(faults, errors.New("--replications is missing: want a whole number of at least 1"))
			case replications < 1:
				faults = append(faults, fmt.Errorf("--replications %d must be at least 1", replications))
			}
			faults = append(faults, d.resolve(&s)...)
			sweep := sample.Sweep{
				Design: d.points, Replications: replications, Seed: s.seed,
				Fail: s.predicate, Verify: verify, Inference: interval.Inference,
			}
			if errors.Join(faults...) == nil {
				faults = append(faults, sweep.Check())
			}
			unwritable := errors.Join(checkFile(output), checkFile(storage))
			if err := errors.Join(faults...); err != nil {
				return errors.Join(err, unwritable)
			}
			if unwritable != nil {
				return failure(unwritable)
			}
			if verify { // two processes for each replication
				p.workers = max(2, p.workers)
			}
			kept, err := keepSweep(storage, &sweep, p.limits)
			if err != nil {
				return err
			}
			r, err := kept.perform(c, &p, sweep)
			if err != nil {
				return err
			}
			if output != "" {
				err = writeFile(output, func(f *os.File) error { return text.SweepCSV(f, r, d.names) })
			}
			if f == "json" {
				err = errors.Join(err, text.JSON(c.OutOrStdout(), text.NewSweepJSON(r, d.names)))
			} else {
				err = errors.Join(err, text.Sweep(c.OutOrStdout(), r, d.names))
				if measures {
					err = errors.Join(err, text.Measures(c.OutOrStdout(), r, d.names))
				}
			}
			if verify && f == "text" && len(r.Differences) == 0 && err == nil {
				_, err = fmt.Fprintf(
					c.OutOrStdout(),
					"\nVerified: %d replications were performed twice, in different processes, and no two traces "+
						"differ.\n",
					r.Done-r.NoResult(),
				)
			}
			text.Aborted(c.ErrOrStderr(), r)
			return sweepError(r, err)
		},
	}
	f.addTo(c)
	s.addTo(c)
	p.addTo(c)
	d.addTo(c)
	c.Flags().IntVar(&replications, "replications", 0, "replications at each design point (required)")
	interval.addTo(c)
	c.Flags().BoolVar(&verify, "verify", false, "perform every replication twice and compare the traces")
	c.Flags().BoolVar(&measures, "measures", false, "show a table of what the replications measured as well")
	c.Flags().StringVar(&storage, "store", "",
		"keep the replications in `FILE.sqlite`, and take those that are there from it")
	c.Flags().StringVarP(&output, "output", "o", "", "write the points to `FILE.csv`")
	return c
}

// sweepError gives a finished sweep its exit code.
func sweepError(r *sample.Results, err error) error {
	switch {
	case err != nil:
		return failure(err)
	case len(r.Differences) > 0:
		return &codeError{
			exitError,
			fmt.Errorf("verification: %d replications differ from their repetition", len(r.Differences)),
		}
	case r.Interrupted:
		return &codeError{exitInterrupted, fmt.Errorf("interrupted: %d of %d replications were done", r.Done, r.Total)}
	case r.NoResult() > 0:
		return &codeError{exitNoResult, fmt.Errorf("%d of %d replications gave no result", r.NoResult(), r.Done)}
	}
	return nil
}
