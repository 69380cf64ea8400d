// Package trace records what happens in a replication: typed records in a canonical order, with a
// canonical encoding. It computes two digests from them: the digest (everything, including
// payload bytes) and the signature (per host, without times and payloads).
package trace

import (
	"fmt"
	"net/netip"
	"slices"
	"sort"
	"strconv"
	"time"

	"github.com/dtlssim/dtlssim/sim/wire"
)

// RecordKind is the type of a record.
type RecordKind uint8

// The kinds of records.
const (
	Send RecordKind = iota + 1 // a host sends a datagram, and the network will deliver it
	// a host sends a datagram, and the network will lose it; or a bottleneck has no room for one
	Lose
	Arrive   // a datagram arrives at a socket of the host
	Drop     // a datagram arrives at the host, and the host drops it
	Note     // an application did or saw something
	Copy     // the network will deliver a second copy of the datagram just sent
	Hold     // a host sends a datagram, and the network holds it until another has arrived
	HoldCopy // the network keeps a copy of the datagram just sent until another has arrived
	Forge    // an outsider sends a datagram with a forged source address
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

// DatagramID identifies a datagram in a replication: the n-th that the actor sent, from 1.
type DatagramID struct {
	Actor  string
	Number uint64
}

// String returns the identity as shown in tables.
func (d DatagramID) String() string { return d.Actor + "#" + strconv.FormatUint(d.Number, 10) }

// Record is one thing that happened on a host or at a bottleneck. A bottleneck appears in the
// trace as a host.
type Record struct {
	At    time.Duration // virtual time
	Host  string
	Actor string // who acted; empty for the network's own actions
	Kind  RecordKind

	// Only for a datagram.
	ID       DatagramID
	From, To netip.AddrPort
	Datagram *wire.Datagram // what is in transit

	// Latency is the time until the datagram arrives: from now for Send, Copy, Forge and Leave;
	// from the end of the wait for Hold and HoldCopy; from its Leave for Queue.
	Latency time.Duration

	// Sent marks the record in which a host or an outsider sends the datagram. The digest
	// includes the payload only there, because the payload does not change on the way.
	Sent bool

	Event Event // what else the record says; nil for a datagram without more
}

// Label returns the label of the datagram; empty for a Note.
func (r *Record) Label() string {
	if r.Datagram == nil {
		return ""
	}
	return r.Datagram.Label()
}

// Length returns the length of the datagram's payload in bytes; 0 for a Note.
func (r *Record) Length() int {
	if r.Datagram == nil {
		return 0
	}
	return len(r.Datagram.Payload)
}

// Payload returns the datagram's payload in the record that sends it; nil elsewhere.
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

// Detail returns what the record's event says beyond its name.
func (r *Record) Detail() string {
	if r.Event == nil {
		return ""
	}
	return string(r.Event.AppendDetail(nil))
}

// Recorder collects the records of one replication.
type Recorder struct {
	records []Record
	settled int // number of records in their final order
}

// NewRecorder returns an empty recorder with room for an estimated number of records.
func NewRecorder(room int) *Recorder { return &Recorder{records: make([]Record, 0, room)} }

// Add adds a record. Settle puts it into its final order.
func (t *Recorder) Add(r *Record) { t.records = append(t.records, *r) }

// Settle puts the records added since the last call into canonical order: by time, then by actor,
// then as added. It returns these records; they are valid until the next Add. Between two calls,
// several actors act only if timers of the runtime fire at the same instant. The runtime runs them
// in random order; Settle removes this randomness.
func (t *Recorder) Settle() []Record {
	pending := t.records[t.settled:]
	for i := 1; i < len(pending); i++ {
		if pending[i].before(&pending[i-1]) {
			sort.SliceStable(pending, func(i, j int) bool { return pending[i].before(&pending[j]) })
			break
		}
	}
	t.settled = len(t.records)
	return pending
}

// Forget forgets the settled records. A recorder whose records are read as they settle need not
// keep them, and its memory then does not grow with the trace.
func (t *Recorder) Forget() {
	rest := copy(t.records, t.records[t.settled:])
	clear(t.records[rest:])
	t.records, t.settled = t.records[:rest], 0
}

// before reports whether a record precedes another in canonical order.
func (r *Record) before(s *Record) bool {
	return r.At < s.At || (r.At == s.At && r.Actor < s.Actor)
}

// Records returns the settled records.
func (t *Recorder) Records() []Record { return t.records[:t.settled] }

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Timeline holds the times at which things happened on one host, in order.
type Timeline struct {
	Host  string
	Times []time.Duration
}

// WholeRun is the host of records that say something about the whole run, at its end. That end is no
// instant of a host: which host's last instant it is may change while nothing else does.
const WholeRun = "run"

// Timelines splits a trace by host, in the order of the hosts' names, without the records of
// WholeRun. Traces with the same signature have timelines of equal lengths.
func Timelines(records []Record) []Timeline {
	times := make(map[string][]time.Duration)
	for i := range records {
		if records[i].Host == WholeRun {
			continue
		}
		times[records[i].Host] = append(times[records[i].Host], records[i].At)
	}
	lines := make([]Timeline, 0, len(times))
	for _, host := range sortedKeys(times) {
		lines = append(lines, Timeline{Host: host, Times: times[host]})
	}
	return lines
}
