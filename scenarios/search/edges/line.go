// Package edges follows the edges between the cells of a window search from row to row. A row is
// one search along a probe x, at one value y of a second parameter.
//
//	search.Windows at y -> NewRow            -> Row: labelled cells, and the edges between them
//	two rows            -> NewFit, Fit.Admit -> Family: every edge as a Line, a function of y
//	another row         -> Family.Predicts   -> whether it is as the lines predict
//
// All coordinates are integers, in nanoseconds. Package bands joins neighbouring levels along such
// lines, and package plane cuts a plane into pieces between them.
package edges

import (
	"fmt"
	"math/big"
	"time"
)

// Line is an edge as a function of y. All numbers are integers: in row y, the first x to the right
// of the edge is floor((Rise*y + Offset) / Run), in nanoseconds. Rise/Run is in lowest terms, and
// Run is at least 1.
//
// An exact edge always has this form. While the order of events stays the same, each event time is
// an integer combination of x and y plus a constant, and the first x that satisfies an inequality
// q*x > p*y + c is such a floor.
type Line struct {
	Rise   int64 `json:"rise"`
	Run    int64 `json:"run"`
	Offset int64 `json:"offset_ns"`
}

// At returns the edge at row y.
func (l Line) At(y int64) int64 { return floorDiv(l.Rise*y+l.Offset, l.Run) }

// Equation writes the line for a reader, as the first value of x to its right: "x = 2*y +
// 11.000001ms" or, with a fraction, "x = (3*y + 5ms)/2".
func (l Line) Equation(x, y string) string {
	var right string
	offset := time.Duration(l.Offset)
	switch {
	case l.Rise == 0:
		return fmt.Sprintf("%s = %s", x, time.Duration(l.At(0)))
	case l.Rise == 1:
		right = y
	case l.Rise == -1:
		right = "-" + y
	default:
		right = fmt.Sprintf("%d*%s", l.Rise, y)
	}
	switch {
	case offset > 0 && l.Rise < 0: // the positive term first
		right = offset.String() + " - " + right[1:]
	case offset > 0:
		right += " + " + offset.String()
	case offset < 0:
		right += " - " + (-offset).String()
	}
	if l.Run != 1 {
		right = fmt.Sprintf("(%s)/%d", right, l.Run)
	}
	return x + " = " + right
}

// floorDiv divides and rounds down; b must be positive.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Constant returns the line with the same x in every row.
func Constant(x int64) Line { return Line{0, 1, x} }

// Sum returns the sum of the line over the rows [from, to). Rows with the same remainder modulo Run
// form an arithmetic series.
func (l Line) Sum(from, to int64) *big.Int {
	total := new(big.Int)
	for r := range min(l.Run, to-from) {
		first := from + r
		n := (to - 1 - first) / l.Run // terms after the first, each Rise above the one before
		term := big.NewInt(n)
		term.Mul(term, big.NewInt(n+1))
		term.Rsh(term, 1)
		term.Mul(term, big.NewInt(l.Rise))
		total.Add(total, term)
		term.SetInt64(n + 1)
		total.Add(total, term.Mul(term, big.NewInt(l.At(first))))
	}
	return total
}
