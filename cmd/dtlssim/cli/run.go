package cli

import (
	"bufio"
	"errors"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/session/network"
	"github.com/dtlssim/dtlssim/sim/tilt"
	"github.com/dtlssim/dtlssim/sim/trace"
)

func newRun() *cobra.Command {
	var (
		s      verb.Selection
		file   = verb.Output{Flag: "trace", Usage: "write the trace to `FILE` as JSON Lines"}
		tilts  string
		tilted *tilt.Config
	)
	return verb.New(verb.Verb{
		Use:   "run SCENARIO|FILE",
		Short: "Perform one replication and show its trace",
		Long: `Perform one replication. Text: its trace as a table (virtual time in seconds, host,
actor, what happened), then the result of each session.

--tilt repeats a replication of estimate --method importance; its weight is the likelihood
ratio of what it drew.

JSON: {scenario, seed, params, outcome: [], failed, sessions: [{client, handshake,
handshake_ns, attempts, error, data_delivered}], server: {sessions, errors: []}, virtual_ns,
events, digest, signature, repeat}; measures: {name: value} if the scenario takes any, with
units: {name: "ns" or "B"}, none for a count; for a scenario with programs, instead of
sessions and server, programs: [{host, actor, exit, started_ns, took_ns, last_lines: [],
left_off}]; exceeded: [{limit, measure, unit, value, censored}]
if a measure is beyond a limit of --fail; rules: [{rule, datagrams}] with how many datagrams each
met, and unmet_rules: [{rule, match, why, sent: [{by, datagrams}], repeat}] for those that met
none (so in the JSON of every verb, if a rule met none in any of its runs); untaken_limits: the
limits of --fail whose measures the run does not take (likewise, of all runs of a verb); limit if the run met
one (horizon, event-limit, memory-limit); of a tilted one tilt: {log_weight, draws: []}, draws
being how many each tilt was about.

A table has at most 40000 records: of a longer trace, it shows the first and the last 20000.
--trace writes all of the trace as JSON Lines, one object a record: {at_ns, host, actor, kind,
datagram, from, to, label, length, latency_ns, payload (hexadecimal), event, detail}. Behind a
datagram stands what the endpoint made of its records, as far as it did not simply read them:
{at_ns, host, actor, kind: "reason", datagram, reason, inferred, record: {content, type, epoch,
sequence}, flight, state, peer_epoch, window, newest, message, missing, alert, unread, detail}.
inferred says that the stack does not say so: it follows from the record and the stack's source.`,
		Example: "  dtlssim run late-close-notify --set alert-latency=30ms\n" +
			"  dtlssim run late-close-notify --seed 7 --set 'latency=lognormal(median=20ms,sigma=0.6)' --format json",
		Args:  verb.OneScenario,
		Parts: []verb.Part{&s, &verb.Pool{Single: true}, &file},
		Flags: func(f *pflag.FlagSet) {
			f.StringVar(&tilts, "tilt", "",
				"tilt draws of the network, `CLASS=THETA,...`, as estimate --method importance does")
		},
		Check: func(_ *verb.Call, f *verb.Faults) {
			if s.Scenario == nil || tilts == "" {
				return
			}
			list, err := network.ParseTilts(s.Scenario, tilts)
			f.Add(err)
			tilted = &tilt.Config{Tilts: list}
		},
		Ask: func(c *verb.Call) (*verb.Answer, error) {
			job := run.Job{
				Values: s.Values, Seed: s.Seed, Fail: s.Predicate, Trace: true, Ends: mostShown, Explain: true,
				Tilt: tilted,
			}
			o, err := replicate(c, job, file.Path)
			if err != nil {
				return nil, err
			}
			a := verb.Show(&o.Replication, text.Replication)
			a.SaysUnmet = true
			switch {
			case o.Fault != "":
				a.End = verb.NoResult("the replication ended by a fault: %s", o.Fault)
			case o.Status == run.Limited:
				a.End = verb.NoResult("the replication met a limit: %s", o.Limit)
			}
			return a, nil
		},
	})
}

// mostShown is how many records of a trace are shown, at its beginning and at its end.
const mostShown = 20_000

// replicate performs a replication. It writes the trace to a file as it comes, unless path is empty.
func replicate(c *verb.Call, job run.Job, path string) (o run.Result, err error) {
	do := func() error {
		if o, err = c.Workers.Do(c.Context, job); err == nil && o.Digest == "" { // no result came back
			t := run.NewAborted(&o, job.Command())
			err = verb.NoResult("the replication %s; repeat it with:\n  %s\n%s", t.Fate(), t.Repeat, t.ShortDump())
		}
		return err
	}
	if path == "" {
		err = do()
		return o, err
	}
	err = verb.Save(verb.File{Path: path, Write: func(f *os.File) error {
		w := bufio.NewWriter(f)
		lines := trace.NewJSONLines(w)
		job.Each = lines.Add
		if err := do(); err != nil {
			return verb.SourceError{Err: err}
		}
		return errors.Join(lines.Close(), w.Flush())
	}})
	return o, err
}
