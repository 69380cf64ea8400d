package store

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
)

// kept is a replication or a run to be committed.
type kept struct {
	key        int64
	outcome    run.Result
	difference *sample.Difference // nil: none

	run, value []byte // for a run: its key and its stored form
}

// record is the body of a record for a replication, as JSON.
type record struct {
	Key        int64              `json:"k,omitempty"`
	Status     run.Status         `json:"s,omitempty"`
	Limit      string             `json:"l,omitempty"`
	Flags      []string           `json:"f,omitempty"`
	Dump       string             `json:"d,omitempty"`
	Outcome    []string           `json:"o,omitempty"`
	Failed     bool               `json:"x,omitempty"`
	Virtual    int64              `json:"v,omitempty"`
	Events     int                `json:"e,omitempty"`
	Digest     string             `json:"h,omitempty"`
	Measures   map[string]int64   `json:"m,omitempty"`
	Difference *sample.Difference `json:"different,omitempty"`
}

// The body of a record for a run is runMark, its key, and its stored form.
const (
	runMark   = 'r'
	keyLength = 16
)

// The body of a record that says how many transactions were committed is commitMark and the number, in
// 8 bytes. With it, a later process notices that some were lost.
const commitMark = 'c'

func encodeCommits(n int64) []byte {
	return binary.BigEndian.AppendUint64([]byte{commitMark}, uint64(n))
}

// committed returns the number of transactions, if that is what a record says.
func committed(body []byte) (n int64, ok bool) {
	if len(body) != 9 || body[0] != commitMark {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(body[1:])), true
}

// encode encodes a replication or a run as the body of a record.
func (k *kept) encode() ([]byte, error) {
	if k.run != nil {
		return slices.Concat([]byte{runMark}, k.run, k.value), nil
	}
	o := &k.outcome
	return json.Marshal(record{
		Key: k.key, Status: o.Status, Limit: o.Limit, Flags: o.Flags, Dump: o.Dump, Outcome: o.Outcome,
		Failed:  o.Failed,
		Virtual: o.Virtual, Events: o.Events, Digest: shortDigest(o.Digest), Measures: o.Measures,
		Difference: k.difference,
	})
}

func decode(body []byte) (kept, error) {
	if len(body) > keyLength && body[0] == runMark {
		body = bytes.Clone(body)
		return kept{run: body[1 : 1+keyLength], value: body[1+keyLength:]}, nil
	}
	var r record
	if err := json.Unmarshal(body, &r); err != nil {
		return kept{}, fmt.Errorf("a pending replication cannot be read: %w", err)
	}
	return kept{
		key: r.Key, difference: r.Difference,
		outcome: run.Result{
			Replication: run.Replication{
				Outcome: r.Outcome, Failed: r.Failed, Virtual: r.Virtual, Events: r.Events, Digest: r.Digest,
				Measures: r.Measures, Limit: r.Limit,
			},
			Status: r.Status, Dump: r.Dump, Flags: r.Flags,
		},
	}, nil
}
