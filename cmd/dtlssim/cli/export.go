package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/scenarios/store"
	"github.com/dtlssim/dtlssim/sim/suggest"
)

// Tables of a store.
const (
	partsTable         = "parts"
	pointsTable        = "points"
	replicationsTable  = "replications"
	measuresTable      = "measures"
	windowsTable       = "windows"
	cellsTable         = "cells"
	estimatesTable     = "estimates"
	abortedTable       = "aborted"
	specificationTable = "specification"
	layoutTable        = "layout"
)

func newExport() *cobra.Command {
	var (
		form       string
		output     string
		confidence float64
	)
	tables := []string{replicationsTable, pointsTable, measuresTable, windowsTable, cellsTable, estimatesTable}
	c := &cobra.Command{
		Use:   "export FILE [" + strings.Join(tables, "|") + "]",
		Short: "Write a table of a store as CSV or JSON Lines",
		Long: `Write a table of the store that dtlssim study --store or dtlssim sweep --store made: the
replications, the points with their counts and estimates, what the measures sum up to at each
point, or the windows, cells and estimates of a study that is finished. A process may write to
the store meanwhile.

JSON: one object a line. replications: {point, replication, seed, status, outcome (names with
spaces between; null without a result), failed, virtual_ns, events, digest (its first 16
digits), and each measure, null if it was not taken}. points: {point, the parameters that vary,
replications, failures, crashed, timed_out, limited, estimate (null without data), lo, hi,
confidence}. measures: {point, measure, count, mean, minimum, median, quantile_95, maximum}.
windows: {probe, seed, from_ns, to_ns, width_ns, last_before, first_within, last_within,
first_behind (the commands that repeat the runs on both sides of both edges; null at an end of
the range)}. cells: {probe, seed, from_ns, to_ns, outcome (as of
replications), failed, signature}. estimates: {point
(null of no single one), x, method, estimate, lo, hi, interval, confidence, n, failures, exact}.
All of a study begin with {figure, row}. CSV has the same columns, and empty cells for null.`,
		Example: "  dtlssim export linger.sqlite --format csv -o replications.csv\n  dtlssim export linger.sqlite " +
			"points --format jsonl",
		Args: argsBetween(1, 2, "one FILE and at most one table"),
		RunE: func(c *cobra.Command, args []string) error {
			table, err := chosenTable(args, tables)
			faults := []error{err, stat.CheckConfidence(confidence)}
			if form != "csv" && form != "jsonl" {
				faults = append(faults, fmt.Errorf("--format %w", suggest.NotOneOf(form, []string{"csv", "jsonl"})))
			}
			if err := errors.Join(faults...); err != nil {
				return err
			}
			if err := checkFile(output); err != nil {
				return failure(err)
			}
			r, err := readStore(c, args[0])
			if err != nil {
				return err
			}
			defer r.Close()
			write := func(w io.Writer) error {
				buffered := bufio.NewWriter(w)
				lines := text.NewCSV(buffered)
				if form == "jsonl" {
					lines = text.NewJSONLines(buffered)
				}
				return errors.Join(writeTable(r, table, confidence, lines, true), buffered.Flush())
			}
			if output == "" {
				return failure(write(c.OutOrStdout()))
			}
			return failure(writeFile(output, func(f *os.File) error { return write(f) }))
		},
	}
	c.Flags().StringVar(&form, "format", "csv", "csv or jsonl")
	c.Flags().Float64Var(&confidence, "confidence", 0.95, "confidence of the intervals of points")
	c.Flags().StringVarP(&output, "output", "o", "", "write to `FILE` (default standard output)")
	return c
}

