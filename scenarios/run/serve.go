package run

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/command"
	"github.com/dtlssim/dtlssim/scenarios/format"
	"github.com/dtlssim/dtlssim/sim"
)

// asked is the environment variable that makes a process a worker. Its value is the limit of the
// worker's heap, in bytes.
const asked = "DTLSSIM_WORKER"

// ServeIfAsked turns the process into a worker, and never returns, if a [Pool] has started it as
// one. A program that uses a Pool must call it at the start of main, after registering its own
// scenarios.
func ServeIfAsked() {
	text := os.Getenv(asked)
	if text == "" {
		return
	}
	limit, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s worker: %s: want a number of bytes: %v\n", command.Program(), asked, err)
		os.Exit(1)
	}
	// Output that a scenario prints must not get between the frames.
	out := os.Stdout
	os.Stdout = os.Stderr
	if err := serve(os.Stdin, out, limit); err != nil {
		fmt.Fprintln(os.Stderr, command.Program()+" worker:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func serve(in io.Reader, out io.Writer, limit int64) error {
	sim.OwnProcess(limit)
	r := bufio.NewReader(in)
	w := worker{out: out}
	for {
		var q request
		err := readFrame(r, &q, &shown{})
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		answer, err := w.perform(&q)
		if err != nil {
			return err
		}
		if err := writeFrame(out, answer); err != nil {
			return err
		}
		sim.Collect()
	}
}

// worker holds what a worker has parsed, ready to run. Most jobs differ from an earlier one only in
// the seed or in a duration.
type worker struct {
	out   io.Writer // to the parent
	slots [slots]slot
	files map[string]*scenarios.Scenario // by path and text
}

type slot struct {
	values    scenarios.Values
	predicate scenarios.Predicate
}

// perform performs a job and returns the answer. It sends the trace, if requested, before it
// returns. Its error concerns the connection to the parent.
func (w *worker) perform(q *request) (reply, error) {
	if q.Settings != nil {
		read, err := w.read(q.Settings)
		if err != nil {
			return reply{Error: err.Error()}, nil
		}
		w.slots[q.Slot] = read
	}
	of := w.slots[q.Slot]
	for _, l := range q.Laid {
		var err error
		if of.values, err = of.values.With(l.Name, l.Value); err != nil {
			return reply{Error: err.Error()}, nil
		}
	}
	sent := traceWriter{out: w.out}
	config := sim.Config{Watch: q.Watch}
	if q.Tilt != nil {
		config.Tilt = *q.Tilt
	}
	if q.Trace {
		config.Trace = sent.add
	}
	if q.Explain {
		config.Explain = sent.explain
	}
	replication := replicate(of.values, q.Seed, of.predicate, config)
	sent.flush()
	return reply{Replication: &replication}, sent.err
}

// read parses settings. It parses a scenario file only once.
func (w *worker) read(s *settings) (slot, error) {
	scenario, err := w.scenario(s)
	if err != nil {
		return slot{}, err
	}
	values, err := scenario.Resolve(s.Set)
	if err != nil {
		return slot{}, err
	}
	predicate, err := scenario.ParsePredicate(s.Fail)
	return slot{values, predicate}, err
}

func (w *worker) scenario(s *settings) (*scenarios.Scenario, error) {
	if s.Source == nil {
		return catalogue.Find(s.Scenario)
	}
	key := s.File + "\n" + string(s.Source)
	if read, ok := w.files[key]; ok {
		return read, nil
	}
	read, err := format.Parse(s.File, s.Source)
	if err == nil {
		w.files = map[string]*scenarios.Scenario{key: read} // one at a time
	}
	return read, err
}
