package cli

import (
	"io"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/answers"
	"github.com/dtlssim/dtlssim/scenarios/sample"
)

func newSweep() *cobra.Command {
	var (
		s        verb.Selection
		pool     verb.Pool
		interval verb.Interval
		n        verb.Replications
		d        = verb.Design{Of: &s}
		output   = verb.Output{Usage: "write the points to `FILE.csv`"}
		storage  = verb.Storage{Usage: keepReplications}
		verify   bool
		measures bool
		sweep    sample.Sweep
	)
	return verb.New(verb.Verb{
		Use:   "sweep SCENARIO|FILE",
		Short: "Estimate the failure probability at each point of a design",
		Long: `Estimate the failure probability at each point of a design by crude Monte Carlo, each with
an interval, and summarise what the scenario measures there. The n-th replication has the same
seed at every point and shares every draw that the parameters leave alone.

` + verb.DesignHelp + `

--verify performs every replication twice, in different processes (with at least two workers),
and reports the first record at which two traces differ.

Measures, such as how long a handshake took, how many flights were retransmitted and how long
data waited, are summarised over the replications that completed and took them: count, mean,
minimum, median, 0.95 quantile, maximum. The quantiles are by nearest rank, at most 0.1 % below
the exact ones; the rest is exact. --measures shows them as a table, without those that are 0
everywhere; JSON has them all.

--store saves each replication in an SQLite file as it ends. After any interruption, the same
command takes what is in the file and runs the rest; the answer is that of an uninterrupted
run. With more --replications it runs those that are missing. It refuses a file of another
specification or of another binary, and a second writer. dtlssim query and dtlssim export show what is in the file.

JSON: {scenario, seed, params, interval, points: [{params, replications, failures, estimate, lo, hi,
confidence, outcomes: {name: count}, crashed, timed_out, limited, first_failure, measures:
{name: {unit, count, mean, minimum, median, quantile_95, maximum}}}], aborted: [{status, limit,
repeat, dump}], differences, interrupted, note}, points in the order of the design; estimate is
null without data; measures, aborted and differences are left out if there are none, and note
unless nothing is random. -o writes the points as CSV, without measures.`,
		Example: "  dtlssim sweep late-close-notify --vary linger=0ms..60ms/6 \\\n" +
			"      --set 'alert-latency=10ms+exponential(mean=10ms)' --replications 1000\n" +
			"  dtlssim sweep late-close-notify --vary remedy=none,linger,recognise \\\n" +
			"      --set 'latency=uniform(5ms,15ms)' --replications 200 --verify -o remedies.csv\n" +
			"  dtlssim sweep late-close-notify --design sobol --points 64 --vary linger=0ms..60ms --vary " +
			"gap=1ms..1s:log \\\n" +
			"      --set 'alert-latency=10ms+exponential(mean=10ms)' --replications 200 -o points.csv",
		Args:  verb.OneScenario,
		Parts: []verb.Part{&s, &pool, &interval, &n, &d, &output, &storage},
		Flags: func(f *pflag.FlagSet) {
			f.BoolVar(&verify, "verify", false, "perform every replication twice and compare the traces")
			f.BoolVar(&measures, "measures", false, "show a table of what the replications measured as well")
		},
		Check: func(_ *verb.Call, f *verb.Faults) {
			sweep = sample.Sweep{
				Design: d.Points, Replications: int(n), Seed: s.Seed, Fail: s.Predicate, Verify: verify,
				Inference: interval.Inference,
			}
			checkSweep(&sweep, f)
		},
		Open: func(c *verb.Call) error {
			if verify { // two processes for each replication
				pool.Count = max(2, pool.Count)
			}
			return storage.OpenSweep(c, &sweep, pool.Limits)
		},
		Ask: func(c *verb.Call) (*verb.Answer, error) {
			r, err := perform(c, sweep, &storage)
			if err != nil {
				return nil, err
			}
			a := &verb.Answer{JSON: text.NewSweepJSON(r, d.Names), Text: func(w io.Writer) error {
				return text.WholeSweep(w, r, d.Names, measures)
			}}
			if output.Path != "" {
				a.Files = append(a.Files, verb.File{Path: output.Path, Write: func(f *os.File) error {
					return text.SweepCSV(f, r, d.Names)
				}})
			}
			return finish(a, r), nil
		},
	})
}

// keepReplications is the usage text of --store.
const keepReplications = "save the replications in `FILE.sqlite`, and take from it those that are there"

// checkSweep reports what is wrong with a sweep whose parts have no fault.
func checkSweep(sweep *sample.Sweep, f *verb.Faults) {
	if f.None() {
		f.Add(sweep.Check())
	}
}

// perform performs a sweep, with its store if it has one, and saves the estimates of its points.
func perform(c *verb.Call, sweep sample.Sweep, storage *verb.Storage) (*sample.Results, error) {
	sweep.SeekCertain = true
	step, end := c.Progress(len(sweep.Design)*sweep.Replications, "replications")
	r, err := sample.RunSweep(c.Context, c.Workers, sweep, step)
	end()
	err = storage.Finish(err, err == nil && !r.Interrupted, func() answers.Answers {
		return answers.Answers{Estimates: answers.EstimatesOf(r, nil)}
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// finish makes the answer of a sweep report aborted replications, and sets its exit code.
func finish(a *verb.Answer, r *sample.Results) *verb.Answer {
	a.Aborted = func(w io.Writer) { text.Aborted(w, r) }
	switch {
	case len(r.Differences) > 0:
		a.End = verb.Wrong("verification: %d replications differ from their repetition", len(r.Differences))
	case r.Interrupted:
		a.End = verb.Interrupted("%d of %d replications were done", r.Done, r.Total)
	case r.NoResult() > 0:
		a.End = verb.NoResult("%d of %d replications gave no result", r.NoResult(), r.Done)
	}
	return a
}
