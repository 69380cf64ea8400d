package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/store/layout"
	"github.com/dtlssim/dtlssim/scenarios/store/record"
	"github.com/dtlssim/dtlssim/sim/tilt"
)

// MissingError says that a file lacks some of the requested results.
type MissingError struct {
	Path    string
	Command string // the command that continues the study; may be empty
}

// Error implements error.
func (e *MissingError) Error() string {
	text := e.Path + " is of a study that is not finished"
	if e.Command != "" {
		text += ". This goes on with it: " + e.Command
	}
	return text
}

// Runner returns a runner that reads stored runs from the file, lets perform perform the others,
// and stores these. Window searches use it. Their runs determine them, so an interrupted search
// gets back to where it was without performing anything.
//
// A result is the same whether it was stored or has just been performed: an outcome without
// sessions, parameters and records.
func (s *Store) Runner(perform run.Runner) run.Runner {
	return &runner{Runner: perform, file: s.file, queue: &s.queue, empty: s.noRuns}
}

// Runner returns a runner that reads every run from the file, and returns a [MissingError] for a
// run that is not stored.
func (r *Reader) Runner() run.Runner { return &runner{Runner: nobody{r.file.Path}, file: r.file} }

// nobody is a runner that performs nothing.
type nobody struct{ path string }

func (nobody) Size() int { return 1 }

func (n nobody) Do(context.Context, run.Job) (run.Result, error) {
	return run.Result{}, &MissingError{Path: n.path}
}

func (n nobody) Twice(context.Context, run.Job) (first, second run.Result, err error) {
	return first, second, &MissingError{Path: n.path}
}

type runner struct {
	run.Runner
	file  layout.File
	queue *queue // nil: nothing is stored
	empty bool   // the file had no runs when it was opened, so do not look for any
}

// Do implements [run.Runner].
func (r *runner) Do(ctx context.Context, job run.Job) (run.Result, error) {
	key, err := runKey(job)
	if err != nil {
		return run.Result{}, err
	}
	if !r.empty {
		var value []byte
		var checksum int64
		err := r.file.Row("SELECT value, checksum FROM run WHERE key = ?", key).Scan(&value, &checksum)
		if err == nil && layout.RunSum(&layout.Sum{}, key, value) != checksum {
			err = r.file.Damaged("a run of a search")
		}
		if err == nil {
			return record.DecodeRun(value)
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return run.Result{}, r.file.Explain(err)
		}
	}
	o, err := r.Runner.Do(ctx, job)
	if err != nil {
		return o, err
	}
	o = record.Reduced(o)
	if r.queue == nil {
		return o, nil
	}
	value, err := record.EncodeRun(o)
	if err == nil {
		err = r.queue.put(record.Kept{Run: key, Value: value})
	}
	return o, err
}

// runKey returns the key of a run in its file. The file has one scenario, so the key does not
// include the scenario's YAML. It includes the path, because commands contain it.
func runKey(job run.Job) ([]byte, error) {
	of := runOf{
		Scenario: job.Values.Scenario().Name, File: job.Values.Scenario().File, Settings: job.Values.Settings(),
		Seed: job.Seed, Fail: job.Fail.Text(),
		Trace: job.Trace, Tilt: job.Tilt, Watch: job.Watch,
	}
	text, err := json.Marshal(of)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	return sum[:record.KeyLength], nil
}

// runOf is the content of the key of a run.
type runOf struct {
	Scenario string             `json:"scenario"`
	File     string             `json:"file,omitempty"`
	Settings scenarios.Settings `json:"settings"`
	Seed     uint64             `json:"seed"`
	Fail     string             `json:"fail"`
	Trace    bool               `json:"trace"`
	Tilt     *tilt.Config       `json:"tilt,omitempty"`
	Watch    bool               `json:"watch,omitempty"`
}
