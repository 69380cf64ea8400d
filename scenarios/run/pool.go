package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/scenarios"
)

// Status says how a replication ended.
type Status string

// The statuses.
const (
	Completed Status = "completed"
	Crashed   Status = "crashed"   // its worker exited without an answer, or a program did what is not simulated
	TimedOut  Status = "timed-out" // its worker did not answer within the wall limit
	Limited   Status = "limited"   // it reached a limit of virtual time, events or memory
)

// Result is the result of a Job: the replication, or why there is none.
type Result struct {
	// Replication is zero for a crashed or timed-out replication. If the parent stopped it at twice
	// the memory limit, only its Limit is set.
	Replication

	Status Status

	// Dump is the last output of the worker of a crashed or timed-out replication: its panic and
	// its goroutines. It is also set if the parent stopped the replication at the memory limit.
	Dump string

	// Flags are the flags of dtlssim run that set the limit that the replication reached. They are
	// empty if it reached none, or a default limit.
	Flags []string
}

// watchEvery is how often the parent checks the memory of a busy worker: seldom enough to cost less
// than 0.1 % of the time, often enough that a worker that allocates as fast as it can takes at most
// some ten MiB in between.
const watchEvery = 10 * time.Millisecond

// timeUsed is the time that a worker has used for a replication.
type timeUsed struct {
	worker     *process
	from, last time.Duration // processor time of the worker: at the beginning, and when last asked
	at         time.Time     // when last asked
}

// left returns how much of a limit is left when that much time has passed. A worker that computes
// on a busy machine uses less processor time than time passes, and may go on until it has used as
// much processor time. Nothing is left to one that hardly computes any more, because it waits for
// something that does not happen, or if the system does not report processor times.
func (u *timeUsed) left(limit time.Duration) time.Duration {
	const hardly, least = 100, 10 * time.Millisecond
	now, used := time.Now(), u.worker.processorTime()-u.from
	passed, computed := now.Sub(u.at), used-u.last
	u.at, u.last = now, used
	if used >= limit || computed*hardly < passed {
		return 0
	}
	return max(limit-used, least)
}

// watchRoom is how much more memory, in bytes, a worker may take for Job.Watch. What it keeps for
// that does not count as memory of the replication, so that a search meets the same limits as a
// run. The instants of a run of a million events fit.
const watchRoom = 1 << 30

// Pool is a set of worker processes. Its methods are safe for concurrent use.
type Pool struct {
	limits  Limits
	idle    chan *process
	pairing sync.Mutex // held by the one Twice that is collecting its workers

	mu      sync.Mutex
	checked map[*scenarios.Resolved]bool // nothing prevents their replications
	peak    int64                        // the largest resident set of a worker that has ended, in bytes
	closed  bool
}

// NewPool starts n workers. The calling program must call [ServeIfAsked] before anything else.
// NewPool returns an error unless n is between 1 and MostWorkers and the memory limit is at least
// LeastMemoryLimit.
func NewPool(n int, limits Limits) (*Pool, error) {
	if n < 1 || n > MostWorkers {
		return nil, fmt.Errorf("the number of workers is %d, want 1 to %d", n, MostWorkers)
	}
	if os.Getenv(asked) != "" {
		return nil, errors.New(
			"this process is a worker itself: the program must call run.ServeIfAsked first thing in main",
		)
	}
	limits = limits.withDefaults()
	if limits.Memory < LeastMemoryLimit {
		return nil, fmt.Errorf("the limit of memory is %s, want at least %s", limits.Memory, LeastMemoryLimit)
	}
	if limits.Memory > MostMemoryLimit {
		return nil, fmt.Errorf("the limit of memory is %s, want at most %s", limits.Memory, MostMemoryLimit)
	}
	p := &Pool{limits: limits, idle: make(chan *process, n)}
	for range n {
		w, err := p.start()
		if err != nil {
			p.Close()
			return nil, err
		}
		p.idle <- w
	}
	return p, nil
}

// Size returns the number of workers.
func (p *Pool) Size() int { return cap(p.idle) }

// Close stops the workers. No Do may be in progress.
func (p *Pool) Close() {
	p.mu.Lock()
	closed := p.closed
	p.closed = true
	p.mu.Unlock()
	if closed {
		return
	}
	for {
		select {
		case w := <-p.idle:
			p.mu.Lock()
			p.peak = max(p.peak, w.peakMemory())
			p.mu.Unlock()
			_ = w.in.Close()
			reap(w)
		default:
			return
		}
	}
}

// PeakMemory returns the largest resident set, in bytes, of the workers that Close has stopped; 0
// if the system does not report it.
func (p *Pool) PeakMemory() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.peak
}

// Do performs one replication as soon as a worker is free. Its error concerns the pool (an invalid
// job, the end of ctx, a worker that cannot be started). How the replication itself ended is in the
// Result.
func (p *Pool) Do(ctx context.Context, job Job) (Result, error) {
	if err := p.ready(job.Values); err != nil {
		return Result{}, err
	}
	w, err := p.take(ctx)
	if err != nil {
		return Result{}, err
	}
	return p.do(ctx, w, job)
}

