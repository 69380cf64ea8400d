package cli

import (
	"bufio"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/report/text"
)

func newExport() *cobra.Command {
	var (
		confidence = verb.Confidence{Of: "the intervals of points"}
		output     = verb.Output{Usage: "write to `FILE` (default standard output)"}
		form       = verb.NewChoice("csv", "jsonl")
		table      = storeTable{names: text.ExportedTables}
	)
	return verb.New(verb.Verb{
		Use:   "export FILE [" + strings.Join(text.ExportedTables, "|") + "]",
		Short: "Write a table of a store as CSV or JSON Lines",
		Long: `Write a table of a store that dtlssim study --store or dtlssim sweep --store made: the
replications, the points with their counts and estimates, the summary of the measures at each
point, or the windows, cells and estimates of a study that is finished. A process may write to
the store meanwhile.

JSON: one object a line. replications: {point, replication, seed, status, outcome (names with
spaces between; null without a result), failed, virtual_ns, events, digest (its first 16
digits), and each measure, null if it was not taken}. points: {point, the parameters that vary,
replications, failures, crashed, timed_out, limited, estimate (null without data), lo, hi,
confidence}. measures: {point, measure, unit, count, mean, minimum, median, quantile_95, maximum}.
windows: {probe, seed, from_ns, to_ns, width_ns, last_before, first_within, last_within,
first_behind (the commands that repeat the runs on both sides of both edges; null at an end of
the range)}. cells: {probe, seed, from_ns, to_ns, outcome (as of
replications), failed, signature}. estimates: {point
(null of no single one), x, method, estimate, lo, hi, interval, confidence, n, failures, exact}.
All of a study begin with {figure, row}. CSV has the same columns, and empty cells for null.`,
		Example: "  dtlssim export linger.sqlite --format csv -o replications.csv\n  dtlssim export linger.sqlite " +
			"points --format jsonl",
		Args:  verb.Args(1, 2, "one FILE and at most one table"),
		Plain: true,
		Parts: []verb.Part{&table, &confidence, &output},
		Flags: func(f *pflag.FlagSet) { f.Var(form, "format", "format of the table") },
		Open:  table.open,
		Ask: func(*verb.Call) (*verb.Answer, error) {
			write := func(w io.Writer) error {
				buffered := bufio.NewWriter(w)
				lines := text.NewCSV(buffered)
				if form.Is("jsonl") {
					lines = text.NewJSONLines(buffered)
				}
				err := text.StoreTable(table.reader, table.chosen, confidence.Confidence, lines, true)
				if err := buffered.Flush(); err != nil { // also of an earlier write
					return err
				}
				if err != nil {
					return verb.SourceError{Err: err}
				}
				return nil
			}
			if output.Path == "" {
				return &verb.Answer{Data: write}, nil
			}
			file := verb.File{Path: output.Path, Write: func(f *os.File) error { return write(f) }}
			return &verb.Answer{Files: []verb.File{file}}, nil
		},
	})
}
