// Package record encodes what a store keeps: the records of its journal, and runs, which are values
// that only dtlssim decodes.
//
// In: a replication, a run, or a number of transactions. Out: bytes, and the same from bytes.
package record

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
)

// Kept is a replication or a run to be committed.
type Kept struct {
	Key        int64 // of a replication, see layout.Key
	Outcome    run.Result
	Difference *sample.Difference // nil: none

	Run, Value []byte // for a run: its key and its stored form
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
	KeyLength = 16
)

// The body of a record that says how many transactions were committed is commitMark and the number, in
// 8 bytes. With it, a later process notices that some were lost.
const commitMark = 'c'

// EncodeCommits returns the body of a record of a number of transactions.
func EncodeCommits(n int64) []byte {
	return binary.BigEndian.AppendUint64([]byte{commitMark}, uint64(n))
}

// Committed returns the number of transactions, if that is what a record says.
func Committed(body []byte) (n int64, ok bool) {
	if len(body) != 9 || body[0] != commitMark {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(body[1:])), true
}

// Encode encodes a replication or a run as the body of a record.
func (k *Kept) Encode() ([]byte, error) {
	if k.Run != nil {
		return slices.Concat([]byte{runMark}, k.Run, k.Value), nil
	}
	o := &k.Outcome
	return json.Marshal(record{
		Key: k.Key, Status: o.Status, Limit: o.Limit, Flags: o.Flags, Dump: o.Dump, Outcome: o.Outcome,
		Failed:  o.Failed,
		Virtual: o.Virtual, Events: o.Events, Digest: ShortDigest(o.Digest), Measures: o.Measures,
		Difference: k.Difference,
	})
}

// Decode decodes the body of a record of a replication or a run. It does not keep the body.
func Decode(body []byte) (Kept, error) {
	if len(body) > KeyLength && body[0] == runMark {
		body = bytes.Clone(body)
		return Kept{Run: body[1 : 1+KeyLength], Value: body[1+KeyLength:]}, nil
	}
	var r record
	if err := json.Unmarshal(body, &r); err != nil {
		return Kept{}, fmt.Errorf("a pending replication cannot be read: %w", err)
	}
	return Kept{
		Key: r.Key, Difference: r.Difference,
		Outcome: run.Result{
			Replication: run.Replication{
				Outcome: r.Outcome, Failed: r.Failed, Virtual: r.Virtual, Events: r.Events, Digest: r.Digest,
				Measures: r.Measures, Limit: r.Limit,
			},
			Status: r.Status, Dump: r.Dump, Flags: r.Flags,
		},
	}, nil
}

// digestBytes is how many bytes of a digest are stored: enough to see that two traces differ.
const digestBytes = 8

// ShortDigest returns the stored part of a digest, in hexadecimal.
func ShortDigest(digest string) string { return digest[:min(len(digest), 2*digestBytes)] }
