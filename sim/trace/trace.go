// Package trace records what happens in a replication: typed records in a
// canonical order and a canonical encoding, from which the digest (everything,
// payload bytes included) and the signature (per host, without times and payloads)
// are computed.
package trace

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"sort"
	"strings"
	"time"
)

// Kind is the type of a record.
type Kind uint8

// The kinds.
const (
	Send     Kind = iota + 1 // a host sends a datagram, and the network will deliver it
	Lose                     // a host sends a datagram, and the network will lose it; or a bottleneck has no room for one
	Arrive                   // a datagram arrives at a socket of the host
	Drop                     // a datagram arrives at the host, and the host drops it
	Note                     // an application did or saw something
	Copy                     // the network will deliver the datagram just sent a second time
	Hold                     // a host sends a datagram, and the network holds it until another has arrived
	HoldCopy                 // the network keeps a copy of the datagram just sent until another has arrived
	Forge                    // somebody outside sends a datagram under another's address
	Queue                    // a host sends a datagram, and the network takes it to a bottleneck
	Enter                    // a datagram enters a bottleneck, where it waits and is served
	Leave                    // a datagram leaves a bottleneck, and the network will deliver it
)

var kindNames = [...]string{Send: "send", Lose: "lose", Arrive: "arrive", Drop: "drop", Note: "note", Copy: "copy", Hold: "hold", HoldCopy: "hold copy", Forge: "forge", Queue: "queue", Enter: "enter", Leave: "leave"}

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

// Record is one thing that happened on one host, or at a bottleneck, which the trace
// has in the place of a host.
type Record struct {
	At    time.Duration // virtual time
	Host  string
	Actor string // who did it; the network's own actions have no actor
	Kind  Kind

	// Of a datagram.
	Datagram Datagram
	From, To netip.AddrPort
	Label    string        // see Label
	Length   int           // of the payload, in bytes
	Latency  time.Duration // of Send, Copy, Forge and Leave: from now to its arrival; of Hold and HoldCopy, from the end of the wait; of Queue, from its Leave
	Payload  []byte        // of what a host sends: Send, Lose, Hold and Queue; and of Forge; what arrives is what was sent

	// Event and Detail say what a Note notes, and Detail why a Drop or a Lose, where an
	// Arrive, and which rule had a say in the others. Neither may depend on time: both are part of the signature.
	Event, Detail string
}

// Append appends the canonical encoding of the record to b: integers as varints,
// strings and bytes behind their lengths; first what belongs to the signature, in the
// order of the struct, then time, length, latency and payload.
func (r *Record) Append(b []byte) []byte {
	return r.appendRest(r.appendSignature(b))
}

// appendRest appends the part of the encoding that does not belong to the signature.
func (r *Record) appendRest(b []byte) []byte {
	b = binary.AppendVarint(b, int64(r.At))
	b = binary.AppendUvarint(b, uint64(r.Length))
	b = binary.AppendVarint(b, int64(r.Latency))
	b = binary.AppendUvarint(b, uint64(len(r.Payload)))
	return append(b, r.Payload...)
}

