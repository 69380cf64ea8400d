// Package run performs replications, in this process or in workers.
//
//	Job (values, seed, predicate) -> Pool -> frame -> worker -> Replicate -> frame -> Result
//
// A worker is the program itself, started again with the environment under which a run repeats to
// the byte. Parent and worker communicate over pipes. If a worker panics, exceeds a limit or is
// killed, only one replication is lost: its Result says why, and the worker is replaced.
package run

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"slices"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/command"
	"github.com/dtlssim/dtlssim/sim/tilt"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// Job is a replication to perform.
type Job struct {
	Values scenarios.Values // parameter values
	Seed   uint64
	Fail   scenarios.Predicate
	Trace  bool         // also return the trace and the parameters
	Tilt   *tilt.Config // nil: none

	// Ends, if not 0, limits the records of the Result to so many at the beginning and at the end, and
	// the reasons likewise. See Replication.Omitted. Each, if not nil, receives all of them in parts, as
	// they come, from another goroutine. Both are of Trace.
	Ends int
	Each func([]trace.Record, []trace.Reason)

	// Watch requests Replication.Watched, and Explain requests Replication.Reasons. Each takes a
	// little extra time.
	Watch, Explain bool
}

// Command returns the command that repeats the replication.
func (j *Job) Command() command.Line {
	return j.Values.Repeat(j.Seed, j.Fail).With(TiltArguments(j.Tilt)...)
}

// request is a Job in the form sent to a worker. Most jobs share their settings with an earlier
// one; settings are sent once and stay in a slot of the worker. Durations that override them are
// sent as numbers.
type request struct {
	Slot     int       `json:"slot"`
	Settings *settings `json:"settings,omitempty"` // nil: the slot keeps its settings

	Laid  []scenarios.Assignment `json:"laid,omitempty"` // applied in this order
	Seed  uint64                 `json:"seed"`
	Trace bool                   `json:"trace,omitempty"`
	Tilt  *tilt.Config           `json:"tilt,omitempty"`
	Watch bool                   `json:"watch,omitempty"`

	Explain bool `json:"explain,omitempty"`
}

// settings is the content of a worker's slot.
type settings struct {
	Scenario string `json:"scenario"`

	// File and Source are set for a scenario that is neither built in nor registered.
	File   string `json:"file,omitempty"`
	Source []byte `json:"source,omitempty"`

	Set  scenarios.Settings `json:"set"`
	Fail string             `json:"fail"` // the failure predicate
}

func newSettings(job *Job) *settings {
	v := job.Values.Resolved().Values()
	s := &settings{Scenario: v.Scenario().Name, Set: v.Settings(), Fail: job.Fail.Text()}
	if v.Scenario().File != "" {
		s.File, s.Source = v.Scenario().File, v.Scenario().Source
	}
	return s
}

// slots is how many settings a worker holds. Searches that run in parallel, for example one per
// worker or one per level, request their runs alternately.
const slots = 32

// known is the parent's record of the settings in a worker's slots.
type known struct {
	of   [slots]slotOf
	next int // the slot to fill next
}

// slotOf says what is in a slot.
type slotOf struct {
	resolved *scenarios.Resolved // nil: nothing
	fail     string
}

// request returns the message that sends a job to the worker.
func (k *known) request(job *Job) request {
	r := request{
		Laid: job.Values.Laid(), Seed: job.Seed, Trace: job.Trace, Tilt: job.Tilt, Watch: job.Watch,
		Explain: job.Explain,
	}
	of := slotOf{job.Values.Resolved(), job.Fail.Text()}
	if r.Slot = slices.Index(k.of[:], of); r.Slot < 0 {
		r.Slot, r.Settings = k.next, newSettings(job)
		k.of[k.next], k.next = of, (k.next+1)%slots
	}
	return r
}

// reply is a worker's answer to a request.
type reply struct {
	Replication *Replication `json:"replication,omitempty"`
	Error       string       `json:"error,omitempty"` // the job could not be understood
}

// outOfMemory reports whether the replication reached the memory limit.
func (r *reply) outOfMemory() bool {
	return r.Replication != nil && r.Replication.Limit == string(clock.MemoryLimit)
}

// maxFrame bounds a frame.
const maxFrame = 1<<30 - 1

// A worker sends the trace of a replication while it performs it, in frames of their own before the
// frame of the answer. The length of such a frame has the bit ofTrace set. It contains whole records
// in the encoding of [trace.Encoder]. partSize is about how long it is, in bytes. Reasons come in
// frames of their own, too, whose lengths have the bit ofReasons set: a JSON array in each.
const (
	ofTrace   = 1 << 31
	ofReasons = 1 << 30
	partSize  = 64 << 10

	reasonsOfPart = 256 // how many reasons are in a frame, at most
)

// traceWriter sends the trace of a replication, and its reasons.
type traceWriter struct {
	out     io.Writer
	encoder trace.Encoder
	part    []byte
	reasons []trace.Reason
	err     error // the first
}

// explain sends the next reason, soon.
func (w *traceWriter) explain(r *trace.Reason) {
	if w.reasons = append(w.reasons, *r); len(w.reasons) >= reasonsOfPart {
		w.flushReasons()
	}
}

// flushReasons sends the reasons that are not sent yet.
func (w *traceWriter) flushReasons() {
	if len(w.reasons) == 0 {
		return
	}
	frame, err := encodeFrame(w.reasons)
	if err == nil {
		frame[0] |= ofReasons >> 24
		_, err = w.out.Write(frame)
	}
	if w.err == nil {
		w.err = err
	}
	w.reasons = w.reasons[:0]
}

// add sends the next record, soon.
func (w *traceWriter) add(r *trace.Record) {
	const head = 4
	if w.part == nil {
		w.part = make([]byte, head, partSize+partSize/4)
	}
	if w.part = w.encoder.Append(w.part, r); len(w.part) >= partSize {
		w.flush()
	}
}

// flush sends what is not sent yet.
func (w *traceWriter) flush() {
	w.flushReasons()
	const head = 4
	if len(w.part) <= head {
		return
	}
	binary.BigEndian.PutUint32(w.part, ofTrace|uint32(len(w.part)-head))
	if _, err := w.out.Write(w.part); w.err == nil {
		w.err = err
	}
	w.part = w.part[:head]
}

// encodeFrame returns a value as JSON, preceded by its length in four bytes.
func encodeFrame(v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	frame := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(body)), uint32(len(body)))
	return append(frame, body...), nil
}

// writeFrame writes a value in the format of encodeFrame.
func writeFrame(w io.Writer, v any) error {
	frame, err := encodeFrame(v)
	if err != nil {
		return err
	}
	_, err = w.Write(frame)
	return err
}