func newQuery() *cobra.Command {
	var (
		rows       int
		confidence float64
	)
	tables := []string{
		partsTable, pointsTable, replicationsTable, measuresTable, windowsTable, cellsTable, estimatesTable,
		abortedTable, specificationTable, layoutTable,
	}
	c := &cobra.Command{
		Use:   "query FILE [TABLE]",
		Short: "Show what is in a store",
		Long: `Show a table of the store that dtlssim study --store or dtlssim sweep --store made. A
process may write to the store meanwhile. Tables:

parts          the sweeps and searches of each figure (what is shown of a study)
points         design points with counts and estimates (what is shown of a sweep)
replications   one by one
measures       what they sum up to at each point
windows        failure windows, cells and estimates of a study that is finished
cells
estimates
aborted       replications that gave no result
specification  what the store is of, and which programs wrote to it
layout         the tables and views of the file, as SQL with comments, for whoever
               reads it with SQLite: pandas.read_sql("SELECT * FROM replications", ...)

dtlssim export writes tables for other programs.`,
		Example: "  dtlssim query linger.sqlite\n  dtlssim query linger.sqlite replications --rows 20",
		Args:    argsBetween(1, 2, "one FILE and at most one table"),
		RunE: func(c *cobra.Command, args []string) error {
			table, err := chosenTable(args, tables)
			faults := []error{err, stat.CheckConfidence(confidence)}
			if rows < 1 {
				faults = append(faults, fmt.Errorf("--rows %d must be at least 1", rows))
			}
			if err := errors.Join(faults...); err != nil {
				return err
			}
			r, err := readStore(c, args[0])
			if err != nil {
				return err
			}
			defer r.Close()
			switch table {
			case specificationTable:
				return failure(text.StoreSpecification(c.OutOrStdout(), r))
			case layoutTable:
				layout, err := r.Layout()
				if err == nil {
					_, err = io.WriteString(c.OutOrStdout(), layout)
				}
				return failure(err)
			}
			if len(args) < 2 {
				if s, err := r.Specification(); err != nil {
					return failure(err)
				} else if s.Study == nil {
					table = pointsTable
				}
			}
			return failure(writeTable(r, table, confidence, text.NewTable(c.OutOrStdout(), rows), false))
		},
	}
	c.Flags().IntVar(&rows, "rows", 100, "how many rows are shown")
	c.Flags().Float64Var(&confidence, "confidence", 0.95, "confidence of the intervals of points")
	return c
}

// chosenTable returns the table that the second argument names, the first of those
// there are if it names none.
func chosenTable(args, tables []string) (string, error) {
	if len(args) < 2 {
		return tables[0], nil
	}
	if !slices.Contains(tables, args[1]) {
		return "", fmt.Errorf(
			"there is no table %q.%s There are %s",
			args[1],
			suggest.DidYouMean(args[1], tables),
			strings.Join(tables, ", "),
		)
	}
	return args[1], nil
}

// writeTable writes a table; whole, if not only what a person reads is wanted.
func writeTable(r *store.Reader, table string, confidence float64, l text.Lines, whole bool) error {
	var err error
	switch table {
	case pointsTable:
		err = text.StorePoints(r, confidence, l.Begin, l.Row)
	case replicationsTable:
		err = text.StoreReplications(r, l.Begin, l.Row)
	case abortedTable:
		err = text.StoreAborted(r, l.Begin, l.Row)
	case partsTable:
		err = text.StoreParts(r, l.Begin, l.Row)
	case measuresTable:
		err = text.StoreMeasures(r, l.Begin, l.Row)
	case windowsTable, cellsTable, estimatesTable:
		v := views[table]
		columns := v.columns
		if whole {
			columns += v.more
		}
		var truths []int // columns that tell whether something is so
		err = r.View(table, columns, v.order, func(names []string) error {
			for i, name := range names {
				if name == "failed" || name == "exact" {
					truths = append(truths, i)
				}
			}
			return l.Begin(names)
		}, func(cells []any) error {
			for _, i := range truths {
				cells[i] = cells[i] == int64(1)
			}
			return l.Row(cells)
		})
	}
	return errors.Join(err, l.End())
}

// views are tables that a store has as they are shown: which columns, which more are
// exported, and in what order.
var views = map[string]struct{ columns, more, order string }{
	windowsTable: {
		"figure, row, probe, seed, from_ns, to_ns, width_ns",
		", last_before, first_within, last_within, first_behind",
		"part, from_ns",
	},
	cellsTable: {
		"figure, row, probe, seed, from_ns, to_ns, replace(outcome, ',', ' ') AS outcome, failed",
		", signature",
		"part, from_ns",
	},
	estimatesTable: {
		"figure, row, point, x, method, estimate, lo, hi, interval, confidence, n, failures",
		", exact",
		"part, point, method",
	},
}

// readStore opens a store for reading, and says so if there is more beside it.
func readStore(c *cobra.Command, path string) (*store.Reader, error) {
	r, err := store.Read(path)
	if err != nil {
		return nil, storeError(err)
	}
	if r.Pending {
		fmt.Fprintf(
			c.ErrOrStderr(),
			scenarios.Program()+": what the process that was killed did last lies beside %s and is not shown: the "+
				"file, or its folder, is read-only\n",
			path,
		)
	}
	return r, nil
}
