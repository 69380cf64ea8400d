// Package rows holds what figures of every kind share: a head with rows, the subject of the study,
// and how rows are run with a budget and a store.
//
// In: the settings of rows. Out: their values, which are read only once, and the results of the
// sweeps that are run for them.
package rows

import (
	"github.com/dtlssim/dtlssim/scenarios"
)

// Head is what figures of every kind have.
type Head struct {
	Name  string
	Title string
	Fail  scenarios.Predicate
	Set   scenarios.Settings // of every row; in curves, "{x}" stands for the value of X
	Rows  []Row              // strips, curves, or rows of the table
}

// Row is one strip, curve or row of a table.
type Row struct {
	Label string
	Set   scenarios.Settings
}

// Common returns the head itself.
func (h *Head) Common() *Head { return h }

// At returns the settings of a row.
func (h *Head) At(row Row) scenarios.Settings { return h.Set.With(row.Set) }

// Check reports what is wrong with a row that has only parameters.
func (h *Head) Check(s *Subject, row Row) error {
	_, err := s.Of(h, row)
	return err
}

// Settings returns the settings of all rows, without an axis.
func (h *Head) Settings() (list []scenarios.Settings) {
	for _, row := range h.Rows {
		list = append(list, h.At(row))
	}
	return list
}
