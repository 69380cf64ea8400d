package text

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/command"
	"github.com/dtlssim/dtlssim/scenarios/measure"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/seed"
	"github.com/dtlssim/dtlssim/scenarios/store"
	"github.com/dtlssim/dtlssim/scenarios/store/query"
)

// Header names the columns of a table of a store, in the order of the cells of a row. A cell is a
// string, a whole number, a float64, a bool, or nil if empty.
type Header []string

// partColumns adds columns for the figure and the row of a study before the others. The sweep of a
// store without a study has no such columns.
type partColumns struct {
	shown bool
	parts map[int]query.Part // by design point
}

func newPartColumns(r *store.Reader) (c partColumns, err error) {
	s, err := r.Specification()
	if err != nil {
		return c, err
	}
	c.shown = s.Study != nil
	c.parts, err = r.PartOf()
	return c, err
}

func (c partColumns) header(h ...string) Header {
	if c.shown {
		return slices.Concat(Header{"figure", "row"}, h)
	}
	return h
}

func (c partColumns) cells(point int, cells ...any) []any {
	if c.shown {
		return slices.Concat([]any{c.parts[point].Figure, c.parts[point].Row}, cells)
	}
	return cells
}

// StoreParts writes the sweeps and searches of a store as a table. The last row counts the runs
// that the store keeps for searches, including searches without an answer.
func StoreParts(r *store.Reader, begin func(Header) error, row func([]any) error) error {
	if err := begin(Header{"figure", "row", "part", "points", "replications", "failures", "runs",
		"windows"}); err != nil {
		return err
	}
	err := r.Parts(func(p *query.Part) error {
		cells := []any{p.Figure, p.Row, p.Kind, nil, nil, nil, nil, nil}
		switch p.Kind {
		case "sweep":
			cells[3], cells[4], cells[5] = p.Points, p.Replications, p.Failures
		case "search":
			cells[6], cells[7] = p.Runs, p.Windows
		}
		return row(cells)
	})
	if err != nil {
		return err
	}
	runs, err := r.Runs()
	if err != nil || runs == 0 {
		return err
	}
	return row([]any{nil, nil, "all runs kept", nil, nil, nil, runs, nil})
}

// StorePoints writes the design points of a store as a table: the parameters that differ between
// points, the counts, and the estimate of the failure probability with an interval of the given
// confidence.
func StorePoints(r *store.Reader, confidence float64, begin func(Header) error, row func([]any) error) error {
	of, err := newPartColumns(r)
	if err != nil {
		return err
	}
	names, err := r.Parameters()
	if err != nil {
		return err
	}
	header := slices.Concat([]string{"point"}, names,
		[]string{"replications", "failures", "crashed", "timed_out", "limited", "estimate", "lo", "hi", "confidence"})
	if err := begin(of.header(header...)); err != nil {
		return err
	}
	return r.Points(func(p *query.Point) error {
		cells := []any{p.Point}
		for _, name := range names {
			if value, ok := p.Parameters[name]; ok {
				cells = append(cells, value)
			} else {
				cells = append(cells, nil)
			}
		}
		e := p.Estimate(confidence)
		var value any
		if e.N > 0 {
			value = e.Value
		}
		cells = append(cells, p.Replications, p.Failures, p.Crashed, p.TimedOut, p.Limited, value, e.Low, e.High,
			e.Confidence)
		return row(of.cells(p.Point, cells...))
	})
}

// StoreReplications writes the replications of a store as a table. A measure that a replication did
// not report is an empty cell.
func StoreReplications(r *store.Reader, begin func(Header) error, row func([]any) error) error {
	of, err := newPartColumns(r)
	if err != nil {
		return err
	}
	measures, err := r.Measures()
	if err != nil {
		return err
	}
	slices.Sort(measures) // the store has them in the order in which workers reported them first
	units, err := unitsOf(r)
	if err != nil {
		return err
	}
	header := []string{"point", "replication", "seed", "status", "outcome", "failed", "virtual_ns", "events", "digest"}
	if err := begin(of.header(append(header, measures...)...)); err != nil {
		return err
	}
	return r.Replications(func(p *query.Replication) error {
		var outcome any
		if p.Status == "completed" {
			outcome = scenarios.Clean
			if len(p.Outcome) > 0 {
				outcome = strings.Join(p.Outcome, " ")
			}
		}
		cells := []any{
			p.Point, p.Replication, seed.Replication(of.parts[p.Point].Seed, p.Replication), string(p.Status), outcome,
			p.Failed, p.Virtual, p.Events, p.Digest,
		}
		for _, name := range measures {
			if value, ok := p.Value(name); ok {
				cells = append(cells, measure.Quantity{Value: value, Unit: units[name]})
			} else {
				cells = append(cells, nil)
			}
		}
		return row(of.cells(p.Point, cells...))
	})
}

// StoreMeasures writes the summaries of the measures at each design point of a store as a table;
// see sample.Measure.
func StoreMeasures(r *store.Reader, begin func(Header) error, row func([]any) error) error {
	of, err := newPartColumns(r)
	if err != nil {
		return err
	}
	if err := begin(of.header("point", "measure", "unit", "count", "mean", "minimum", "median", "quantile_95",
		"maximum")); err != nil {
		return err
	}
	units, err := unitsOf(r)
	if err != nil {
		return err
	}
	return r.MeasuresByPoint(func(point int, measures map[string]sample.Measure) error {
		for _, name := range slices.Sorted(maps.Keys(measures)) {
			m, unit := measures[name], units[name]
			cells := []any{point, name, string(unit), m.Count}
			for _, value := range []int64{m.Mean, m.Minimum, m.Median, m.Quantile95, m.Maximum} {
				cells = append(cells, measure.Quantity{Value: value, Unit: unit})
			}
			if err := row(of.cells(point, cells...)); err != nil {
				return err
			}
		}
		return nil
	})
}

