package study

import (
	"context"
	"errors"
	"fmt"

	"github.com/dtlssim/dtlssim/scenarios/rule"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/study/figures"
	"github.com/dtlssim/dtlssim/scenarios/study/rows"
)

// Result is the result of running a study.
type Result struct {
	Study   *Study
	Figures []figures.Result // the completed ones, in the order of the study
	Runs    int              // replications

	// Unmet are the rules that met no datagram in any run of a figure, by figure.
	Unmet [][]rule.Unmet

	// Untaken are the limits whose measures no run of a figure took, by figure.
	Untaken [][]string
}

// CheckBudget reports a budget that is out of range.
func CheckBudget(budget float64) error {
	if !(budget > 0 && budget <= 1000) {
		return fmt.Errorf("--budget %g is out of range: above 0, at most 1000", budget)
	}
	return nil
}

// CheckSteps reports a budget with which the study would take too many replications.
func (s *Study) CheckSteps(budget float64) error {
	if err := CheckBudget(budget); err != nil {
		return err
	}
	var faults []error
	for _, g := range s.Figures {
		most := sample.MostReplications
		switch g.(type) {
		case *figures.Measure, *figures.Differences, *figures.Estimates:
			most = sample.MostKept
		}
		if n := g.Steps(&s.Subject, budget); n > most || n < 0 {
			faults = append(faults, fmt.Errorf("figure %s would take %d replications with the budget %g: want at most %d",
				g.Common().Name, n, budget, most))
		}
	}
	return errors.Join(faults...)
}

// Lost returns the replications of all figures that gave no result.
func (r *Result) Lost() (lost figures.Lost) {
	for _, f := range r.Figures {
		of := f.Lost()
		lost.NoResult, lost.Done = lost.NoResult+of.NoResult, lost.Done+of.Done
		lost.First = append(lost.First, of.First...)
	}
	return lost
}

// Steps returns the number of replications and window searches that a run of the study takes.
func (s *Study) Steps(budget float64) int {
	n := 0
	for _, g := range s.Figures {
		n += g.Steps(&s.Subject, budget)
	}
	return n
}

// Run runs a study, with its store if it has one. budget scales the numbers of replications. It
// calls progress, if not nil, after each step. If ctx ends, Run returns the figures that were
// complete by then, with the error of ctx.
func (s *Study) Run(ctx context.Context, runner run.Runner, budget float64, progress func()) (*Result, error) {
	r := &Result{Study: s}
	if progress == nil {
		progress = func() {}
	}
	e := &rows.Execution{
		Subject: &s.Subject, Budget: budget, Workers: runner, Runner: runner, Store: s.Store,
		Progress: progress,
	}
	if s.Store != nil {
		e.Runner = s.Store.Runner(runner)
	}
	for _, g := range s.Figures {
		var rules run.Collector // of this figure
		of := *e
		of.Workers, of.Runner = rules.Over(e.Workers), rules.Over(e.Runner)
		f, err := g.Run(ctx, &of)
		if err != nil {
			err = fmt.Errorf("figure %s: %w", g.Common().Name, err)
		} else {
			err = ctx.Err()
		}
		if err != nil {
			return r, err
		}
		r.Runs += f.Runs()
		r.Figures, r.Unmet = append(r.Figures, f), append(r.Unmet, rules.Unmet(ctx, nil))
		r.Untaken = append(r.Untaken, rules.Untaken())
	}
	return r, nil
}
