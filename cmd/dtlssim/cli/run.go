package cli

import (
	"bufio"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/session/network"
	"github.com/dtlssim/dtlssim/sim/tilt"
	"github.com/dtlssim/dtlssim/sim/trace"
)

func newRun() *cobra.Command {
	var (
		f     format
		s     selection
		p     = pool{}
		file  string
		tilts string
	)
	c := &cobra.Command{
		Use:   "run SCENARIO|FILE",
		Short: "Perform one replication and show its trace",
		Long: `Perform one replication. Text: its trace as a table (virtual time in seconds, host,
actor, what happened), then what became of each session.

--tilt draws as a replication of estimate --method importance did; its weight is the
likelihood ratio of what was drawn.

JSON: {scenario, seed, params, outcome: [], failed, sessions: [{client, handshake,
handshake_ns, attempts, error, data_delivered}], server: {sessions, errors: []}, virtual_ns,
events, digest, signature, repeat}; measures: {name: value}, durations under names that
end with _ns, if the scenario takes any, unmet_rules if a rule met no
datagram, and limit if the run met one (horizon,
event-limit, memory-limit); of a tilted one tilt: {log_weight, draws: []}, draws being how
many each tilt was about.

--trace writes the trace as JSON Lines, one object a record: {at_ns, host, actor, kind,
datagram, from, to, label, length, latency_ns, payload (hexadecimal), event, detail}.`,
		Example: "  dtlssim run late-close-notify --set alert-latency=30ms\n" +
			"  dtlssim run late-close-notify --seed 7 --set 'latency=lognormal(median=20ms,sigma=0.6)' --format json",
		Args: argsBetween(1, 1, "one SCENARIO or FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			unwritable := checkFile(file)
			faults := []error{s.resolve(args[0]), p.check()}
			var tilted *tilt.Config
			if s.scenario != nil && tilts != "" {
				list, err := network.ParseTilts(s.scenario, tilts)
				faults, tilted = append(faults, err), &tilt.Config{Tilts: list}
			}
			if err := errors.Join(faults...); err != nil {
				return errors.Join(err, unwritable)
			}
			if unwritable != nil {
				return failure(unwritable)
			}
			workers, err := p.start()
			if err != nil {
				return err
			}
			defer workers.Close()
			job := run.Job{Values: s.values, Seed: s.seed, Fail: s.predicate, Trace: true, Tilt: tilted}
			o, err := workers.Do(c.Context(), job)
			if err != nil {
				return interruptedOr(c, err)
			}
			if o.Digest == "" { // nothing came back
				t := run.NewAborted(&o, job.Repeat())
				return &codeError{
					exitNoResult,
					fmt.Errorf("the replication %s; repeat it with:\n  %s\n%s", t.Fate(), t.Repeat, t.ShortDump()),
				}
			}
			if file != "" {
				if err := writeTrace(file, o.Records); err != nil {
					return failure(err)
				}
			}
			if f == "json" {
				err = text.JSON(c.OutOrStdout(), o.Replication)
			} else {
				err = text.Replication(c.OutOrStdout(), &o.Replication)
				if o.Tilt != nil && err == nil {
					_, err = fmt.Fprintf(c.OutOrStdout(), "weight: %.6g\n", o.Tilt.Weight())
				}
			}
			if err == nil && o.Status == run.Limited {
				return &codeError{exitNoResult, fmt.Errorf("the replication met a limit: %s", o.Limit)}
			}
			return failure(err)
		},
	}
	f.addTo(c)
	s.addTo(c)
	p.workers = 1
	p.addLimitsTo(c)
	c.Flags().StringVar(&file, "trace", "", "write the trace to `FILE` as JSON Lines")
	c.Flags().StringVar(&tilts, "tilt", "",
		"tilt draws of the network, `CLASS=THETA,...`, as estimate --method importance does")
	return c
}

// writeTrace writes a trace to a file, whole or not at all.
func writeTrace(file string, records []trace.Record) error {
	return writeFile(file, func(f *os.File) error {
		w := bufio.NewWriter(f)
		if err := trace.WriteJSONLines(w, records); err != nil {
			return err
		}
		return w.Flush()
	})
}