// unitsOf returns the units of the measures of a store, by name.
func unitsOf(r *store.Reader) (map[string]measure.Unit, error) {
	s, err := r.Specification()
	return s.Units, err
}

// StoreAborted writes the replications of a store without a result as a table.
func StoreAborted(r *store.Reader, begin func(Header) error, row func([]any) error) error {
	of, err := newPartColumns(r)
	if err != nil {
		return err
	}
	if err := begin(of.header("point", "replication", "seed", "status", "limit", "dump")); err != nil {
		return err
	}
	return r.Aborted(func(t *query.Aborted) error {
		words, _, _ := strings.Cut(t.Dump, "\n")
		return row(of.cells(t.Point, t.Point, t.Replication, seed.Replication(of.parts[t.Point].Seed, t.Replication),
			t.Status, t.Limit, words))
	})
}

// StoreSpecification writes what a store contains and which programs wrote to it.
func StoreSpecification(w io.Writer, r *store.Reader) error {
	s, err := r.Specification()
	if err != nil {
		return err
	}
	programs, err := r.Programs()
	if err != nil {
		return err
	}
	if err := JSON(w, s); err != nil {
		return err
	}
	for _, p := range programs {
		until := "not finished"
		if p.Finished != "" {
			until = "finished " + p.Finished
		}
		if _, err := fmt.Fprintf(w, "written from %s (%s, budget %g) by %s, on %d processors, %s\n", p.Started, until,
			p.Budget, p.Describe(), p.Processors, p.Processor); err != nil {
			return err
		}
	}
	return nil
}

// Lines writes a table line by line, in constant memory.
type Lines interface {
	Begin(Header) error
	Row([]any) error
	End() error
}

// NewCSV returns Lines of comma-separated values, after a line of column names.
func NewCSV(w io.Writer) Lines { return &csvLines{csv.NewWriter(w)} }

type csvLines struct{ w *csv.Writer }

func (l *csvLines) Begin(h Header) error { return l.w.Write(h) }

func (l *csvLines) Row(cells []any) error {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = cell(c)
	}
	return l.w.Write(row)
}

func (l *csvLines) End() error {
	l.w.Flush()
	return l.w.Error()
}

// cell writes a cell so that it reads back the same.
func cell(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case float64:
		return number(v)
	case measure.Quantity:
		return strconv.FormatInt(v.Value, 10)
	}
	return fmt.Sprint(value)
}

// NewJSONLines returns Lines with one JSON object each; an empty cell is null.
func NewJSONLines(w io.Writer) Lines { return &jsonLines{w: w} }

type jsonLines struct {
	w     io.Writer
	names [][]byte
	line  []byte
}

func (l *jsonLines) Begin(h Header) error {
	for _, name := range h {
		l.names = append(l.names, strconv.AppendQuote(nil, name))
	}
	return nil
}

func (l *jsonLines) Row(cells []any) error {
	l.line = append(l.line[:0], '{')
	for i, c := range cells {
		if i > 0 {
			l.line = append(l.line, ',')
		}
		text, err := json.Marshal(c)
		if err != nil {
			return err
		}
		l.line = append(append(append(l.line, l.names[i]...), ':'), text...)
	}
	_, err := l.w.Write(append(l.line, '}', '\n'))
	return err
}

func (l *jsonLines) End() error { return nil }

// nanoseconds ends the name of a column of times.
const nanoseconds = "_ns"

// NewTable returns Lines of an aligned table, which shows only the first rows and counts the
// others.
func NewTable(w io.Writer, shown int) Lines { return &tableLines{w: w, shown: shown} }

type tableLines struct {
	w     io.Writer
	shown int
	names Header
	rows  [][]string
	more  int
}

func (l *tableLines) Begin(h Header) error {
	l.names = h
	row := make([]string, len(h))
	for i, name := range h {
		row[i] = strings.ToUpper(strings.ReplaceAll(strings.TrimSuffix(name, nanoseconds), "_", " "))
	}
	l.rows = append(l.rows, row)
	return nil
}

func (l *tableLines) Row(cells []any) error {
	if len(l.rows) > l.shown {
		l.more++
		return nil
	}
	row := make([]string, len(cells))
	for i, c := range cells {
		switch v := c.(type) {
		case nil:
			row[i] = "-"
		case float64:
			row[i] = fmt.Sprintf("%.4g", v)
		case int64:
			row[i] = strconv.FormatInt(v, 10)
			if strings.HasSuffix(l.names[i], nanoseconds) {
				row[i] = time.Duration(v).String()
			}
		case bool:
			row[i] = yes(v)
		default:
			row[i] = fmt.Sprint(v)
		}
	}
	l.rows = append(l.rows, row)
	return nil
}

func (l *tableLines) End() error {
	err := Table(l.w, l.rows)
	if err == nil && l.more > 0 {
		_, err = fmt.Fprintf(l.w, "and %d more: %s has them all\n", l.more, command.New("export"))
	}
	return err
}
