// Package salvage reads what is whole in a damaged store. It looks through the pages of the file for
// rows, and takes each whose checksum is right: the checksum also says which table the row is of.
// So it does not matter what else is damaged.
//
// In: the path of a store. Out: its [Content]; package store writes it to a new store. Answers are not
// read, because the command that computed them computes them again.
package salvage

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/store/check"
	"github.com/dtlssim/dtlssim/scenarios/store/layout"
)

// Content is what is whole in a damaged store, besides replications and runs.
type Content struct {
	Specification, Sum string // JSON, and its SHA-256
	Identity           []byte
	Seals              map[layout.SealKey]layout.Seal // how much there was, as far as it is known

	path     string
	pageSize int
	rows     map[string]map[int64][]any // by table and row number, without checksums
	measures [][]string                 // what the columns of replications may be called
}

// columns are the columns of the tables that are read, with the checksum. All have row numbers, which
// are their first columns.
var columns = map[string]int{
	"specification": 5, "program": 12, "part": 9, "point": 5, "outcome": 3, "measure": 3, "aborted": 6, "difference": 6,
}

// Read reads a damaged store. It returns a [layout.DamagedError] if it finds no specification or no
// program: replications without them are of no use.
func Read(path string) (*Content, error) {
	sizes, err := pageSizes(path)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	for _, size := range sizes {
		c := &Content{
			path: path, pageSize: size, rows: map[string]map[int64][]any{}, Seals: map[layout.SealKey]layout.Seal{},
		}
		if err := c.read(); err != nil {
			return nil, err
		}
		if c.Specification != "" && len(c.rows["program"]) > 0 {
			return c, nil
		}
	}
	return nil, fmt.Errorf("%s: nothing can be saved: which specification or program it is of cannot be read. Move "+
		"it away and run the same command again, which makes a new store", path)
}

// each calls do for everything that looks like a row.
func (c *Content) each(do func(row) error) error {
	f, err := open(c.path, c.pageSize)
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", c.path, err)
	}
	defer f.main.Close()
	return f.rows(do)
}

