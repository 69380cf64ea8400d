package run

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/dtlssim/dtlssim/scenarios/hosts"
	"github.com/dtlssim/dtlssim/sim"
)

// process is one worker.
type process struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	words   *firstWords
	known   known // used by one caller at a time

	// grown reports that its memory was above the limit of a replication. It may hold on to what it
	// no longer needs, and the next replication must not pay for that.
	grown bool
}

// kept are the variables of its parent's environment that a worker gets: what says where files are.
// Names that begin with ownPrefix are this program's own.
var kept = []string{"PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT"}

const ownPrefix = "DTLSSIM_"

// environment returns the environment of a worker: a few variables of this process, and the settings
// of sim.Environment. A worker gets no others, because many change what it does: those of the Go
// runtime (GOMEMLIMIT, GOGC, GODEBUG), the time zone, the language, the log levels of pion, and
// whatever a scenario in Go might read. A result would then not follow from its specification.
func environment() []string {
	var env []string
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		if slices.Contains(kept, name) || strings.HasPrefix(name, ownPrefix) {
			env = append(env, e)
		}
	}
	return append(env, sim.Environment()...)
}

// peakMemory returns the largest resident set of a worker so far, in bytes. Its rusage would be
// wrong: on Linux, it includes the memory of the parent before the exec.
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

// memory returns the resident set of a worker, in bytes; 0 if the system does not report it.
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

// processorTime returns the processor time that a worker has used, and the programs that it runs; 0 if the
// system does not report it. Its resolution is 10 ms.
func (w *process) processorTime() time.Duration {
	id := w.command.Process.Pid
	total := ticksOf(id)
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", id))
	for _, thread := range threads {
		children, _ := os.ReadFile(thread)
		for _, text := range strings.Fields(string(children)) {
			if child, err := strconv.Atoi(text); err == nil {
				total += ticksOf(child)
			}
		}
	}
	const perSecond = 100 // USER_HZ of Linux
	return total * (time.Second / perSecond)
}

// ticksOf returns the processor time of a process and of its children that have ended, in units of USER_HZ.
func ticksOf(id int) (ticks time.Duration) {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", id))
	if err != nil {
		return 0
	}
	// The name of the program, in parentheses, may contain anything. utime, stime, cutime and cstime are the
	// 14th to 17th field, see proc_pid_stat(5).
	fields := strings.Fields(string(line[bytes.LastIndexByte(line, ')')+1:]))
	for i := 11; i <= 14 && i < len(fields); i++ {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return 0
		}
		ticks += time.Duration(n)
	}
	return ticks
}

// dump makes a worker that does not answer write its goroutines to standard error, and then kills
// it. done signals that the worker has exited.
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

// lastWords returns what the worker wrote to standard error, and its exit status. The worker must
// have been reaped.
func (w *process) lastWords() string {
	return strings.TrimSpace(w.words.String() + "\n" + w.command.ProcessState.String())
}

// firstWords keeps the first maxDump bytes written to it, because a dump begins with the panic.
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

// reap waits until a worker exits; the exit status is in its ProcessState. It removes what a worker that was
// killed during a replication has left.
func reap(w *process) {
	_ = w.command.Wait()
	hosts.RemovePrivate(w.command.Process.Pid)
}

// maxDump is how many bytes of a worker's standard error are kept.
const maxDump = 256 << 10

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
		return nil, fmt.Errorf("starting a worker: %w", hinted(err))
	}
	w.out = bufio.NewReader(out)
	if w.in, err = w.command.StdinPipe(); err != nil {
		return nil, fmt.Errorf("starting a worker: %w", hinted(err))
	}
	if err := w.command.Start(); err != nil {
		return nil, fmt.Errorf("starting a worker: %w", hinted(err))
	}
	return w, nil
}

// hinted adds to an error what to do about it, if the process may have too little.
func hinted(err error) error {
	switch {
	case errors.Is(err, syscall.EMFILE):
		return fmt.Errorf("%w: want fewer workers, or a higher ulimit -n", err)
	case errors.Is(err, syscall.EAGAIN):
		return fmt.Errorf("%w: want fewer workers, or a higher ulimit -u", err)
	}
	return err
}
