package worker

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// asked is the variable of the environment that makes a process a worker.
const asked = "DTLSSIM_WORKER"

// ServeIfAsked makes the process a worker, and never returns, if a [Pool] has
// started it as one. A program that uses a Pool calls it first thing in main,
// after registering scenarios of its own.
func ServeIfAsked() {
	if os.Getenv(asked) == "" {
		return
	}
	// Whatever a scenario prints must not get between the frames.
	out := os.Stdout
	os.Stdout = os.Stderr
	if err := serve(os.Stdin, out); err != nil {
		fmt.Fprintln(os.Stderr, "dtlssim worker:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func serve(in io.Reader, out io.Writer) error {
	sim.OwnProcess()
	r := bufio.NewReader(in)
	for {
		var job Job
		err := readFrame(r, &job)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := writeFrame(out, perform(job)); err != nil {
			return err
		}
		sim.Collect()
	}
}

func perform(job Job) reply {
	s, err := scenarios.Find(job.Scenario)
	if err != nil {
		return reply{Error: err.Error()}
	}
	v, err := s.Resolve(job.Settings)
	if err != nil {
		return reply{Error: err.Error()}
	}
	predicate, err := s.ParsePredicate(job.Fail)
	if err != nil {
		return reply{Error: err.Error()}
	}
	r := scenarios.Replicate(v, job.Seed, predicate)
	answer := reply{Replication: &r}
	if job.Trace {
		answer.Trace = trace.Encode(r.Records)
	}
	return answer
}