// read reads all but replications and runs.
func (c *Content) read() error {
	var sum layout.Sum
	err := c.each(func(r row) error {
		if len(r.values) == 0 {
			return nil
		}
		c.readSeal(&sum, r.values)
		c.readSchema(r.values)
		last := len(r.values) - 1
		for table, n := range columns {
			if n != last+1 || r.values[0] != nil {
				continue
			}
			values := slices.Clone(r.values)
			values[0] = r.id
			if table == "program" { // SQLite stores a whole number of a REAL column as an integer
				if budget, ok := values[3].(int64); ok {
					values[3] = float64(budget)
				}
			}
			if checksum, err := sum.Row(table, values[:last]...); err != nil || checksum != r.values[last] {
				continue
			}
			if c.rows[table] == nil {
				c.rows[table] = map[int64][]any{}
			}
			if _, ok := c.rows[table][r.id]; !ok { // the first is the newest
				c.rows[table][r.id] = values[:last]
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, values := range c.rows["specification"] {
		c.Specification, c.Sum = values[1].(string), values[2].(string)
		c.Identity = values[3].([]byte)
	}
	var measures []string
	for _, id := range slices.Sorted(maps.Keys(c.rows["measure"])) {
		measures = append(measures, c.rows["measure"][id][1].(string))
	}
	c.measures = append(c.measures, measures)
	return nil
}

// readSeal reads a row of the table seal.
func (c *Content) readSeal(sum *layout.Sum, values []any) {
	if len(values) != 5 {
		return
	}
	table, ok1 := values[0].(string)
	point, ok2 := values[1].(int64)
	rows, ok3 := values[2].(int64)
	total, ok4 := values[3].(int64)
	key, s := layout.SealKey{Table: table, Point: point}, layout.Seal{Rows: rows, Total: total}
	if ok1 && ok2 && ok3 && ok4 && layout.SealSum(sum, key, s) == values[4] && rows > c.Seals[key].Rows {
		c.Seals[key] = s
	}
}

// readSchema takes the names of measures from the definition of the table of replications, in case
// the table of measures is damaged. Checksums of replications cover the names.
func (c *Content) readSchema(values []any) {
	if len(values) != 5 || values[1] != layout.ReplicationTable {
		return
	}
	text, _ := values[4].(string)
	var names []string
	for _, part := range strings.Split(text, `"`+layout.MeasurePrefix)[1:] {
		if name, _, ok := strings.Cut(part, `" INTEGER`); ok {
			names = append(names, strings.ReplaceAll(name, `""`, `"`))
		}
	}
	c.measures = append(c.measures, names)
}

// Rows returns the rows of a table, without their checksums, in the order of their numbers: program,
// part, or point.
func (c *Content) Rows(table string) (list [][]any) {
	for _, id := range slices.Sorted(maps.Keys(c.rows[table])) {
		list = append(list, c.rows[table][id])
	}
	return list
}

// Has reports whether a design point is of a part that is whole. The point itself need not be.
func (c *Content) Has(point int64) bool {
	for _, part := range c.rows["part"] {
		first, points := part[6].(int64), part[7].(int64)
		if point >= first && point < first+points {
			return true
		}
	}
	return false
}

// Point returns how messages name a design point.
func (c *Content) Point(id int64) string {
	point, ok := c.rows["point"][id]
	if !ok {
		return fmt.Sprintf("point %d", id)
	}
	part, ok := c.rows["part"][point[1].(int64)]
	if !ok {
		return fmt.Sprintf("point %d", id)
	}
	return check.PointName(id, point[3].(string), check.PartName(part[0].(int64), part[1].(string), part[2].(string)))
}

// Replications calls do for each replication that is whole, and of a part that is. One may come more
// than once.
func (c *Content) Replications(do func(key int64, o run.Result, d *sample.Difference) error) error {
	var sum layout.Sum
	return c.each(func(r row) error {
		if !c.Has(r.id >> 32) {
			return nil
		}
		for _, measures := range c.measures {
			o, ok := c.replication(&sum, r, measures)
			if !ok {
				continue
			}
			var d *sample.Difference
			if v, ok := c.rows["difference"][r.id]; ok {
				d = &sample.Difference{
					Repeat: v[1].(string), Record: int(v[2].(int64)), First: v[3].(string), Second: v[4].(string),
				}
			}
			return do(r.id, o, d)
		}
		return nil
	})
}

// replication reads a row as a replication whose measures have these names, in the order of columns.
func (c *Content) replication(sum *layout.Sum, r row, measures []string) (o run.Result, ok bool) {
	const fixed = 7 // columns before the measures
	if len(r.values) < fixed || len(r.values) > fixed+len(measures) || r.values[0] != nil {
		return o, false
	}
	failed, ok1 := r.values[2].(int64)
	virtual, ok2 := r.values[3].(int64)
	events, ok3 := r.values[4].(int64)
	digest, ok4 := r.values[5].([]byte)
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return o, false
	}
	of := layout.Replication{
		Key: r.id, Status: string(run.Completed), Failed: failed, Virtual: virtual, Events: events, Digest: digest,
	}
	_, of.Different = c.rows["difference"][r.id]
	aborted, ended := c.rows["aborted"][r.id]
	if ended {
		of.Status, of.Limit = aborted[1].(string), aborted[2].(string)
	}
	if id, completed := r.values[1].(int64); completed {
		names, known := c.rows["outcome"][id]
		if !known {
			return o, false
		}
		of.Outcome = names[1].(string)
	}
	o.Measures = map[string]int64{}
	for i, value := range r.values[fixed:] {
		if n, reported := value.(int64); reported {
			o.Measures[measures[i]] = n
		}
	}
	sum.Replication(&of)
	for _, name := range slices.Sorted(maps.Keys(o.Measures)) {
		sum.Text(name).Int(o.Measures[name])
	}
	if sum.Done() != r.values[6] {
		return o, false
	}
	o.Status, o.Limit, o.Failed = run.Status(of.Status), of.Limit, failed == 1
	o.Virtual, o.Events, o.Digest = virtual, int(events), hex.EncodeToString(digest)
	if of.Outcome != "" && of.Outcome != scenarios.Clean {
		o.Outcome = strings.Split(of.Outcome, ",")
	}
	if ended {
		o.Flags = strings.Fields(aborted[3].(string))
		o.Dump, _ = aborted[4].(string)
	}
	return o, true
}

// Runs calls do for each run that is whole. One may come more than once.
func (c *Content) Runs(do func(key, value []byte) error) error {
	var sum layout.Sum
	return c.each(func(r row) error {
		if len(r.values) != 3 {
			return nil
		}
		key, ok1 := r.values[0].([]byte)
		value, ok2 := r.values[1].([]byte)
		if !ok1 || !ok2 || layout.RunSum(&sum, key, value) != r.values[2] {
			return nil
		}
		return do(key, value)
	})
}
