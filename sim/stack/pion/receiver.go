package pion

import (
	"bytes"
	"encoding/binary"
	"net"
	"sync"
	"time"

	"github.com/dtlssim/dtlssim/sim/stack"
	"github.com/dtlssim/dtlssim/sim/wire"
)

// Rules are what the versions of pion do differently with a record.
type Rules struct {
	// Copies: the queue keeps a copy of a record. v2 keeps a slice of its read buffer, which the
	// next datagram overwrites.
	Copies bool

	// OneEpoch: records of an epoch above 1 are dropped without a word, as is a ChangeCipherSpec of
	// an epoch above 0. Alerts of epoch 0 are dropped once the handshake is complete. Application
	// data that does not fit into the queue of Read is dropped until then.
	OneEpoch bool
}

// Sizes in both versions (conn.go).
const (
	queueSize = 100 // maxAppDataPacketQueueSize
	dataSize  = 1   // the channel decrypted
)

// Receiver follows the records that an endpoint reads, and reports what becomes of each and why. It
// repeats the decisions of Conn.handleIncomingPacket in conn.go, one record after another, and
// compares them with what the endpoint logs: what the log says is stated, what it leaves out is
// inferred.
//
// The goroutine that reads handles all records of a datagram before it reads again. It hands
// handshake messages to the goroutine of the state machine, and waits. A server's state machine
// then reads the queue of records that came too early; a client's never does, for it does not
// resume a session (flight4handler.go and flight3handler.go, handleQueuedPackets).
type Receiver struct {
	observe func(stack.Event)
	client  bool
	rules   Rules
	size    int // of the replay window

	mu       sync.Mutex // held for a few instructions only
	flight   stack.Flight
	state    stack.State
	complete bool   // the handshake is complete
	epoch    uint16 // of the peer
	keys     bool   // the cipher suite is initialised
	windows  map[uint16]*window
	messages *messages
	finished bool // the peer's Finished was read
	early    int  // records of application data that wait until the handshake is complete
	queue    []record

	list      []record // what the endpoint handles now: a datagram, then possibly the queue
	handshake bool     // it contains a handshake message that was read
	queued    bool     // the queue was added to it, or will not be
	read      time.Time
	hello     time.Time // when a repeated ClientHello was read; zero if never
}

// record is a record that an endpoint handles.
type record struct {
	raw  []byte // as the endpoint sees it
	was  []byte // what it was when it was queued; nil if it comes with the datagram
	lost bool   // it was queued, and has the bytes of a later datagram now

	kind     uint8
	epoch    uint16
	sequence uint64
}

// headerSize is the size of the header of a record: type, version, epoch, sequence number, length
// (RFC 6347 section 4.1).
const headerSize = 13

func newRecord(raw []byte) record {
	return record{
		raw: raw, kind: raw[0], epoch: binary.BigEndian.Uint16(raw[3:]),
		sequence: binary.BigEndian.Uint64(raw[3:]) & (1<<48 - 1),
	}
}

// name names what a record contains.
func (r *record) name() string {
	if r.lost {
		return stack.Elsewhere
	}
	if d := wire.Parse(r.raw); len(d.Records) > 0 {
		return d.Records[0].Name()
	}
	return "record"
}

// unpack splits a datagram into records, as UnpackDatagram in pkg/protocol/recordlayer does. It
// returns false if the lengths do not add up.
func unpack(datagram []byte) (list []record, ok bool) {
	for len(datagram) > 0 {
		if len(datagram) <= headerSize {
			return nil, false
		}
		size := headerSize + int(binary.BigEndian.Uint16(datagram[headerSize-2:]))
		if size > len(datagram) {
			return nil, false
		}
		list, datagram = append(list, newRecord(datagram[:size:size])), datagram[size:]
	}
	return list, true
}

// NewReceiver returns the receiver of an endpoint, or nil if c does not ask for explanations.
func NewReceiver(c stack.Config, client bool, rules Rules) *Receiver {
	if c.Observe == nil || !c.Explain {
		return nil
	}
	return &Receiver{
		observe: c.Observe, client: client, rules: rules, size: c.ReplayWindow, windows: make(map[uint16]*window),
		messages: newMessages(),
	}
}

// Conn returns the connection for the endpoint, which shows the receiver what the endpoint reads.
func (x *Receiver) Conn(below net.Conn) net.Conn {
	if x == nil {
		return below
	}
	return &receiving{below, x}
}

type receiving struct {
	net.Conn
	x *Receiver
}

// Read implements net.Conn.
func (c *receiving) Read(p []byte) (int, error) {
	c.x.done()
	n, err := c.Conn.Read(p)
	if err == nil {
		c.x.begin(p[:n])
	}
	return n, err
}

// done explains the rest of the datagram before, which the endpoint has handled.
func (x *Receiver) done() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.resolve()
}

