package worker

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

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// Status says what became of a replication.
type Status string

// The statuses.
const (
	Completed Status = "completed"
	Crashed   Status = "crashed" // its worker ended without an answer
	Wedged    Status = "wedged"  // its worker did not answer within the wall limit
	Limited   Status = "limited" // it met a limit of virtual time or events
)

// Outcome is the result of a Job.
type Outcome struct {
	scenarios.Replication // zero unless Status is Completed or Limited

	Status Status

	// Dump is what the worker of a crashed or wedged replication said last: its
	// panic, and its goroutines.
	Dump string
}

// DefaultWallLimit is the wall time after which a replication counts as wedged.
const DefaultWallLimit = time.Minute

// maxDump is how much of a worker's last words is kept, in bytes.
const maxDump = 256 << 10

// Pool is a set of worker processes. Its methods may be called from any
// goroutine.
type Pool struct {
	wallLimit time.Duration
	idle      chan *process
	pairing   sync.Mutex // held by the one Twice that collects its workers

	mu     sync.Mutex
	peak   int64 // the largest resident set of a worker that has ended, in bytes
	closed bool
}

// NewPool starts n workers; wallLimit 0 means DefaultWallLimit. The calling
// program must call [ServeIfAsked] before anything else.
func NewPool(n int, wallLimit time.Duration) (*Pool, error) {
	if n < 1 {
		return nil, fmt.Errorf("the number of workers is %d, want at least 1", n)
	}
	if wallLimit <= 0 {
		wallLimit = DefaultWallLimit
	}
	p := &Pool{wallLimit: wallLimit, idle: make(chan *process, n)}
	for range n {
		w, err := start()
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
	if err == nil && status == Completed {
		p.idle <- w
		return p.outcome(answer)
	}
	// The worker is lost; another takes its place.
	reap(w)
	dump := w.lastWords()
	replacement, startErr := start()
	if startErr != nil {
		return Outcome{}, startErr
	}
	p.idle <- replacement
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Status: status, Dump: dump}, nil
}

// ask sends a job to a worker and waits for its answer. Unless it returns
// Completed and no error, the worker has been killed.
func (p *Pool) ask(ctx context.Context, w *process, job Job) (reply, Status, error) {
	var answer reply
	done := make(chan error, 1)
	go func() {
		err := writeFrame(w.in, job)
		if err == nil {
			err = readFrame(w.out, &answer)
		}
		done <- err
	}()
	limit := time.NewTimer(p.wallLimit)
	defer limit.Stop()
	select {
	case err := <-done:
		if err == nil {
			return answer, Completed, nil
		}
		w.kill()
		return reply{}, Crashed, nil
	case <-limit.C:
		// The runtime answers SIGQUIT with a dump of all goroutines and exits.
		_ = w.command.Process.Signal(syscall.SIGQUIT)
		select {
		case <-done:
		case <-time.After(5 * time.Second):
		}
		w.kill()
		return reply{}, Wedged, nil
	case <-ctx.Done():
		w.kill()
		<-done
		return reply{}, "", ctx.Err()
	}
}

func (p *Pool) outcome(answer reply) (Outcome, error) {
	if answer.Error != "" {
		return Outcome{}, errors.New(answer.Error)
	}
	o := Outcome{Replication: *answer.Replication, Status: Completed}
	if o.Limit != "" {
		o.Status = Limited
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
}

func start() (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("starting a worker: %w", err)
	}
	w := &process{command: exec.Command(self), words: &firstWords{}}
	w.command.Env = append(environment(), asked+"=1")
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
