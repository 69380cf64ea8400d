// Package text writes results as text for a terminal, as JSON, and as CSV.
//
//	results of sample, search, estimate and store -> a function of their kind -> lines, JSON or CSV
//
// It chooses words and formats numbers. It computes no numbers.
package text

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// Outcome writes an outcome, the faults of a run, as text.
func Outcome(outcome []string) string {
	if len(outcome) == 0 {
		return scenarios.Clean
	}
	return strings.Join(outcome, ", ")
}

// Table writes rows of cells, aligned.
func Table(w io.Writer, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	return t.Flush()
}

// Scenarios writes the list of scenarios.
func Scenarios(w io.Writer, list []*scenarios.Scenario) error {
	var rows [][]string
	for _, s := range list {
		rows = append(rows, []string{s.Name, s.Summary})
	}
	return Table(w, rows)
}

// Scenario writes the description of one scenario.
func Scenario(w io.Writer, s *scenarios.Scenario) error {
	fmt.Fprintf(w, "%s: %s\n\nParameters:\n", s.Name, s.Summary)
	rows := [][]string{{"  NAME", "UNIT", "DEFAULT", "MEANING"}}
	for i := range s.Parameters {
		p := &s.Parameters[i]
		rows = append(rows, []string{"  " + p.Name, p.Unit(), p.DefaultText(), p.Meaning})
	}
	if err := Table(w, rows); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nWhat can go wrong, and whether it counts as failure unless --fail says otherwise:\n")
	rows = nil
	p, err := s.ParsePredicate("")
	if err != nil {
		return err
	}
	for _, o := range p.Outcomes(s) {
		mark := ""
		if p.Failed([]string{o.Name}) {
			mark = "fails"
		}
		rows = append(rows, []string{"  " + o.Name, mark, o.Meaning})
	}
	if err := Table(w, rows); err != nil {
		return err
	}
	if len(s.Measures) > 0 {
		fmt.Fprintf(w, "\nWhat a run measures; a limit on it can count as failure, as in --fail '%s>%s':\n",
			s.Measures[0].Name, s.Measures[0].Unit.Example())
		rows = nil
		for _, m := range s.Measures {
			rows = append(rows, []string{"  " + m.Name, string(m.Unit), m.Meaning})
		}
		if err := Table(w, rows); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(w, "\nDefault probe: %s\n", s.Probe)
	return err
}

// Replication writes one replication: its trace and the fate of each session.
func Replication(w io.Writer, r *run.Replication) error {
	if err := traceTable(w, r); err != nil {
		return err
	}
	fmt.Fprintln(w)
	did := sessions
	if r.Programs != nil {
		did = programs
	}
	if err := did(w, r); err != nil {
		return err
	}
	verdict := "passed"
	if r.Failed {
		verdict = "FAILED"
	}
	fmt.Fprintf(w, "outcome  %s: %s\n", verdict, Outcome(r.Outcome))
	for _, e := range r.Exceeded {
		fmt.Fprintf(w, "failed   %s\n", e)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Measures)) {
		fmt.Fprintf(w, "measure  %s: %s\n", name, r.Units[name].Text(r.Measures[name]))
	}
	for _, u := range r.UnmetRules {
		fmt.Fprintf(w, "rule     %s\n", strings.TrimPrefix(u.String(), "rule "))
	}
	if r.Fault != "" {
		fmt.Fprintf(w, "fault    %s\n", r.Fault)
	}
	if r.Limit != "" {
		fmt.Fprintf(w, "limit    the run did not come to its end: %s\n", r.Limit)
	}
	fmt.Fprintf(w, "time     %s virtual, %d events\n", time.Duration(r.Virtual), r.Events)
	fmt.Fprintf(w, "digest   %s\norder    %s\n", r.Digest, r.Signature)
	_, err := fmt.Fprintf(w, "repeat   %s\n", r.Repeat)
	if err == nil && r.Tilt != nil {
		_, err = fmt.Fprintf(w, "weight: %.6g\n", r.Tilt.Weight())
	}
	return err
}