// begin begins a datagram. The receiver keeps the buffer: a queue that keeps no copies does too.
func (x *Receiver) begin(datagram []byte) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.read = time.Now()
	list, ok := unpack(datagram)
	if !ok {
		x.explain(nil, stack.Explanation{Reason: stack.Malformed, Inferred: true})
	}
	x.list, x.handshake, x.queued = list, false, false
}

// enter registers that the handshake enters a state. The state machine takes handshake messages only
// where it waits, and only once all records of their datagram have been handled.
func (x *Receiver) enter(flight stack.Flight, state stack.State) {
	if x == nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if waits := x.state == stack.Waiting || x.state == stack.Finished; waits && (x.handshake || x.begins()) {
		x.resolve()
		x.queued = true // it is read in the state that the handshake leaves, or not at all
	}
	again := state == stack.Sending && flight == x.flight &&
		(x.state == stack.Finished || x.state == stack.Waiting && x.rules.OneEpoch && x.hello.Equal(time.Now()))
	x.flight, x.state = flight, state
	if again {
		x.read = time.Now()
		x.explain(nil, stack.Explanation{Reason: stack.FlightRepeated, Inferred: true})
	}
	if x.client && flight == stack.Flight5 && state == stack.Sending {
		x.keys = true
	}
	if state == stack.Finished && !x.complete {
		x.complete = true
		x.leave()
	}
}

// begins reports whether the records that are left contain a handshake message that will be read.
func (x *Receiver) begins() bool {
	for i := range x.list {
		if r := &x.list[i]; r.kind == wire.Handshake && x.fate(r).accept {
			return true
		}
	}
	return false
}

// End registers that the handshake has failed.
func (x *Receiver) End() {
	if x == nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.resolve()
	x.read = time.Now()
	x.leave()
}

// leave explains that what is in the queue stays there.
func (x *Receiver) leave() {
	for i := range x.queue {
		if r := newRecord(x.queue[i].was); !x.client { // a client never reads it: that was said before
			x.explain(&r, stack.Explanation{Reason: stack.NeverRead, Inferred: true})
		}
	}
}

// resolve explains the records that are left by what must have become of them, for the log says
// nothing of them.
func (x *Receiver) resolve() {
	for x.more() {
		r := x.list[0]
		f := x.fate(&r)
		x.settle(&r, f, false)
	}
}

// more reports whether a record is left to handle. When the datagram has been handled, a server in
// flight 4 reads its queue, if the messages of the client's flight are complete.
func (x *Receiver) more() bool {
	if len(x.list) > 0 || x.queued || !x.handshake || x.client || x.flight != stack.Flight4 || !x.flightIsRead() {
		return len(x.list) > 0
	}
	x.queued, x.keys = true, true
	x.list, x.queue = x.queue, nil
	for i := range x.list {
		if r := &x.list[i]; !bytes.Equal(r.raw, r.was) {
			first := newRecord(r.was)
			x.explain(&first, stack.Explanation{Reason: stack.Overwritten, Inferred: true})
			now := newRecord(r.raw)
			r.kind, r.epoch, r.sequence, r.lost = now.kind, now.epoch, now.sequence, true
		}
	}
	return len(x.list) > 0
}

// flightIsRead reports whether the messages that a server waits for in flight 4 are complete, up to
// the ChangeCipherSpec: a certificate comes with a signature.
func (x *Receiver) flightIsRead() bool {
	read := x.messages.read
	return read[clientKeyExchange] && (!read[certificate] || read[certificateVerify])
}

// settle removes the first record that is left and does with it what its fate says.
func (x *Receiver) settle(r *record, f fate, stated bool) {
	x.list = x.list[1:]
	switch {
	case f.why.Reason != 0:
		f.why.Inferred = f.why.Inferred || !stated
		x.explain(r, f.why)
	case r.was != nil && !r.lost:
		x.explain(r, stack.Explanation{Reason: stack.Unqueued, Inferred: !stated})
	}
	if f.accept {
		x.window(r.epoch).accept(r.sequence)
	}
	if f.then != nil {
		f.then()
	}
	if f.ends {
		rest := x.list
		x.list, x.queued = nil, true
		for i := range rest {
			x.explain(&rest[i], stack.Explanation{Reason: stack.BehindAlert, Inferred: true})
		}
	}
}

func (x *Receiver) window(epoch uint16) *window {
	w := x.windows[epoch]
	if w == nil {
		w = newWindow(x.size)
		x.windows[epoch] = w
	}
	return w
}

// explain reports an explanation, of a record if there is one.
func (x *Receiver) explain(r *record, e stack.Explanation) {
	e.Flight, e.State, e.PeerEpoch = x.flight, x.state, x.epoch
	if r != nil {
		e.Record, e.ContentType, e.Epoch, e.Sequence = r.name(), r.kind, r.epoch, r.sequence
	}
	x.observe(stack.Event{Kind: stack.Explained, Explanation: &e, Read: x.read})
}
