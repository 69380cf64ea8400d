package search

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dtlssim/dtlssim/scenarios/run"
)

// maxScan is how many runs a brute-force scan may take.
const maxScan = 2_000_000

// CheckScan returns an error if a brute-force scan with this step makes no sense.
func (s *Search) CheckScan(step time.Duration) error {
	switch {
	case step <= 0:
		return fmt.Errorf("brute: the step %s is not above 0", step)
	case s.Probe.Open():
		return errors.New(
			"brute: a brute-force scan of a range without an end never ends; give the probe one, NAME=FROM..TO",
		)
	}
	if n := scanRuns(s, step); n > maxScan {
		return fmt.Errorf(
			"brute: %s at every %s are %d runs; at most %d: take a longer step or a shorter range",
			s.Probe,
			step,
			n,
			maxScan,
		)
	}
	return s.Check()
}

func scanRuns(s *Search, step time.Duration) int64 {
	return int64((s.Probe.To-s.Probe.From-1)/step) + 1
}

// Scan runs every step-th value of the probe, from the first on, and nothing else. It is the plain
// answer to a Search: it depends on no reasoning about instants, and knows nothing about the values
// in between. A cell extends from the first value with one signature and outcome to the first value
// with another.
func Scan(ctx context.Context, runner run.Runner, s Search, step time.Duration) (*Windows, error) {
	if err := s.CheckScan(step); err != nil {
		return nil, err
	}
	f, err := newFinder(ctx, runner, s)
	if err != nil {
		return nil, err
	}
	f.step, f.to = int64(step), int64(s.Probe.To)
	f.method = Method{Name: "brute-force scan, every " + step.String()}
	if step > 1 {
		f.method.LargestUnverifiedGap, f.method.LargestUnverifiedGapFrom = f.step-1, int64(s.Probe.From)+1
	}
	batch := make([]int64, 0, 64*max(1, runner.Size()))
	for x := int64(s.Probe.From); x < f.to; {
		for batch = batch[:0]; x < f.to && len(batch) < cap(batch); x += f.step {
			batch = append(batch, x)
		}
		runs, err := f.at(batch...)
		if err != nil {
			return nil, err
		}
		for i, run := range runs {
			f.add(batch[i], min(batch[i]+f.step, f.to), run)
		}
		clear(f.runs) // the few next to an edge are run again
		f.timed = f.timed[:0]
	}
	w, err := f.answer()
	if err != nil {
		return nil, err
	}
	w.Runs = int(scanRuns(&s, step))
	return w, nil
}
