package run

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"strconv"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/format"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// asked is the variable of the environment that makes a process a worker. Its value is
// the limit of the worker's heap, in bytes.
const asked = "DTLSSIM_WORKER"

// ServeIfAsked makes the process a worker, and never returns, if a [Pool] has
// started it as one. A program that uses a Pool calls it first thing in main,
// after registering scenarios of its own.
func ServeIfAsked() {
	text := os.Getenv(asked)
	if text == "" {
		return
	}
	limit, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s worker: %s: want a number of bytes: %v\n", scenarios.Program(), asked, err)
		os.Exit(1)
	}
	// Whatever a scenario prints must not get between the frames.
	out := os.Stdout
	os.Stdout = os.Stderr
	if err := serve(os.Stdin, out, limit); err != nil {
		fmt.Fprintln(os.Stderr, scenarios.Program()+" worker:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func serve(in io.Reader, out io.Writer, limit int64) error {
	sim.OwnProcess(limit)
	r := bufio.NewReader(in)
	var last resolved
	for {
		var job Job
		err := readFrame(r, &job)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		frame, err := last.answer(job)
		if err != nil {
			return err
		}
		if _, err := out.Write(frame); err != nil {
			return err
		}
		sim.Collect()
	}
}

// answer performs a job and returns the frame that answers it. The heap is largest
// when that stands ready, if nothing was collected before.
func (r *resolved) answer(job Job) ([]byte, error) {
	answer := r.perform(job)
	frame, err := encodeFrame(answer)
	if err == nil && sim.MemoryMet() && !answer.outOfMemory() {
		return encodeFrame(reply{Replication: &Replication{Limit: string(clock.MemoryLimit)}})
	}
	return frame, err
}

// resolved is what the last job asked for, ready to run: most jobs differ from the
// one before in the seed alone.
type resolved struct {
	job       Job
	scenario  *scenarios.Scenario
	values    scenarios.Values
	predicate scenarios.Predicate
}

func (r *resolved) perform(job Job) reply {
	if err := r.resolve(job); err != nil {
		return reply{Error: err.Error()}
	}
	replication := ReplicateWith(r.values, job.Seed, r.predicate, Asked{Tilt: job.Tilt, Watch: job.Watch})
	answer := reply{Replication: &replication}
	if !job.Trace { // who performs thousands knows the parameters
		replication.Params = nil
	}
	if answer.outOfMemory() {
		sim.Collect() // its trace until then is worth having: make room for it
	}
	if job.Trace {
		answer.Trace = trace.Encode(replication.Records)
	}
	return answer
}

func (r *resolved) resolve(job Job) error {
	if job.Scenario == r.job.Scenario && job.File == r.job.File && bytes.Equal(job.Source, r.job.Source) && job.Fail == r.job.Fail && maps.Equal(job.Settings, r.job.Settings) {
		return nil
	}
	s := r.scenario // a file is parsed once
	if s == nil || job.Scenario != r.job.Scenario || job.File != r.job.File || !bytes.Equal(job.Source, r.job.Source) {
		var err error
		if job.Source != nil {
			s, err = format.Parse(job.File, job.Source)
		} else {
			s, err = catalogue.Find(job.Scenario)
		}
		if err != nil {
			return err
		}
	}
	values, err := s.Resolve(job.Settings)
	if err != nil {
		return err
	}
	predicate, err := s.ParsePredicate(job.Fail)
	if err != nil {
		return err
	}
	*r = resolved{job, s, values, predicate}
	return nil
}
