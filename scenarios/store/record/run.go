package record

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/klauspost/compress/s2"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// Reduced returns the stored part of an outcome. Fields that a later version adds are stored as
// well, if they have JSON.
func Reduced(o run.Result) run.Result {
	o.Params, o.Sessions, o.Server, o.Programs, o.Records = nil, nil, scenarios.Server{}, nil, nil
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

// EncodeRun returns the stored form of a run, which must be reduced.
func EncodeRun(o run.Result) ([]byte, error) {
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

// DecodeRun returns the run in a stored form.
func DecodeRun(value []byte) (run.Result, error) {
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
