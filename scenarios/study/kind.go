package study

import (
	"context"
	"slices"

	"github.com/dtlssim/dtlssim/scenarios/format/schema"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/invopop/jsonschema"
)

// Kind says what a figure shows.
type Kind string

// kind is how the figures of one kind are read, checked and run.
type kind struct {
	name      Kind
	keys      []string // of a figure, besides those that all have; one with the key x may have {x} in its settings
	required  []string // of them
	single    bool     // it shows one row only
	leastRows int      // 0 stands for 1

	// read reads the keys of this kind.
	read func(r *reader, s *Study, f strict.Fields, g *Figure)

	// check holds a row against the scenario.
	check func(s *Study, g *Figure, row Row) error

	// steps returns how many steps of progress a run of the figure takes.
	steps func(s *Study, g *Figure, budget float64) int

	// run runs what the figure shows.
	run func(r *execution, g *Figure) (FigureResult, error)
}

// kinds are all kinds.
func kinds() []*kind {
	return []*kind{&windows, &curves, &table, &estimates, &differences, &distributionKind, &survivalKind, &sensitivity, &lawKind, &mapKind, &bandsKind}
}

// kind returns how figures of a kind are read and run; nil of a kind that is unknown.
func (k Kind) kind() *kind {
	for _, known := range kinds() {
		if known.name == k {
			return known
		}
	}
	return nil
}

func kindNames() (names []string) {
	for _, k := range kinds() {
		names = append(names, string(k.name))
	}
	return names
}

// particularKeys returns the keys that only some kinds have.
func particularKeys() (keys []string) {
	for _, k := range kinds() {
		for _, key := range k.keys {
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// figureKeys returns all keys of figures.
func figureKeys() []string { return slices.Concat(commonKeys, particularKeys(), []string{"rows"}) }

// schema returns what the keys of a kind require and exclude.
func (k *kind) schema() *jsonschema.Schema {
	var excluded []string
	for _, key := range particularKeys() {
		if !slices.Contains(k.keys, key) {
			excluded = append(excluded, key)
		}
	}
	return schema.Where("kind", string(k.name), k.required, excluded)
}

// run is a study that is run. A kind performs sweeps by its methods and everything else
// by its runner: with a store, both keep what they perform, and perform nothing that is
// kept, so that no kind has to know.
type execution struct {
	ctx      context.Context
	runner   run.Runner
	study    *Study
	budget   float64
	progress func()

	performer run.Runner // the workers; of sweeps, whose replications are kept one by one
}
