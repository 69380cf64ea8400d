package design

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios"
)

// ReadList reads design points from CSV (RFC 4180): a header of parameter names, and one row per
// point. An empty cell keeps the parameter's value from the base; a line that begins with # is
// skipped. ReadList reports every fault, including repeated points, with file, line and column.
// It also returns the names.
func ReadList(base scenarios.Values, file string, r io.Reader) (points []Point, names []string, err error) {
	var faults []error
	fault := func(line, column int, format string, args ...any) {
		// an error may have several lines
		for text := range strings.SplitSeq(fmt.Sprintf(format, args...), "\n") {
			if len(faults) < maxListFaults {
				faults = append(faults, fmt.Errorf("%s:%d:%d: %s", file, line, column, text))
			}
		}
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, nil, err
	}
	if bytes.Count(data, []byte("\n")) > maxListLines {
		return nil, nil, fmt.Errorf("%s: the file has more than %d lines: want at most %d design points", file,
			maxListLines, MaxLevels)
	}
	c := csv.NewReader(bytes.NewReader(data))
	c.Comment, c.TrimLeadingSpace, c.FieldsPerRecord = '#', true, -1
	s, d := base.Scenario(), NewDistinct(base)
	lines := map[int]int{} // line of each point
	known := []bool{}      // whether a column has a known parameter
	for row := 0; ; row++ {
		cells, err := c.Read()
		var broken *csv.ParseError
		switch {
		case errors.Is(err, io.EOF) && row == 0:
			return nil, nil, fmt.Errorf("%s: the file is empty: want a header of names of parameters", file)
		case errors.Is(err, io.EOF):
			if len(d.Points) == 0 && len(faults) == 0 {
				faults = append(faults, fmt.Errorf("%s: there is a header, and no design point", file))
			}
			return d.Points, names, errors.Join(faults...)
		case errors.As(err, &broken):
			fault(broken.Line, broken.Column, "%v", broken.Err)
			return nil, nil, errors.Join(faults...)
		case err != nil:
			return nil, nil, err
		}
		line, _ := c.FieldPos(0)
		if row == 0 {
			for i, name := range cells {
				// a byte order mark, as spreadsheets write it
				name = strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))
				line, column := c.FieldPos(i)
				_, set := base.Setting(name)
				known = append(known, false)
				switch {
				case s.Parameter(name) == nil:
					fault(line, column, "%v", s.Check(name, ""))
				case slices.Contains(names, name):
					fault(line, column, "there are two columns %s", name)
				case set:
					fault(line, column, "parameter %s is varied, and set as well", name)
				default:
					known[i] = true
				}
				names = append(names, name)
			}
			continue
		}
		if len(cells) != len(names) {
			fault(line, 1, "there are %d cells, and %d columns in the header", len(cells), len(names))
			continue
		}
		p, bad := scenarios.Settings{}, false
		for i, cell := range cells {
			cell = strings.TrimSpace(cell)
			if !known[i] || cell == "" {
				continue
			}
			if err := s.Check(names[i], cell); err != nil {
				line, column := c.FieldPos(i)
				fault(line, column, "%v", err)
				bad = true
			}
			p[names[i]] = cell
		}
		if bad || slices.Contains(known, false) {
			continue
		}
		before := len(d.Points)
		i, err := d.Add(p)
		switch {
		case err != nil:
			fault(line, 1, "%v", err)
		case len(d.Points) == before:
			fault(line, 1, "the design point is that of line %d", lines[i])
		default:
			lines[i] = line
		}
		if len(d.Points) > MaxLevels {
			return nil, nil, fmt.Errorf("%s: the design has more than %d design points", file, MaxLevels)
		}
	}
}

// maxListLines bounds the lines of a file: comments and empty lines may stand between the points.
const maxListLines = 2 * MaxLevels

// maxListFaults is the number of faults reported for one file.
const maxListFaults = 50
