// Package trace records what happens in a replication: typed records in a
// canonical order and a canonical encoding, from which the digest (everything,
// payload bytes included) and the shape (per host, without times and payloads)
// are computed.
package trace

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Kind is the type of a record.
type Kind uint8

// The kinds.
const (
	Send   Kind = iota + 1 // a host sends a datagram, and the network will deliver it
	Lose                   // a host sends a datagram, and the network will lose it
	Arrive                 // a datagram arrives at a socket of the host
	Drop                   // a datagram arrives at the host, and the host drops it
	Note                   // an application did or saw something
)

var kindNames = [...]string{Send: "send", Lose: "lose", Arrive: "arrive", Drop: "drop", Note: "note"}

// String returns the kind's name.
func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Datagram identifies a datagram within a replication: the n-th that the actor
// sent, counted from 1.
type Datagram struct {
	Actor  string
	Number uint64
}

// String returns the identity as tables show it.
func (d Datagram) String() string { return fmt.Sprintf("%s#%d", d.Actor, d.Number) }

// Record is one thing that happened on one host.
type Record struct {
	At    time.Duration // virtual time
	Host  string
	Actor string // who did it; the network's own actions have no actor
	Kind  Kind

	// Of a datagram.
	Datagram Datagram
	From, To netip.AddrPort
	Label    string        // see Label
	Latency  time.Duration // of Send: from now to its arrival
	Payload  []byte

	// Event and Detail say what a Note notes, and Detail why a Drop or where an
	// Arrive. Neither may depend on time: both are part of the shape.
	Event, Detail string
}

// Append appends the canonical encoding of the record to b: integers as varints,
// strings and bytes behind their lengths, fields in the order of the struct.
func (r *Record) Append(b []byte) []byte {
	text := func(s string) {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	b = binary.AppendVarint(b, int64(r.At))
	text(r.Host)
	text(r.Actor)
	b = append(b, byte(r.Kind))
	text(r.Datagram.Actor)
	b = binary.AppendUvarint(b, r.Datagram.Number)
	b = appendAddress(b, r.From)
	b = appendAddress(b, r.To)
	text(r.Label)
	b = binary.AppendVarint(b, int64(r.Latency))
	b = binary.AppendUvarint(b, uint64(len(r.Payload)))
	b = append(b, r.Payload...)
	text(r.Event)
	text(r.Detail)
	return b
}

func appendAddress(b []byte, a netip.AddrPort) []byte {
	raw, _ := a.MarshalBinary() // of an address it never fails
	b = binary.AppendUvarint(b, uint64(len(raw)))
	return append(b, raw...)
}

// Encode returns the canonical encoding of a whole trace.
func Encode(records []Record) []byte {
	var b []byte
	for i := range records {
		b = records[i].Append(b)
	}
	return b
}

// Decode reads the records of a canonical encoding.
func Decode(encoding []byte) ([]Record, error) {
	d := decoder{rest: encoding}
	var records []Record
	for len(d.rest) > 0 && !d.bad {
		var r Record
		r.At = time.Duration(d.varint())
		r.Host = string(d.bytes())
		r.Actor = string(d.bytes())
		r.Kind = Kind(d.byte())
		r.Datagram.Actor = string(d.bytes())
		r.Datagram.Number = d.uvarint()
		r.From = d.address()
		r.To = d.address()
		r.Label = string(d.bytes())
		r.Latency = time.Duration(d.varint())
		r.Payload = slices.Clone(d.bytes())
		r.Event = string(d.bytes())
		r.Detail = string(d.bytes())
		records = append(records, r)
	}
	if d.bad {
		return nil, fmt.Errorf("trace: record %d is malformed", len(records))
	}
	return records, nil
}

type decoder struct {
	rest []byte
	bad  bool
}

func (d *decoder) take(n int) {
	if n <= 0 || n > len(d.rest) {
		d.bad, d.rest = true, nil
		return
	}
	d.rest = d.rest[n:]
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	d.take(n)
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.rest)
	d.take(n)
	return v
}

func (d *decoder) byte() byte {
	if len(d.rest) == 0 {
		d.bad = true
		return 0
	}
	v := d.rest[0]
	d.rest = d.rest[1:]
	return v
}

func (d *decoder) bytes() []byte {
	n := d.uvarint()
	if n > uint64(len(d.rest)) {
		d.bad, d.rest = true, nil
		return nil
	}
	v := d.rest[:n]
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) address() (a netip.AddrPort) {
	if raw := d.bytes(); len(raw) > 0 && a.UnmarshalBinary(raw) != nil {
		d.bad = true
	}
	return a
}

// Recorder collects the records of one replication.
type Recorder struct {
	pending []Record
	records []Record
	digest  hash.Hash
	buffer  []byte
}

// NewRecorder returns an empty recorder.
func NewRecorder() *Recorder { return &Recorder{digest: sha256.New()} }

// Add adds a record. Records wait for Settle before they take their place.
func (t *Recorder) Add(r Record) { t.pending = append(t.pending, r) }

// Settle puts the records added since the last call into their canonical order:
// by time, then by actor, then as they were added. Between two calls several
// actors act only where timers of the runtime fired at one instant, in an order
// that the runtime draws at random, and this is where that order ends.
func (t *Recorder) Settle() {
	if len(t.pending) == 0 {
		return
	}
	slices.SortStableFunc(t.pending, func(a, b Record) int {
		if a.At != b.At {
			if a.At < b.At {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Actor, b.Actor)
	})
	for i := range t.pending {
		t.buffer = t.pending[i].Append(t.buffer[:0])
		t.digest.Write(t.buffer)
	}
	t.records = append(t.records, t.pending...)
	clear(t.pending)
	t.pending = t.pending[:0]
}

// Records returns the settled records.
func (t *Recorder) Records() []Record { return t.records }

// Digest returns the SHA-256 digest, in hexadecimal, of the canonical encoding of
// all settled records.
func (t *Recorder) Digest() string { return hex.EncodeToString(t.digest.Sum(nil)) }

// Shape returns the digest of the shape: for each host, in the order of their
// names, what happened on it and in which order, without times and payload bytes.
// Two replications of one shape differ in nothing but their times and their
// secrets.
func Shape(records []Record) string {
	hosts := make(map[string]hash.Hash)
	for i := range records {
		r := &records[i]
		h, ok := hosts[r.Host]
		if !ok {
			h = sha256.New()
			hosts[r.Host] = h
		}
		s := Record{
			Host: r.Host, Actor: r.Actor, Kind: r.Kind, Datagram: r.Datagram, From: r.From, To: r.To,
			Label: r.Label, Event: r.Event, Detail: r.Detail,
		}
		h.Write(s.Append(nil))
	}
	total := sha256.New()
	for _, name := range sortedKeys(hosts) {
		io.WriteString(total, name)
		total.Write([]byte{0})
		total.Write(hosts[name].Sum(nil))
	}
	return hex.EncodeToString(total.Sum(nil)[:16])
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Timeline is the times at which things happened on one host, in order.
type Timeline struct {
	Host  string
	Times []time.Duration
}

// Timelines splits a trace by host, in the order of the hosts' names. Two traces
// of one shape have timelines of the same lengths.
func Timelines(records []Record) []Timeline {
	times := make(map[string][]time.Duration)
	for i := range records {
		times[records[i].Host] = append(times[records[i].Host], records[i].At)
	}
	lines := make([]Timeline, 0, len(times))
	for _, host := range sortedKeys(times) {
		lines = append(lines, Timeline{Host: host, Times: times[host]})
	}
	return lines
}
