// Package sample performs replications at the points of a design and counts their results.
//
//	[]design.Point, seeds -> Sweep -> run.Runner -> Observer, Store -> Results (stat.Estimate)
//
// A sweep performs a fixed number of replications, or as many as a stat.Plan needs. Compare uses
// common random numbers at all points and pairs the replications. Record keeps a measure of each
// replication instead of a count.
package sample

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/seed"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/sim/tilt"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// Sweep asks for the failure probability at each point of a design.
type Sweep struct {
	Design       []design.Point // all of the same scenario
	Replications int            // at each design point
	Seed         uint64         // of the first replication; the n-th, from 0, has seed.Replication(Seed, n)
	Fail         scenarios.Predicate
	Verify       bool // perform every replication twice, in different processes

	// Inference says how to estimate the failure probabilities. The zero value is the default
	// method with a confidence of 0.95.
	Inference stat.Inference

	// Store, if not nil, holds earlier replications of this sweep, which are not performed again,
	// and keeps the new ones.
	Store Store

	// Observers are called for each replication.
	Observers []Observer

	// SeekCertain performs only CertainSeeds replications at a point where nothing is random,
	// because all others would be the same. A sweep with Verify performs all of them.
	SeekCertain bool

	// bytes says that an observer counts bytes, which vary with the length of signatures.
	bytes bool

	// Tilt, if not nil, returns how one replication, counted from 0, makes rare network draws more
	// probable. It applies to every design point. See RunImportance.
	Tilt func(replication int) *tilt.Config

	// Each, if not nil, returns the duration that a parameter gets in one replication, counted from
	// 0, of every design point.
	Each func(replication int) scenarios.Assignment
}

// Scenario returns the scenario of the sweep.
func (s *Sweep) Scenario() *scenarios.Scenario { return s.Design[0].Values.Scenario() }

// Point is a design point with the results of its replications.
type Point struct {
	design.Point
	Replications int // that ended, for whatever reason
	Failures     int
	Outcomes     map[string]int // how often each outcome occurred; Clean counts runs without any
	Crashed      int
	TimedOut     int
	Limited      int

	// Measures summarize the measures of the completed replications, by name; nil if there are
	// none. See scenarios.Observation.
	Measures map[string]Measure

	// Estimate is the failure probability, estimated from the completed replications.
	Estimate stat.Proportion

	// Certain says that nothing is random at this point, so the estimate is exact. It is false
	// unless Sweep.SeekCertain is set.
	Certain bool

	// FirstFailure is the command that repeats the first failing replication.
	FirstFailure string

	firstFailure uint64 // its seed
	collectors   map[string]*collector
}

// Completed returns how many replications gave a result. The failure probability is estimated from
// these.
func (p *Point) Completed() int { return p.Replications - p.Crashed - p.TimedOut - p.Limited }

// Difference is a finding of a verification: two runs with the same specification and seed whose
// traces differ.
type Difference struct {
	Repeat string `json:"repeat"`
	Record int    `json:"record"` // index of the first record that differs; -1 if one gave no trace
	First  string `json:"first"`
	Second string `json:"second"`

	at int // index of the replication, over all points
}

// Results is the answer to a Sweep.
type Results struct {
	Sweep       Sweep         // without its store and observers
	Points      []*Point      // in the order of the design
	Aborted     []run.Aborted // the first maxAborted, in order of points and seeds
	Differences []Difference  // likewise
	Done, Total int           // replications
	Virtual     time.Duration // simulated time of all replications together
	Interrupted bool          // the context ended before all replications were done
}

// NoResult returns how many replications crashed, timed out or reached a limit.
func (r *Results) NoResult() int {
	n := 0
	for _, p := range r.Points {
		n += p.Crashed + p.TimedOut + p.Limited
	}
	return n
}

// Check returns an error that lists every fault of the sweep.
func (s *Sweep) Check() error {
	var faults []error
	if s.Replications < 1 {
		faults = append(faults, fmt.Errorf("%d replications: want at least 1", s.Replications))
	}
	if len(s.Design) == 0 {
		faults = append(faults, errors.New("no design points: want at least 1"))
	}
	return errors.Join(append(faults, s.atMost(MostReplications))...)
}

// Limits of numbers of replications. A larger number is probably a typing error: it would take days
// or weeks, or more memory than there is.
const (
	MostReplications = 1_000_000_000 // of all design points together
	MostKept         = 50_000_000    // likewise, if something of each replication is kept in memory
	MostSeeds        = 10_000_000    // searches
)

// CheckKept returns an error if there are too many replications to keep something of each.
func (s *Sweep) CheckKept() error { return s.atMost(MostKept) }