// appendSignature appends the part of the encoding that belongs to the signature.
func (r *Record) appendSignature(b []byte) []byte {
	b = appendText(b, r.Host)
	b = appendText(b, r.Actor)
	b = append(b, byte(r.Kind))
	b = appendText(b, r.Datagram.Actor)
	b = binary.AppendUvarint(b, r.Datagram.Number)
	b = appendAddress(b, r.From)
	b = appendAddress(b, r.To)
	b = appendText(b, r.Label)
	b = appendText(b, r.Event)
	return appendText(b, r.Detail)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendAddress(b []byte, a netip.AddrPort) []byte {
	switch {
	case !a.IsValid():
		return append(b, 0)
	case a.Addr().Is4():
		raw := a.Addr().As4()
		b = append(append(b, byte(len(raw)+2)), raw[:]...)
	default:
		raw := a.Addr().As16()
		b = append(append(b, byte(len(raw)+2)), raw[:]...)
	}
	return binary.BigEndian.AppendUint16(b, a.Port())
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
		r.Host = string(d.bytes())
		r.Actor = string(d.bytes())
		r.Kind = Kind(d.byte())
		r.Datagram.Actor = string(d.bytes())
		r.Datagram.Number = d.uvarint()
		r.From = d.address()
		r.To = d.address()
		r.Label = string(d.bytes())
		r.Event = string(d.bytes())
		r.Detail = string(d.bytes())
		r.At = time.Duration(d.varint())
		r.Length = int(d.uvarint())
		r.Latency = time.Duration(d.varint())
		r.Payload = slices.Clone(d.bytes())
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

func (d *decoder) address() netip.AddrPort {
	raw := d.bytes()
	switch len(raw) {
	case 0:
		return netip.AddrPort{}
	case 6:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(raw)), binary.BigEndian.Uint16(raw[4:]))
	case 18:
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(raw)), binary.BigEndian.Uint16(raw[16:]))
	}
	d.bad = true
	return netip.AddrPort{}
}

// Recorder collects the records of one replication.
type Recorder struct {
	records []Record
	settled int // of records, how many have their place
}

// NewRecorder returns an empty recorder.
func NewRecorder() *Recorder { return &Recorder{records: make([]Record, 0, 48)} }

// Add adds a record. Records wait for Settle before they take their place.
func (t *Recorder) Add(r *Record) { t.records = append(t.records, *r) }

// Settle puts the records added since the last call into their canonical order:
// by time, then by actor, then as they were added. Between two calls several
// actors act only where timers of the runtime fired at one instant, in an order
// that the runtime draws at random, and this is where that order ends.
func (t *Recorder) Settle() {
	pending := t.records[t.settled:]
	for i := 1; i < len(pending); i++ {
		if pending[i].before(&pending[i-1]) {
			sort.SliceStable(pending, func(i, j int) bool { return pending[i].before(&pending[j]) })
			break
		}
	}
	t.settled = len(t.records)
}

// before tells whether a record stands before another in the canonical order.
func (r *Record) before(s *Record) bool {
	return r.At < s.At || (r.At == s.At && r.Actor < s.Actor)
}

// Records returns the settled records.
func (t *Recorder) Records() []Record { return t.records[:t.settled] }

// Digests returns two SHA-256 digests of a trace, in hexadecimal.
//
// The digest is of everything: order, times, latencies and payloads, and what
// happened on each host. The signature is, for each host in the order of their names,
// of what happened on it and in which order, without times and payload bytes: two
// replications of one signature differ in nothing but their times and their secrets.
func Digests(records []Record) (digest, signature string) {
	type host struct {
		name      string
		signature []byte // the encodings of what happened on it
		sum       [sha256.Size]byte
	}
	var hosts []host
	rest := make([]byte, 0, 8<<10) // all that does not belong to the signature
	for i := range records {
		r := &records[i]
		at := 0
		for at < len(hosts) && hosts[at].name != r.Host {
			at++
		}
		if at == len(hosts) {
			hosts = append(hosts, host{name: r.Host, signature: appendText(make([]byte, 0, 4<<10), r.Host)})
		}
		hosts[at].signature = r.appendSignature(hosts[at].signature)
		rest = r.appendRest(binary.AppendUvarint(rest, uint64(at)))
	}
	sum := func(parts []byte) string {
		h := sha256.Sum256(parts)
		return hex.EncodeToString(h[:])
	}
	all := sha256.Sum256(rest)
	whole := all[:]
	for i := range hosts {
		hosts[i].sum = sha256.Sum256(hosts[i].signature)
		whole = append(whole, hosts[i].sum[:]...)
	}
	slices.SortFunc(hosts, func(a, b host) int { return strings.Compare(a.name, b.name) })
	var signatures []byte
	for i := range hosts {
		signatures = append(signatures, hosts[i].sum[:]...)
	}
	return sum(whole), sum(signatures)[:32]
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
// of one signature have timelines of the same lengths.
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
