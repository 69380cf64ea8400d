package rows

import (
	"context"
	"fmt"
	"math"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
)

// Execution is a run of a study. A figure performs sweeps by the methods of Execution and
// everything else by Runner. With a store, both store what they perform and skip what is already
// stored, so figures need not deal with the store.
type Execution struct {
	*Subject
	Budget   float64    // scales the numbers of replications
	Workers  run.Runner // perform sweeps, whose replications are stored one by one
	Runner   run.Runner // performs everything else
	Store    Store      // nil: nothing is stored
	Progress func()     // called after each step
}

// Store keeps what a run of a study performs, beyond the end of the process, and supplies what
// earlier runs performed: see package store.
type Store interface {
	// Sweep returns the store for the replications of a sweep of a figure's row.
	Sweep(figure, row string, s sample.Sweep) (sample.Store, error)

	// Runner returns a runner that passes to the given one only the runs that are not stored.
	Runner(run.Runner) run.Runner
}

// leastReplications is the number of replications that a figure keeps on a reduced budget, unless
// it had fewer.
const leastReplications = 20

// Scaled returns a number of replications or seeds, scaled by the budget.
func Scaled(replications int, budget float64) int {
	n := int(math.Round(float64(replications) * budget))
	return max(n, min(leastReplications, replications))
}

// Sweep runs a sweep of a row at a list of settings.
func (e *Execution) Sweep(
	ctx context.Context, h *Head, row Row, replications int, settings ...scenarios.Settings,
) (*sample.Results, error) {
	sweep := sample.Sweep{
		Seed: e.Seed, Replications: Scaled(replications, e.Budget), Fail: h.Fail,
		Inference: e.Inference(),
	}
	for _, set := range settings {
		p, err := e.point(set)
		if err != nil {
			return nil, err
		}
		sweep.Design = append(sweep.Design, p)
	}
	result, err := e.Perform(ctx, h.Name, row.Label, sweep)
	if err != nil {
		return nil, fmt.Errorf("row %q: %w", row.Label, err)
	}
	return result, nil
}

// Rows returns the sweep whose design points are the rows of a figure, with the study's store if it
// has one.
func (e *Execution) Rows(h *Head, replications int) (sample.Sweep, error) {
	s := sample.Sweep{
		Seed: e.Seed, Replications: Scaled(replications, e.Budget), Fail: h.Fail,
		Inference: e.Inference(),
	}
	for _, row := range h.Rows {
		v, err := e.Of(h, row)
		if err != nil {
			return s, err
		}
		s.Design = append(s.Design, design.Point{Levels: row.Set, Values: v})
	}
	return e.stored(h.Name, "", s)
}

// Perform runs a sweep of a figure's row, with the study's store if it has one.
func (e *Execution) Perform(ctx context.Context, figure, row string, sweep sample.Sweep) (*sample.Results, error) {
	sweep, err := e.stored(figure, row, sweep)
	if err != nil {
		return nil, err
	}
	return sample.RunSweep(ctx, e.Workers, sweep, e.Progress)
}

// stored makes a sweep of a figure's row use the study's store, if it has one. An empty row means a
// sweep of all rows.
func (e *Execution) stored(figure, row string, sweep sample.Sweep) (sample.Sweep, error) {
	if e.Store == nil {
		return sweep, nil
	}
	var err error
	sweep.Store, err = e.Store.Sweep(figure, row, sweep)
	return sweep, err
}
