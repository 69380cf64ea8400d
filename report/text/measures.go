package text

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/dtlssim/dtlssim/scenarios/measure"
	"github.com/dtlssim/dtlssim/scenarios/sample"
)

// threeDigits rounds a number of 0 or more to three significant decimal digits.
func threeDigits(value int64) int64 {
	unit := int64(1)
	for value/unit >= 1000 {
		unit *= 10
	}
	if value > math.MaxInt64-unit/2 {
		return value
	}
	return (value + unit/2) / unit * unit
}

// Measures writes a table of the measures of a sweep, unless they were all 0.
func Measures(w io.Writer, r *sample.Results, factors []string) error {
	header := append([]string{"MEASURE"}, upper(factors)...)
	rows := [][]string{append(header, "COUNT", "MEAN", "MINIMUM", "MEDIAN", "0.95 QUANTILE", "MAXIMUM")}
	var units map[string]measure.Unit
	if len(r.Points) > 0 {
		units = r.Points[0].Values.Scenario().Units()
	}
	for _, name := range telling(r) {
		unit := units[name]
		for _, p := range r.Points {
			row := []string{name}
			for _, f := range factors {
				row = append(row, p.Values.TextOf(f))
			}
			m := p.Measures[name]
			row = append(row, strconv.Itoa(m.Count))
			for _, value := range []int64{m.Mean, m.Minimum, m.Median, m.Quantile95, m.Maximum} {
				cell := "-"
				if m.Count > 0 {
					cell = unit.Text(threeDigits(value))
				}
				row = append(row, cell)
			}
			rows = append(rows, row)
		}
	}
	if len(rows) == 1 {
		return nil
	}
	if _, err := fmt.Fprintln(w, "\nMeasures, of the replications that took them, to three digits:"); err != nil {
		return err
	}
	return Table(w, rows)
}

// telling returns the sorted names of the measures that were not 0 at every point.
func telling(r *sample.Results) []string {
	names := map[string]bool{}
	for _, p := range r.Points {
		for name, m := range p.Measures {
			if m.Maximum > 0 {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}