// ready reports what prevents replications with the values. It asks once for settings that differ only
// in durations that are laid over them.
func (p *Pool) ready(v scenarios.Values) error {
	if v.Scenario() == nil || v.Scenario().Files == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	of := v.Resolved()
	if p.checked[of] {
		return nil
	}
	_, err := v.Files()
	if err == nil {
		if p.checked == nil {
			p.checked = map[*scenarios.Resolved]bool{}
		}
		p.checked[of] = true
	}
	return err
}

// Twice performs one replication on two different workers at the same time. The pool must have at
// least two.
func (p *Pool) Twice(ctx context.Context, job Job) (first, second Result, err error) {
	if p.Size() < 2 {
		return first, second, errors.New("a pool of one worker cannot perform a replication in two processes")
	}
	if err := p.ready(job.Values); err != nil {
		return first, second, err
	}
	// If each caller held one worker and waited for another, all would wait forever.
	p.pairing.Lock()
	a, err := p.take(ctx)
	if err != nil {
		p.pairing.Unlock()
		return first, second, err
	}
	b, err := p.take(ctx)
	p.pairing.Unlock()
	if err != nil {
		p.idle <- a
		return first, second, err
	}
	var group sync.WaitGroup
	var secondErr error
	group.Go(func() { second, secondErr = p.do(ctx, b, job) })
	first, err = p.do(ctx, a, job)
	group.Wait()
	return first, second, errors.Join(err, secondErr)
}

// take waits for an idle worker.
func (p *Pool) take(ctx context.Context) (*process, error) {
	select {
	case w := <-p.idle:
		return w, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// do performs a job on a worker and returns the worker, or its replacement, to the pool.
func (p *Pool) do(ctx context.Context, w *process, job Job) (Result, error) {
	answer, before, status, err := p.ask(ctx, w, job)
	answered := err == nil && status == Completed
	if answered && !answer.outOfMemory() && !w.grown {
		p.idle <- w
		return p.outcome(&job, answer, before)
	}
	// Replace the worker if it is lost. Replace it also after it ran out of memory or has grown,
	// because something in the process may prevent collection.
	w.kill()
	reap(w)
	replacement, startErr := p.start()
	if startErr != nil {
		return Result{}, startErr
	}
	p.idle <- replacement
	if err != nil {
		return Result{}, err
	}
	if answered {
		return p.outcome(&job, answer, before)
	}
	o := Result{Status: status, Dump: w.lastWords()}
	if status == Limited {
		o.Limit = string(clock.MemoryLimit)
	}
	o.Flags = p.limits.flags(status, o.Limit)
	return o, nil
}

// ask sends a job to a worker and waits for its answer. Unless it returns Completed and no error,
// the worker has been killed. Limited means that the worker took twice the memory limit.
func (p *Pool) ask(ctx context.Context, w *process, job Job) (
	answer reply, before *shown, status Status, err error,
) {
	done := make(chan error, 1)
	question := w.known.request(&job)
	before = newShown(&job)
	go func() {
		err := writeFrame(w.in, question)
		if err == nil {
			err = readFrame(w.out, &answer, before)
		}
		done <- err
	}()
	limit := time.NewTimer(p.limits.Wall)
	defer limit.Stop()
	used := timeUsed{worker: w, from: w.processorTime(), at: time.Now()}
	watch := time.NewTicker(watchEvery)
	defer watch.Stop()
	for {
		select {
		case err := <-done:
			if err == nil {
				if answer.Error != "" {
					w.known = known{} // the state of its slots is unknown
				}
				return answer, before, Completed, nil
			}
			w.kill()
			return reply{}, nil, Crashed, nil
		case <-watch.C:
			most := 2 * int64(p.limits.Memory)
			if job.Watch {
				most += watchRoom
			}
			memory := w.memory()
			w.grown = w.grown || memory > int64(p.limits.Memory)
			if memory > most {
				w.dump(done)
				return reply{}, nil, Limited, nil
			}
		case <-limit.C:
			if left := used.left(p.limits.Wall); left > 0 {
				limit.Reset(left)
				continue
			}
			w.dump(done)
			return reply{}, nil, TimedOut, nil
		case <-ctx.Done():
			w.kill()
			<-done
			return reply{}, nil, "", ctx.Err()
		}
	}
}

func (p *Pool) outcome(job *Job, answer reply, before *shown) (Result, error) {
	if answer.Error != "" {
		return Result{}, errors.New(answer.Error)
	}
	o := Result{Replication: *answer.Replication, Status: Completed}
	repeat := job.Command()
	if job.Trace {
		o.Params, o.Units = job.Values.Text(), job.Values.Scenario().UnitsOf(o.Measures)
	}
	switch {
	case o.Fault != "":
		o.Status, o.Dump = Crashed, o.Fault
	case o.Limit != "":
		o.Status = Limited
		o.Flags = p.limits.flags(o.Status, o.Limit)
	}
	o.Repeat = repeat.With(o.Flags...).String()
	o.Records, o.Omitted = before.records.items()
	o.Reasons, _ = before.reasons.items()
	return o, nil
}
