package run

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// Status says what became of a replication.
type Status string

// The statuses.
const (
	Completed Status = "completed"
	Crashed   Status = "crashed"   // its worker ended without an answer
	TimedOut  Status = "timed-out" // its worker did not answer within the wall limit
	Limited   Status = "limited"   // it met a limit of virtual time, events or memory
)

// Outcome is the result of a Job.
type Outcome struct {
	// Replication is zero of a crashed or timed out one, and but for its Limit of one that
	// met the limit of memory otherwise than at a fixed point of collection.
	Replication

	Status Status

	// Dump is what the worker of a crashed or timed out replication said last: its
	// panic, and its goroutines. That of one which was stopped at the limit of memory
	// has it too.
	Dump string

	// Flags are those of dtlssim run that set the limit which the replication met; empty
	// if it met none, or the default.
	Flags string
}

// Limits are those of a replication that are its worker's: they protect the machine.
type Limits struct {
	// Wall is the wall time after which a replication counts as timed out; 0 means
	// DefaultWallLimit.
	Wall time.Duration

	// Memory is how large the heap of a worker may be; 0 means DefaultMemoryLimit.
	//
	// A worker compares at fixed points, which are every 2000 events of a replication and
	// its end, so the same replications meet the limit in every run. Garbage counts, for
	// it is not collected in between, and so does the answer, with its trace if that is
	// wanted.
	//
	// A replication that never comes to such a point, since it allocates without end, is
	// stopped by the parent, at twice the limit: what a worker holds beside its heap is
	// far less than that, so no other replication gets there unless it meets the limit
	// at its next fixed point. Where there is no /proc (on systems other than Linux)
	// nobody stops it.
	Memory Bytes
}

// Defaults of Limits, and the least limit of memory: below it, what a worker holds
// besides a replication counts.
const (
	DefaultWallLimit         = time.Minute
	DefaultMemoryLimit Bytes = 1 << 30
	LeastMemoryLimit   Bytes = 64 << 20
)

// withDefaults returns the limits with the defaults in their places.
func (l Limits) withDefaults() Limits {
	if l.Wall <= 0 {
		l.Wall = DefaultWallLimit
	}
	if l.Memory <= 0 {
		l.Memory = DefaultMemoryLimit
	}
	return l
}

// flags returns the flags that set the limit which a replication met, unless that is
// the default.
func (l Limits) flags(status Status, limit string) string {
	switch {
	case status == TimedOut && l.Wall != DefaultWallLimit:
		return fmt.Sprintf(" --wall-limit %s", l.Wall)
	case limit == string(clock.MemoryLimit) && l.Memory != DefaultMemoryLimit:
		return fmt.Sprintf(" --memory-limit %s", l.Memory)
	}
	return ""
}

// watchEvery is how often a parent looks at the memory of a worker that is at a job:
// seldom enough to cost less than a thousandth, often enough for a worker that
// allocates as fast as it can to take no more than some ten MiB meanwhile.
const watchEvery = 10 * time.Millisecond

// maxDump is how much of a worker's last words is kept, in bytes.
const maxDump = 256 << 10

// Pool is a set of worker processes. Its methods may be called from any
// goroutine.
type Pool struct {
	limits  Limits
	idle    chan *process
	pairing sync.Mutex // held by the one Twice that collects its workers

	mu     sync.Mutex
	peak   int64 // the largest resident set of a worker that has ended, in bytes
	closed bool
}

