package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/scenarios/command"
	"github.com/dtlssim/dtlssim/scenarios/store"
	"github.com/dtlssim/dtlssim/scenarios/store/layout"
)

// The words of dtlssim query, in place of a table, that verify a store and save what is left of one.
const (
	checkStore   = "check"
	salvageStore = "salvage"
)

// askCheck says whether a store is whole.
func askCheck(path string) (*verb.Answer, error) {
	r, err := store.Check(path)
	if err != nil {
		return nil, verb.StoreError(err)
	}
	a := &verb.Answer{Text: func(w io.Writer) error {
		holds := fmt.Sprintf("Replications: %d; design points: %d; runs of searches: %d; contents: %.16s.",
			r.Replications, len(r.Points), r.Runs, r.Digest)
		var text string
		switch {
		case len(r.Faults) > 0:
			text = fmt.Sprintf("%s is damaged:\n  %s\nThis saves what is whole in a new store: %s\nThe command that "+
				"made %s, with --store and the new store, performs the rest again.\n", path,
				strings.Join(r.Faults, "\n  "), layout.SalvageCommand(path), path)
		case r.Complete:
			text = fmt.Sprintf("%s is whole and complete. %s\n", path, holds)
		default:
			text = fmt.Sprintf("%s is whole, and not complete. %s\nThe command that made it goes on with it.\n", path,
				holds)
		}
		_, err := io.WriteString(w, text)
		return err
	}}
	if len(r.Faults) > 0 {
		a.End = verb.Wrong("%s is damaged", path)
	}
	return a, nil
}

// askSalvage saves what is whole in a damaged store.
func askSalvage(from, to string) (*verb.Answer, error) {
	saved, was, err := store.Salvage(from, to)
	if err != nil {
		return nil, verb.StoreError(err)
	}
	var replications, runs int64
	for key, s := range was {
		switch key.Table {
		case layout.ReplicationTable:
			replications += s.Rows
		case layout.RunTable:
			runs = s.Rows
		}
	}
	// What the damaged store says of itself may be damaged, too.
	replications, runs = max(replications, saved.Replications), max(runs, saved.Runs)
	return &verb.Answer{Text: func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s has %d of %d replications and %d of %d runs of searches: all that is whole in "+
			"%s\nThe command that made %s performs the rest, with %s\n", to, saved.Replications, replications,
			saved.Runs, runs, from, from, command.Line{"--store", to})
		return err
	}}, nil
}
