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
	"strconv"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/sim/wire"
)

// RecordKind is the type of a record.
type RecordKind uint8

// The kinds.
const (
	Send RecordKind = iota + 1 // a host sends a datagram, and the network will deliver it
	// a host sends a datagram, and the network will lose it; or a bottleneck has no room for one
	Lose
	Arrive   // a datagram arrives at a socket of the host
	Drop     // a datagram arrives at the host, and the host drops it
	Note     // an application did or saw something
	Copy     // the network will deliver the datagram just sent a second time
	Hold     // a host sends a datagram, and the network holds it until another has arrived
	HoldCopy // the network keeps a copy of the datagram just sent until another has arrived
	Forge    // somebody outside sends a datagram under another's address
	Queue    // a host sends a datagram, and the network takes it to a bottleneck
	Enter    // a datagram enters a bottleneck, where it waits and is served
	Leave    // a datagram leaves a bottleneck, and the network will deliver it
)

var kindNames = [...]string{
	Send: "send", Lose: "lose", Arrive: "arrive", Drop: "drop", Note: "note", Copy: "copy", Hold: "hold",
	HoldCopy: "hold copy",
	Forge:    "forge", Queue: "queue", Enter: "enter", Leave: "leave",
}

// String returns the kind's name.
func (k RecordKind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return fmt.Sprintf("RecordKind(%d)", uint8(k))
}

// DatagramID identifies a datagram within a replication: the n-th that the actor sent,
// counted from 1.
type DatagramID struct {
	Actor  string
	Number uint64
}

// String returns the identity as tables show it.
func (d DatagramID) String() string { return d.Actor + "#" + strconv.FormatUint(d.Number, 10) }

// Record is one thing that happened on one host, or at a bottleneck, which the trace
// has in the place of a host.
type Record struct {
	At    time.Duration // virtual time
	Host  string
	Actor string // who did it; the network's own actions have no actor
	Kind  RecordKind

	// Of a datagram.
	ID       DatagramID
	From, To netip.AddrPort
	Datagram *wire.Datagram // what is on its way

	// Latency is the time to the datagram's arrival: of Send, Copy, Forge and Leave from now,
	// of Hold and HoldCopy from the end of the wait, of Queue from its Leave.
	Latency time.Duration

	// Sent tells that this is where a host, or somebody outside, sends the datagram. The
	// digest has the payload from there; what arrives is what was sent.
	Sent bool

	Event Event // what else is to be said; nil of a datagram: nothing
}

// Label returns the label of the datagram; it is empty of a Note.
func (r *Record) Label() string {
	if r.Datagram == nil {
		return ""
	}
	return r.Datagram.Label()
}

// Length returns the length of the datagram's payload in bytes; it is 0 of a Note.
func (r *Record) Length() int {
	if r.Datagram == nil {
		return 0
	}
	return len(r.Datagram.Payload)
}

// Payload returns the payload of the datagram where it is sent; it is nil elsewhere.
func (r *Record) Payload() []byte {
	if r.Datagram == nil || !r.Sent {
		return nil
	}
	return r.Datagram.Payload
}

// Name returns the name of the record's event, if it has one.
func (r *Record) Name() string {
	if r.Event == nil {
		return ""
	}
	return r.Event.Name()
}

// Detail returns what the record's event says besides its name.
func (r *Record) Detail() string {
	if r.Event == nil {
		return ""
	}
	return string(r.Event.AppendDetail(nil))
}

// Recorder collects the records of one replication.
type Recorder struct {
	records []Record
	settled int // of records, how many have their place
}

// NewRecorder returns an empty recorder with room for so many records, which is a guess.
func NewRecorder(room int) *Recorder { return &Recorder{records: make([]Record, 0, room)} }

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
func Digests(records []Record) (digest, signature string) { return new(Digester).Digests(records) }

// Digester computes digests. It keeps its buffers from one trace to the next, unless they
// are large; it is not safe for concurrent use.
type Digester struct {
	hosts []hostDigest
	rest  []byte // all that does not belong to the signature
}

// hostDigest is what goes into the digests of what happened on one host.
type hostDigest struct {
	name      string
	signature []byte // the encodings of what happened on it
	sum       [sha256.Size]byte
}

// keptBuffer is the size up to which a Digester keeps a buffer, in bytes, and keptHosts is
// of how many hosts it does.
const (
	keptBuffer = 32 << 10
	keptHosts  = 4
)

// Digests returns the digests of a trace.
func (d *Digester) Digests(records []Record) (digest, signature string) {
	for i := range records {
		r := &records[i]
		at := 0
		for at < len(d.hosts) && d.hosts[at].name != r.Host {
			at++
		}
		if at == len(d.hosts) {
			d.addHost(r.Host)
		}
		h := &d.hosts[at]
		h.signature = r.appendSignature(h.signature)
		d.rest = r.appendRest(binary.AppendUvarint(d.rest, uint64(at)))
	}
	sum := func(parts []byte) string {
		h := sha256.Sum256(parts)
		return hex.EncodeToString(h[:])
	}
	all := sha256.Sum256(d.rest)
	whole := append(make([]byte, 0, 8*sha256.Size), all[:]...)
	for i := range d.hosts {
		d.hosts[i].sum = sha256.Sum256(d.hosts[i].signature)
		whole = append(whole, d.hosts[i].sum[:]...)
	}
	slices.SortFunc(d.hosts, func(a, b hostDigest) int { return strings.Compare(a.name, b.name) })
	signatures := make([]byte, 0, 8*sha256.Size)
	for i := range d.hosts {
		signatures = append(signatures, d.hosts[i].sum[:]...)
	}
	d.reset()
	return sum(whole), sum(signatures)[:32]
}

// addHost begins with another host, in the buffer of one of a trace before if there is one.
func (d *Digester) addHost(name string) {
	n := len(d.hosts)
	if n < cap(d.hosts) {
		d.hosts = d.hosts[:n+1]
	} else {
		d.hosts = append(d.hosts, hostDigest{})
	}
	h := &d.hosts[n]
	h.name, h.signature = name, appendText(h.signature[:0], name)
}

// reset prepares for the next trace.
func (d *Digester) reset() {
	for i := range d.hosts {
		if h := &d.hosts[i]; i >= keptHosts || cap(h.signature) > keptBuffer {
			h.signature = nil
		}
	}
	if len(d.hosts) > keptHosts {
		d.hosts = slices.Clone(d.hosts[:keptHosts])
	}
	d.hosts = d.hosts[:0]
	if d.rest = d.rest[:0]; cap(d.rest) > keptBuffer {
		d.rest = nil
	}
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
