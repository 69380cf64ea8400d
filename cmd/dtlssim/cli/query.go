package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/command"
	"github.com/dtlssim/dtlssim/scenarios/store"
)

func newQuery() *cobra.Command {
	var (
		confidence = verb.Confidence{Of: "the intervals of points"}
		table      = storeTable{names: slices.Concat(text.ShownTables, []string{checkStore, salvageStore})}
		output     = verb.Output{Usage: "the new store that salvage makes, `FILE.sqlite`"}
		rows       int
	)
	return verb.New(verb.Verb{
		Use:   "query FILE [TABLE]",
		Short: "Show what is in a store",
		Long: `Show a table of a store that dtlssim study --store or dtlssim sweep --store made. A process
may write to the store meanwhile. Tables:

parts          the sweeps and searches of each figure (the default for a study)
points         design points with counts and estimates (the default for a sweep)
replications   one by one
measures       their summary at each point
windows        failure windows, cells and estimates of a study that is finished
cells
estimates
aborted        replications that gave no result
specification  what the store is of, and which programs wrote to it
layout         the tables and views of the file, as SQL with comments, for readers with
               SQLite: pandas.read_sql("SELECT * FROM replications", ...)

dtlssim export writes tables for other programs.

Every verb verifies a store before it reads it: SQLite's structures, the definitions of tables and
views, and the checksums and numbers of all rows. A damaged store gives no answers. Other programs
do not verify it: do so first, with the table

check          whether the store is whole, and whether it is complete: whether all that was asked
               for is there. If it is damaged, what is damaged; the exit code is then 1
salvage        saves what is whole in a damaged store in a new one (-o). The command that made the
               damaged store, with --store and the new one, performs the rest again and gives the
               answer of an undamaged store. The damaged one stays as it is`,
		Example: "  dtlssim query linger.sqlite\n  dtlssim query linger.sqlite replications --rows 20\n" +
			"  dtlssim query linger.sqlite check\n  dtlssim query damaged.sqlite salvage -o saved.sqlite",
		Args:  verb.Args(1, 2, "one FILE and at most one table"),
		Plain: true,
		Parts: []verb.Part{&table, &confidence, &output},
		Flags: func(f *pflag.FlagSet) { f.IntVar(&rows, "rows", 100, "how many rows are shown") },
		Check: func(_ *verb.Call, f *verb.Faults) {
			f.AtLeast("rows", rows, 1)
			f.AtMost("rows", rows, 1_000_000_000)
			switch salvages := table.chosen == salvageStore; {
			case salvages && output.Path == "":
				f.Add(errors.New("salvage makes a new store: name it with -o"))
			case !salvages && output.Path != "":
				f.Add(errors.New("--output is of salvage; " + command.New("export").String() +
					" writes tables to files"))
			}
		},
		Open: func(c *verb.Call) error {
			if table.chosen == checkStore || table.chosen == salvageStore {
				return nil
			}
			return table.open(c)
		},
		Ask: func(c *verb.Call) (*verb.Answer, error) {
			switch table.chosen {
			case checkStore:
				return askCheck(c.Args[0])
			case salvageStore:
				return askSalvage(c.Args[0], output.Path)
			}
			return &verb.Answer{Text: func(w io.Writer) error {
				return text.Store(w, table.reader, table.chosen, confidence.Confidence, rows)
			}}, nil
		},
	})
}

// storeTable holds the arguments of query and export: a store and one of its tables.
type storeTable struct {
	names  []string
	chosen string // empty: the default of the store
	reader *store.Reader
}

// AddTo implements [verb.Part].
func (t *storeTable) AddTo(*pflag.FlagSet) {}

// Check implements [verb.Part].
func (t *storeTable) Check(c *verb.Call, f *verb.Faults) {
	if len(c.Args) > 1 {
		t.chosen = c.Args[1]
		f.Add(verb.OneOf("table", t.chosen, t.names))
	}
}

// open opens the store for reading, and warns if data beside it cannot be shown.
func (t *storeTable) open(c *verb.Call) (err error) {
	if t.reader, err = store.Read(c.Args[0]); err != nil {
		return verb.StoreError(err)
	}
	c.Closing(func() { _ = t.reader.Close() })
	if t.reader.Pending {
		fmt.Fprintf(c.Err, "%s: what the process that was killed did last lies beside %s and is not shown: the "+
			"file, or its folder, is read-only\n", command.Program(), c.Args[0])
	}
	return nil
}
