package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/klauspost/compress/s2"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/store/layout"
	"github.com/dtlssim/dtlssim/sim/tilt"
	"github.com/dtlssim/dtlssim/sim/trace"
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
			return decodeRun(value)
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return run.Result{}, r.file.Explain(err)
		}
	}
	o, err := r.Runner.Do(ctx, job)
	if err != nil {
		return o, err
	}
	o = reduced(o)
	if r.queue == nil {
		return o, nil
	}
	value, err := encodeRun(o)
	if err == nil {
		err = r.queue.put(kept{run: key, value: value})
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
	return sum[:keyLength], nil
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

// reduced returns the stored part of an outcome. Fields that a later version adds are stored as
// well, if they have JSON.
func reduced(o run.Result) run.Result {
	o.Params, o.Sessions, o.Server, o.Records = nil, nil, scenarios.Server{}, nil
	return o
}

// keptRun is a run in its stored form: this struct as JSON, followed by the times of the instants
// in the order of the places, as varints of the differences between successive times. All of it is
// compressed.
type keptRun struct {
	run.Result
	Places []place `json:"places,omitempty"` // from Watched.Timelines, which are not in the JSON
}

type place struct {
	Name     string `json:"p"`
	Instants int    `json:"n"`
}

func encodeRun(o run.Result) ([]byte, error) {
	run := keptRun{Result: o}
	var times []byte
	if o.Watched != nil {
		watched := *o.Watched
		watched.Timelines = nil
		run.Watched = &watched
		for _, line := range o.Watched.Timelines {
			run.Places = append(run.Places, place{line.Host, len(line.Times)})
			var before time.Duration
			for _, at := range line.Times {
				times = binary.AppendVarint(times, int64(at-before))
				before = at
			}
		}
	}
	text, err := json.Marshal(run)
	if err != nil {
		return nil, err
	}
	return words().Encode(nil, append(text, times...)), nil
}

func decodeRun(value []byte) (run.Result, error) {
	var run keptRun
	all, err := words().Decode(nil, value)
	text := json.NewDecoder(bytes.NewReader(all))
	if err == nil {
		err = text.Decode(&run)
	}
	if err != nil {
		return run.Result, fmt.Errorf("a run that was kept cannot be read: %w", err)
	}
	times := all[text.InputOffset():]
	for _, place := range run.Places {
		line := trace.Timeline{Host: place.Name, Times: make([]time.Duration, place.Instants)}
		var at time.Duration
		for i := range line.Times {
			since, n := binary.Varint(times)
			if n <= 0 {
				return run.Result, errors.New("a run that was kept cannot be read: its times are malformed")
			}
			at += time.Duration(since)
			line.Times[i], times = at, times[n:]
		}
		run.Watched.Timelines = append(run.Watched.Timelines, line)
	}
	return run.Result, nil
}

// words is text that runs have in common. It is the dictionary of their compression, and so a part
// of the layout. S2 takes 2 microseconds per run; flate and zstd take ten times as long and save at
// most a fifth of the space.
var words = sync.OnceValue(func() *s2.Dict {
	return s2.MakeDict(
		[]byte(
			`","Status":"completed","Dump":"","Flags":null,"limit":"horizon" --fail  --set correlation= --set loss= `+
				`--set alert-latency=10ms+exponential(mean=10ms)`+
				` --set latency=uniform(5ms,15ms) --set credentials=psk --set clients=2 --set linger=50ms --set `+
				`client=waits --set remedy=linger+recognise`+
				`{"scenario":"late-close-notify","seed":1,"params":null,"outcome":["ghost-session",`+
				`"next-handshake-failed","data-lost"],"failed":true,`+
				`{"scenario":"late-close-notify","seed":1,"params":null,"outcome":[],"failed":false,`+
				`"sessions":null,"server":{"sessions":0,"errors":null},"measures":{"accept-blocked":,`+
				`"client-bytes":1082,"client-datagrams":10,`+
				`"duplicate-flights":0,"handshake":60000000,"read-stalled":0,"retransmissions":0,`+
				`"server-bytes":1828,"server-datagrams":10},`+
				`"virtual_ns":60252000000,"events":28,"digest":"","signature":"","repeat":"dtlssim run `+
				`late-close-notify --seed 1 --set `+
				`","Status":"completed","Dump":"","Flags":null,"watched":{"Timelines":null,"Structure":""},`+
				`"places":[{"p":"client","n":},{"p":"client-1","n":},{"p":"network","n":},{"p":"server","n":}]}`,
		),
		nil,
	)
})