// atMost returns an error if there are too many replications.
func (s *Sweep) atMost(most int) error {
	if len(s.Design) > 0 && s.Replications > most/len(s.Design) {
		return fmt.Errorf("%d replications at each of %d design points are too many: want at most %d in all",
			s.Replications, len(s.Design), most)
	}
	return nil
}

// maxAborted is how many replications without a result are kept with their dumps. All of them are
// counted.
const maxAborted = 100

// RunSweep performs the replications of a sweep, in parallel on all workers of the runner.
// progress, if not nil, is called after each replication, by one goroutine at a time. If ctx ends
// early, the result holds what was done until then.
func RunSweep(ctx context.Context, runner run.Runner, s Sweep, progress func()) (*Results, error) {
	r, err := Begin(runner, s, progress)
	if err != nil {
		return nil, err
	}
	if s.SeekCertain && !s.bytes && !s.Fail.CountsBytes() && !s.Verify && s.Replications > CertainSeeds {
		if err := r.seekCertain(ctx); err != nil {
			return nil, err
		}
	}
	if err := r.Extend(ctx, r.missing.total); err != nil {
		return nil, err
	}
	return r.Finish(), nil
}

// RunPlan performs the replications of a sweep with one design point until a look of the plan finds
// the estimate good enough, at the plan's confidence. The plan's budget replaces s.Replications.
// Results.Total does not include the replications saved by stopping early. Otherwise RunPlan works
// like RunSweep.
func RunPlan(ctx context.Context, runner run.Runner, s Sweep, plan stat.Plan, progress func()) (*Results, error) {
	s.Replications, s.Inference.Confidence = plan.Budget(), plan.Confidence
	r, err := Begin(runner, s, progress)
	if err != nil {
		return nil, err
	}
	if err := r.Follow(ctx, plan, func() stat.Estimate { return r.Results.Points[0].Estimate.Estimate }); err != nil {
		return nil, err
	}
	return r.Finish(), nil
}

// Running is a sweep that is performed in parts.
type Running struct {
	Results  *Results // of what has been performed
	runner   run.Runner
	progress func()
	all      int     // replications wanted
	missing  missing // of them, those that neither the store nor seekCertain supplied
	done     int     // how many of the missing ones are done
}

// Begin prepares a sweep and reads the replications in its store. See [RunSweep].
func Begin(runner run.Runner, s Sweep, progress func()) (*Running, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if s.Inference == (stat.Inference{}) {
		s.Inference = stat.DefaultInference(defaultConfidence)
	}
	r := &Results{Sweep: s}
	for _, p := range s.Design {
		r.Points = append(r.Points, &Point{Point: p, Outcomes: map[string]int{}})
	}
	r.Total = len(r.Points) * s.Replications
	left, err := r.recall(runner, progress)
	if err != nil {
		return nil, err
	}
	return &Running{Results: r, runner: runner, progress: progress, all: r.Total, missing: left}, nil
}

// defaultConfidence is the confidence of a sweep that sets none.
const defaultConfidence = 0.95

// Extend performs missing replications until to of them are done, and estimates the failure
// probability at each point. If ctx ends early, Results.Interrupted is set.
func (r *Running) Extend(ctx context.Context, to int) error {
	r.Results.Total = r.all - r.missing.total + to
	if err := r.Results.performAll(ctx, r.runner, r.missing, r.done, to, r.progress); err != nil {
		return err
	}
	r.done = to
	for _, p := range r.Results.Points {
		if p.Estimate = r.Results.Sweep.Inference.Of(p.Failures, p.Completed()); p.Certain {
			p.Estimate = stat.Certain(p.Failures, p.Completed())
		}
	}
	return nil
}

// Follow performs the replications up to each look of a plan in turn and calls estimate there,
// until the estimate is good enough. If ctx ends early, Results.Interrupted is set.
func (r *Running) Follow(ctx context.Context, plan stat.Plan, estimate func() stat.Estimate) error {
	for _, look := range plan.Looks {
		if err := r.Extend(ctx, look); err != nil {
			return err
		}
		if e := estimate(); r.Results.Interrupted || plan.Enough(e) {
			break
		}
	}
	return nil
}

// Finish summarizes the measures of the points and returns the results.
func (r *Running) Finish() *Results {
	for _, p := range r.Results.Points {
		p.sumUp() // points that are not complete
	}
	r.Results.Sweep.Store, r.Results.Sweep.Observers = nil, nil // they may be gone when the result is read
	return r.Results
}

