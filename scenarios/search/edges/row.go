package edges

import (
	"strings"

	"github.com/dtlssim/dtlssim/scenarios/search"
)

// Row is one search along x, at the row Y.
type Row struct {
	Y          int64
	Signatures View  // its cells by signature
	Plain      View  // its cells by outcome
	Gap        int64 // an interval in x in which the search could have missed something
	GapAt      int64
	Basis      search.Basis // of the search
}

// View is a row as the labels of its cells and the edges between them.
type View struct {
	Labels []string
	Cells  []search.Cell // the first cell for each label; their bounds are the edges
	Edges  []int64       // one fewer than labels
}

// NewRow labels the cells of a search at the row y.
func NewRow(y int64, w *search.Windows) *Row {
	r := &Row{Y: y, Gap: w.Method.LargestUnverifiedGap, GapAt: w.Method.LargestUnverifiedGapFrom, Basis: w.Method.Basis}
	for _, c := range w.Cells {
		outcome := strings.Join(c.Outcome, ",")
		r.Signatures.add(c, c.Signature+" "+outcome)
		r.Plain.add(c, outcome)
	}
	return r
}

// add adds a cell, unless its label is that of the previous cell.
func (v *View) add(c search.Cell, label string) {
	if n := len(v.Labels); n > 0 && v.Labels[n-1] == label {
		return
	}
	if len(v.Labels) > 0 {
		v.Edges = append(v.Edges, c.From)
	}
	v.Labels = append(v.Labels, label)
	v.Cells = append(v.Cells, c)
}

// View returns the view of a row that distinguishes signatures or, if plain, only outcomes.
func (r *Row) View(plain bool) *View {
	if plain {
		return &r.Plain
	}
	return &r.Signatures
}
