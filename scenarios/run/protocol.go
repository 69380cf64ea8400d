// Package worker runs replications in processes of their own: the program starts
// itself again, with the environment under which a run repeats to the byte, and
// talks to itself over pipes. A worker that panics, wedges or is killed costs one
// replication, which is a result of its own, and is replaced.
package run

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/sim/tilt"
)

// Job is one replication to perform.
type Job struct {
	Scenario string `json:"scenario"`

	// File and Source are those of a scenario that is not built in or registered.
	File   string `json:"file,omitempty"`
	Source []byte `json:"source,omitempty"`

	Settings scenarios.Settings `json:"settings"`
	Seed     uint64             `json:"seed"`
	Fail     string             `json:"fail"`  // the failure predicate
	Trace    bool               `json:"trace"` // whether the trace is wanted as well, and the parameters

	Tilt *tilt.Config `json:"tilt,omitempty"` // nil: none

	// Watch tells whether Replication.Watched is wanted as well, which takes the
	// replication a little time.
	Watch bool `json:"watch,omitempty"`
}

// JobOf returns a job for a scenario, with everything else still to be set.
func JobOf(s *scenarios.Scenario) Job {
	j := Job{Scenario: s.Name}
	if s.File != "" {
		j.File, j.Source = s.File, s.Source
	}
	return j
}

// reply is what a worker answers to a Job.
type reply struct {
	Replication *Replication `json:"replication,omitempty"`
	Trace       []byte       `json:"trace,omitempty"` // canonical encoding
	Error       string       `json:"error,omitempty"` // the job could not be understood
}

// outOfMemory tells whether the replication met the limit of memory: at a fixed point
// of collection, where it ended, or when its answer stood ready, of which nothing but
// the limit is left then.
func (r *reply) outOfMemory() bool {
	return r.Replication != nil && r.Replication.Limit == string(clock.MemoryLimit)
}

// maxFrame bounds a frame: a trace with a million records fits.
const maxFrame = 1 << 30

// encodeFrame returns a value as JSON behind its length in four bytes.
func encodeFrame(v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	frame := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(body)), uint32(len(body)))
	return append(frame, body...), nil
}

// writeFrame writes a value as encodeFrame encodes it.
func writeFrame(w io.Writer, v any) error {
	frame, err := encodeFrame(v)
	if err != nil {
		return err
	}
	_, err = w.Write(frame)
	return err
}

// readFrame reads what writeFrame wrote. It returns io.EOF at the end of the
// stream.
func readFrame(r io.Reader, v any) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxFrame {
		return fmt.Errorf("worker: a frame of %d bytes", n)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		return fmt.Errorf("worker: a frame was cut short: %w", err)
	}
	return json.Unmarshal(body, v)
}