// performAll performs the missing replications from index from up to, but excluding, index to. If
// ctx ends early, r holds what was done until then.
func (r *Results) performAll(
	ctx context.Context, runner run.Runner, left missing, from, to int, progress func(),
) error {
	s := &r.Sweep
	var mu sync.Mutex
	err := run.Spread(ctx, runner.Size(), to-from, func(ctx context.Context, k int) error {
		i := left.at(from + k)
		job, err := s.job(i)
		if err != nil {
			return err
		}
		o, d, err := r.perform(ctx, runner, job)
		if err != nil {
			return err
		}
		return r.take(&mu, i, &job, o, d, progress)
	})
	if err != nil && ctx.Err() == nil {
		return err
	}
	r.Interrupted = r.Done < r.Total
	return nil
}

// take counts the i-th replication, which has just ended, and passes it to the observers and the
// store.
func (r *Results) take(mu *sync.Mutex, i int, job *run.Job, o run.Result, d *Difference, progress func()) error {
	mu.Lock()
	defer mu.Unlock()
	s := &r.Sweep
	if err := r.count(i, job, o, d); err != nil {
		return fmt.Errorf("%s: %w", job.Command(), err)
	}
	s.tell(i/s.Replications, i%s.Replications, &o)
	if s.Store != nil {
		if err := s.Store.Keep(i/s.Replications, i%s.Replications, o, d); err != nil {
			return err
		}
	}
	if progress != nil {
		progress()
	}
	return nil
}

// job returns the i-th replication over all points.
func (s *Sweep) job(i int) (run.Job, error) {
	point, n := i/s.Replications, i%s.Replications
	job := run.Job{Values: s.Design[point].Values, Seed: seed.Replication(s.Seed, n), Fail: s.Fail, Trace: s.Verify}
	if s.Tilt != nil {
		job.Tilt = s.Tilt(n)
	}
	var err error
	if s.Each != nil {
		set := s.Each(n)
		job.Values, err = job.Values.With(set.Name, set.Value)
	}
	return job, err
}

// perform performs a replication, or two runs of it if the sweep is verified.
func (r *Results) perform(ctx context.Context, runner run.Runner, job run.Job) (run.Result, *Difference, error) {
	if !r.Sweep.Verify {
		o, err := runner.Do(ctx, job)
		return o, nil, err
	}
	first, second, err := runner.Twice(ctx, job)
	if err != nil {
		return first, nil, err
	}
	return first, compare(&job, first, second), nil
}

// count adds the i-th replication to its point. It returns an error for a measure that cannot be
// summarized, which is a fault of the scenario.
func (r *Results) count(i int, job *run.Job, o run.Result, d *Difference) error {
	p := r.Points[i/r.Sweep.Replications]
	r.Done++
	r.Virtual += time.Duration(o.Virtual)
	p.Replications++
	switch o.Status {
	case run.Crashed:
		p.Crashed++
	case run.TimedOut:
		p.TimedOut++
	case run.Limited:
		p.Limited++
	}
	if o.Status != run.Completed {
		t := run.NewAborted(&o, job.Command())
		t.At = i
		r.Aborted = KeepFirst(r.Aborted, t, func(t *run.Aborted) int { return t.At })
	} else {
		if err := p.collect(o.Measures); err != nil {
			return err
		}
		if len(o.Outcome) == 0 {
			p.Outcomes[scenarios.Clean]++
		}
		for _, name := range o.Outcome {
			p.Outcomes[name]++
		}
		if o.Failed {
			p.Failures++
			if p.FirstFailure == "" || job.Seed < p.firstFailure {
				p.FirstFailure, p.firstFailure = job.Command().String(), job.Seed
			}
		}
	}
	if d != nil {
		d.at = i
		r.Differences = KeepFirst(r.Differences, *d, func(d *Difference) int { return d.at })
	}
	if p.Replications == r.Sweep.Replications {
		p.sumUp()
	}
	return nil
}

// compare returns the difference between two runs of one replication, or nil if they agree.
func compare(job *run.Job, a, b run.Result) *Difference {
	d := &Difference{Repeat: job.Command().String(), Record: -1}
	switch {
	case a.Status != b.Status:
		d.First, d.Second = string(a.Status), string(b.Status)
	case a.Digest == b.Digest:
		return nil
	case a.Digest == "" || b.Digest == "": // memory limit: the parent stopped one run earlier
		return nil
	default:
		d.Record = trace.FirstDifference(a.Records, b.Records)
		d.First, d.Second = describe(a.Records, d.Record), describe(b.Records, d.Record)
	}
	return d
}

func describe(records []trace.Record, i int) string {
	if i < 0 || i >= len(records) {
		return "no record"
	}
	r := &records[i]
	return fmt.Sprintf("%s %s %s %x", trace.Seconds(r.At), r.Host, r.Describe(), r.Payload())
}