// NewPool starts n workers. The calling program must call [ServeIfAsked] before
// anything else. It reports a number of workers below 1, and a limit of memory below
// LeastMemoryLimit.
func NewPool(n int, limits Limits) (*Pool, error) {
	if n < 1 {
		return nil, fmt.Errorf("the number of workers is %d, want at least 1", n)
	}
	if os.Getenv(asked) != "" {
		return nil, errors.New("this process is a worker itself: the program must call run.ServeIfAsked first thing in main")
	}
	limits = limits.withDefaults()
	if limits.Memory < LeastMemoryLimit {
		return nil, fmt.Errorf("the limit of memory is %s, want at least %s", limits.Memory, LeastMemoryLimit)
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

// Close ends the workers. No Do may be under way.
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

// PeakMemory returns the largest resident set, in bytes, of the workers that Close
// has ended; 0 where the system does not tell.
func (p *Pool) PeakMemory() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.peak
}

// reap waits for the end of a worker; how it ended is in its ProcessState.
func reap(w *process) { _ = w.command.Wait() }

// Do performs one replication on a worker, when one is free. Its error is about
// the pool (the job made no sense, ctx ended, no worker could be started); what
// becomes of the replication itself is in the Outcome.
func (p *Pool) Do(ctx context.Context, job Job) (Outcome, error) {
	w, err := p.take(ctx)
	if err != nil {
		return Outcome{}, err
	}
	return p.do(ctx, w, job)
}

// Twice performs one replication twice, on two different workers at a time; the
// pool must have two.
func (p *Pool) Twice(ctx context.Context, job Job) (first, second Outcome, err error) {
	if p.Size() < 2 {
		return first, second, errors.New("a pool of one worker cannot perform a replication in two processes")
	}
	// Whoever holds one worker and waits for another would wait for ever if all did.
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

// do performs a job on a worker, and gives it, or its replacement, back.
func (p *Pool) do(ctx context.Context, w *process, job Job) (Outcome, error) {
	answer, status, err := p.ask(ctx, w, job)
	answered := err == nil && status == Completed
	if answered && !answer.outOfMemory() {
		p.idle <- w
		return p.outcome(&job, answer)
	}
	// The worker is lost; another takes its place. So it does when the memory is used
	// up, in case that something of the process keeps it from being collected.
	w.kill()
	reap(w)
	replacement, startErr := p.start()
	if startErr != nil {
		return Outcome{}, startErr
	}
	p.idle <- replacement
	if err != nil {
		return Outcome{}, err
	}
	if answered {
		return p.outcome(&job, answer)
	}
	o := Outcome{Status: status, Dump: w.lastWords()}
	if status == Limited {
		o.Limit = string(clock.MemoryLimit)
	}
	o.Flags = p.limits.flags(status, o.Limit)
	return o, nil
}

// ask sends a job to a worker and waits for its answer. Unless it returns
// Completed and no error, the worker has been killed: Limited is said of one that
// took twice the limit of memory.
func (p *Pool) ask(ctx context.Context, w *process, job Job) (reply, Status, error) {
	var answer reply
	done := make(chan error, 1)
	question := w.known.request(&job)
	go func() {
		err := writeFrame(w.in, question)
		if err == nil {
			err = readFrame(w.out, &answer)
		}
		done <- err
	}()
	limit := time.NewTimer(p.limits.Wall)
	defer limit.Stop()
	watch := time.NewTicker(watchEvery)
	defer watch.Stop()
	for {
		select {
		case err := <-done:
			if err == nil {
				if answer.Error != "" {
					w.known = known{} // nobody knows what it made of it
				}
				return answer, Completed, nil
			}
			w.kill()
			return reply{}, Crashed, nil
		case <-watch.C:
			if w.memory() > 2*int64(p.limits.Memory) {
				w.dump(done)
				return reply{}, Limited, nil
			}
		case <-limit.C:
			w.dump(done)
			return reply{}, TimedOut, nil
		case <-ctx.Done():
			w.kill()
			<-done
			return reply{}, "", ctx.Err()
		}
	}
}

func (p *Pool) outcome(job *Job, answer reply) (Outcome, error) {
	if answer.Error != "" {
		return Outcome{}, errors.New(answer.Error)
	}
	o := Outcome{Replication: *answer.Replication, Status: Completed}
	o.Repeat = job.Repeat()
	if job.Trace {
		o.Params = job.Values.Text()
	}
	if o.Limit != "" {
		o.Status = Limited
		o.Flags = p.limits.flags(o.Status, o.Limit)
		o.Repeat += o.Flags
	}
	if answer.Trace != nil {
		records, err := trace.Decode(answer.Trace)
		if err != nil {
			return Outcome{}, err
		}
		o.Records = records
	}
	return o, nil
}

// process is one worker.
type process struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	words   *firstWords
	known   known // its user's, one at a time
}

func (p *Pool) start() (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("starting a worker: %w", err)
	}
	w := &process{command: exec.Command(self), words: &firstWords{}}
	w.command.Env = append(environment(), fmt.Sprintf("%s=%d", asked, p.limits.Memory))
	w.command.Stderr = w.words
	w.command.SysProcAttr = attributes()
	out, err := w.command.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting a worker: %w", err)
	}
	w.out = bufio.NewReader(out)
	if w.in, err = w.command.StdinPipe(); err != nil {
		return nil, fmt.Errorf("starting a worker: %w", err)
	}
	if err := w.command.Start(); err != nil {
		return nil, fmt.Errorf("starting a worker: %w", err)
	}
	return w, nil
}

// environment is that of this process with the settings of sim.Environment in the
// place of its own.
func environment() []string {
	settings := sim.Environment()
	var env []string
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		overridden := false
		for _, s := range settings {
			overridden = overridden || strings.HasPrefix(s, name+"=")
		}
		if !overridden {
			env = append(env, e)
		}
	}
	return append(env, settings...)
}

// peakMemory returns the largest resident set of a worker so far, in bytes. Its
// rusage would not do: there Linux counts what its parent used before the exec.
func (w *process) peakMemory() int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.command.Process.Pid))
	if err != nil {
		return 0
	}
	_, text, _ := strings.Cut(string(status), "VmHWM:")
	var kibibytes int64
	if _, err := fmt.Sscan(text, &kibibytes); err != nil {
		return 0
	}
	return kibibytes << 10
}

// memory returns the resident set of a worker, in bytes; 0 where the system does not
// tell.
func (w *process) memory() int64 {
	pages, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", w.command.Process.Pid))
	if err != nil {
		return 0
	}
	var total, resident int64
	if _, err := fmt.Sscan(string(pages), &total, &resident); err != nil {
		return 0
	}
	return resident * int64(os.Getpagesize())
}

// dump ends a worker that does not answer, after it has written its goroutines to its
// standard error. done tells that it has ended.
func (w *process) dump(done <-chan error) {
	// The runtime answers SIGQUIT with a dump of all goroutines and exits.
	_ = w.command.Process.Signal(syscall.SIGQUIT)
	select {
	case <-done:
	case <-time.After(5 * time.Second):
	}
	w.kill()
}

func (w *process) kill() { _ = w.command.Process.Kill() }

// lastWords returns what the worker wrote to its standard error, and how it ended.
// The worker has been reaped.
func (w *process) lastWords() string {
	return strings.TrimSpace(w.words.String() + "\n" + w.command.ProcessState.String())
}

// firstWords keeps the beginning of what is written to it, up to maxDump bytes: a
// panic stands at the beginning of its dump.
type firstWords struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *firstWords) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if room := maxDump - t.b.Len(); room > 0 {
		t.b.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

func (t *firstWords) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}