// sessions writes the fate of each session.
func sessions(w io.Writer, r *run.Replication) error {
	rows := [][]string{{"CLIENT", "HANDSHAKE", "TIME", "DATA DELIVERED", "ERROR"}}
	for _, s := range r.Sessions {
		took := "-"
		if s.HandshakeTime > 0 {
			took = time.Duration(s.HandshakeTime).String()
		}
		rows = append(rows, []string{fmt.Sprint(s.Client), s.Handshake, took, yes(s.DataDelivered), s.Error})
	}
	if err := Table(w, rows); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nserver   %d sessions\n", r.Server.Sessions)
	for _, e := range r.Server.Errors {
		fmt.Fprintf(w, "         error: %s\n", e)
	}
	return nil
}

// traceTable writes the trace of a replication. Where records are omitted, it says how many.
func traceTable(w io.Writer, r *run.Replication) error {
	if r.Omitted == 0 {
		return trace.WriteTable(w, r.Records, r.Reasons)
	}
	head, tail := r.Records[:len(r.Records)/2], r.Records[len(r.Records)/2:]
	var first, last []trace.Reason
	for _, reason := range r.Reasons {
		if reason.At <= head[len(head)-1].At {
			first = append(first, reason)
		} else if reason.At >= tail[0].At {
			last = append(last, reason)
		}
	}
	if err := trace.WriteTable(w, head, first); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%d records between are left out: --trace FILE writes all of them\n\n", r.Omitted)
	return trace.WriteTable(w, tail, last)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// Sweep writes the answer of a sweep as a table.
func Sweep(w io.Writer, r *sample.Results, factors []string) error {
	header := append([]string{}, upper(factors)...)
	header = append(header, "REPLICATIONS", "FAILURES", "PROBABILITY",
		fmt.Sprintf("%g %% INTERVAL", 100*r.Sweep.Inference.Confidence), "OUTCOMES")
	rows := [][]string{header}
	for _, p := range r.Points {
		var row []string
		for _, f := range factors {
			row = append(row, p.Values.TextOf(f))
		}
		e := p.Estimate
		value, interval := "-", "-"
		switch {
		case e.Exact:
			value, interval = fmt.Sprintf("%.4g", e.Value), exactly
		case e.N > 0:
			value, interval = fmt.Sprintf("%.4g", e.Value), fmt.Sprintf("%.4g .. %.4g", e.Low, e.High)
		}
		rows = append(rows, append(row, fmt.Sprint(p.Replications), fmt.Sprint(p.Failures), value, interval,
			counts(r.Sweep.Fail.Outcomes(r.Sweep.Scenario()), p)))
	}
	if err := Table(w, rows); err != nil {
		return err
	}
	if note := certainNote(r); note != "" {
		fmt.Fprintf(w, "\n%s\n", note)
	}
	return Failures(w, r)
}

// Failures writes how to repeat the first failure of each point and, if the sweep was interrupted,
// how many replications were done.
func Failures(w io.Writer, r *sample.Results) error {
	first := true
	for _, p := range r.Points {
		if p.FirstFailure == "" {
			continue
		}
		if first {
			fmt.Fprintln(w, "\nThe first failure of each point:")
			first = false
		}
		fmt.Fprintf(w, "  %s\n", p.FirstFailure)
	}
	if r.Interrupted {
		fmt.Fprintf(w, "\nInterrupted: %d of %d replications were done.\n", r.Done, r.Total)
	}
	return nil
}

func upper(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = strings.ToUpper(n)
	}
	return out
}

// counts lists how often each outcome occurred at a point.
func counts(outcomes []scenarios.Outcome, p *sample.Point) string {
	var parts []string
	add := func(name string, n int) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", name, n))
		}
	}
	add(scenarios.Clean, p.Outcomes[scenarios.Clean])
	for _, o := range outcomes {
		add(o.Name, p.Outcomes[o.Name])
	}
	add("crashed", p.Crashed)
	add("timed_out", p.TimedOut)
	add("limited", p.Limited)
	return strings.Join(parts, ", ")
}
