package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/report/estimate"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/store"
)

// Tables of a store.
const (
	pointsTable        = "points"
	replicationsTable  = "replications"
	troublesTable      = "troubles"
	specificationTable = "specification"
)

func newExport() *cobra.Command {
	var (
		form       string
		output     string
		confidence float64
	)
	tables := []string{replicationsTable, pointsTable}
	c := &cobra.Command{
		Use:   "export FILE [replications|points]",
		Short: "Write the replications or points of a store as CSV or JSON Lines",
		Long: `Write a table of the store that dtlssim sweep --store made: the replications, or the
points with their counts and estimates. A process may write to the store meanwhile.

JSON: one object a line. replications: {point, replication, seed, status, outcome (names with
spaces between; null without a result), failed, virtual_ns, events, digest (its first 16
digits), and each measure, null if it was not taken}. points: {point, the parameters that vary,
replications, failures, crashed, wedged, limited, estimate (null without data), lo, hi,
confidence}. CSV has the same columns, and empty cells for null.`,
		Example: "  dtlssim export linger.sqlite --format csv -o replications.csv\n  dtlssim export linger.sqlite points --format jsonl",
		Args:    argsBetween(1, 2, "one FILE and at most one table"),
		RunE: func(c *cobra.Command, args []string) error {
			table, err := chosenTable(args, tables)
			faults := []error{err, estimate.CheckConfidence(confidence)}
			if form != "csv" && form != "jsonl" {
				faults = append(faults, fmt.Errorf("--format %q is not one of csv, jsonl", form))
			}
			if err := errors.Join(faults...); err != nil {
				return err
			}
			if err := checkFile(output); err != nil {
				return failure(err)
			}
			r, err := store.Read(args[0])
			if err != nil {
				return storeError(err)
			}
			defer r.Close()
			write := func(w io.Writer) error {
				buffered := bufio.NewWriter(w)
				lines := text.NewCSV(buffered)
				if form == "jsonl" {
					lines = text.NewJSONLines(buffered)
				}
				return errors.Join(writeTable(r, table, confidence, lines), buffered.Flush())
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
	tables := []string{pointsTable, replicationsTable, troublesTable, specificationTable}
	c := &cobra.Command{
		Use:   "query FILE [points|replications|troubles|specification]",
		Short: "Show what is in a store",
		Long: `Show a table of the store that dtlssim sweep --store made: its design points with counts
and estimates, its replications, those that gave no result, or what it is of and which programs
wrote to it. A process may write to the store meanwhile. dtlssim export writes tables for
other programs.`,
		Example: "  dtlssim query linger.sqlite\n  dtlssim query linger.sqlite replications --rows 20",
		Args:    argsBetween(1, 2, "one FILE and at most one table"),
		RunE: func(c *cobra.Command, args []string) error {
			table, err := chosenTable(args, tables)
			faults := []error{err, estimate.CheckConfidence(confidence)}
			if rows < 1 {
				faults = append(faults, fmt.Errorf("--rows %d must be at least 1", rows))
			}
			if err := errors.Join(faults...); err != nil {
				return err
			}
			r, err := store.Read(args[0])
			if err != nil {
				return storeError(err)
			}
			defer r.Close()
			if table == specificationTable {
				return failure(text.StoreSpecification(c.OutOrStdout(), r))
			}
			return failure(writeTable(r, table, confidence, text.NewTable(c.OutOrStdout(), rows)))
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
		return "", fmt.Errorf("there is no table %q.%s There are %s", args[1], didYouMean(args[1], tables), strings.Join(tables, ", "))
	}
	return args[1], nil
}

func writeTable(r *store.Reader, table string, confidence float64, l text.Lines) error {
	var err error
	switch table {
	case pointsTable:
		err = text.StorePoints(r, confidence, l.Begin, l.Row)
	case replicationsTable:
		err = text.StoreReplications(r, l.Begin, l.Row)
	case troublesTable:
		err = text.StoreTroubles(r, l.Begin, l.Row)
	}
	return errors.Join(err, l.End())
}
