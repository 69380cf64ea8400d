package text

import (
	"errors"
	"io"

	"github.com/dtlssim/dtlssim/scenarios/store"
)

// The tables of a store.
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

// ExportedTables are the tables that StoreTable writes for programs; the first is the default.
var ExportedTables = []string{
	replicationsTable, pointsTable, measuresTable, windowsTable, cellsTable, estimatesTable,
}

// ShownTables are the tables that Store writes for a person.
var ShownTables = []string{
	partsTable, pointsTable, replicationsTable, measuresTable, windowsTable, cellsTable, estimatesTable, abortedTable,
	specificationTable, layoutTable,
}

// Store writes the first rows of a table of a store. The default is its parts or, for a sweep,
// which has only one part, its points.
func Store(w io.Writer, r *store.Reader, table string, confidence float64, rows int) error {
	switch table {
	case specificationTable:
		return StoreSpecification(w, r)
	case layoutTable:
		layout, err := r.Layout()
		if err == nil {
			_, err = io.WriteString(w, layout)
		}
		return err
	case "":
		s, err := r.Specification()
		if err != nil {
			return err
		}
		if table = partsTable; s.Study == nil {
			table = pointsTable
		}
	}
	return StoreTable(r, table, confidence, NewTable(w, rows), false)
}

// StoreTable writes a table, by default the replications: all columns if whole is set, otherwise
// those that a person reads.
func StoreTable(r *store.Reader, table string, confidence float64, l Lines, whole bool) error {
	var err error
	switch table {
	case pointsTable:
		err = StorePoints(r, confidence, l.Begin, l.Row)
	case "", replicationsTable:
		err = StoreReplications(r, l.Begin, l.Row)
	case abortedTable:
		err = StoreAborted(r, l.Begin, l.Row)
	case partsTable:
		err = StoreParts(r, l.Begin, l.Row)
	case measuresTable:
		err = StoreMeasures(r, l.Begin, l.Row)
	default:
		err = storeView(r, table, l, whole)
	}
	return errors.Join(err, l.End())
}

// storeViews are the tables that are shown as the store has them: their columns, the additional
// columns for export, and the order of rows.
var storeViews = map[string]struct{ columns, more, order string }{
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

// storeView writes a table that is shown as the store has it.
func storeView(r *store.Reader, table string, l Lines, whole bool) error {
	v := storeViews[table]
	columns := v.columns
	if whole {
		columns += v.more
	}
	var truths []int // indices of Boolean columns
	return r.View(table, columns, v.order, func(names []string) error {
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
