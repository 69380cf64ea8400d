package stacktest

import (
	"bytes"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/dtlssim/dtlssim/sim/stack"
	"github.com/dtlssim/dtlssim/sim/wire"
)

// explained are the explanations of an endpoint, as texts.
type explained struct {
	mu   sync.Mutex
	list []string
}

func (x *explained) observe(e stack.Event) {
	if e.Kind != stack.Explained {
		return
	}
	before, after := e.Explanation.Deed()
	if e.Explanation.Record != "" {
		before += " " + e.Explanation.Name()
	}
	if after = before + after; e.Explanation.Inferred {
		after += " (inferred)"
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.list = append(x.list, after)
}

// texts returns the explanations so far.
func (x *explained) texts() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(x.list)
}

// Early is a record that a server gets before the handshake has begun, and what the server must
// explain of it.
type Early struct {
	What     string
	Datagram []byte
	Want     []string
}

// record returns a record.
func record(kind uint8, epoch uint16, number uint64, fragment ...byte) []byte {
	b := wire.PlainRecord(kind, number, fragment)
	b[3], b[4] = byte(epoch>>8), byte(epoch)
	return b
}

// Records of a server that has received nothing yet.
var (
	wrongVersion = func() []byte {
		b := record(wire.Handshake, 0, 1, 1)
		b[1] = 3
		return b
	}()
	message5 = append([]byte{wire.ClientHello, 0, 0, 4, 0, 5, 0, 0, 0, 0, 0, 4}, "late"...)
	part     = append([]byte{wire.ClientHello, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 4}, "part"...)
)

// TwoAhead is a record of the epoch after the next one.
var TwoAhead = record(wire.ApplicationData, 2, 5, 1)

// EarlyRecords are for servers of every stack.
var EarlyRecords = []Early{
	{"lengths that do not add up", []byte{22, 254, 253, 0, 0}, []string{
		"drops the datagram: the lengths of its records do not add up (inferred)",
	}},
	{"another version", wrongVersion, []string{"drops record 0/1: malformed"}},
	{"the next epoch", record(wire.ApplicationData, 1, 7, 1, 2, 3), []string{
		"queues ApplicationData 1/7 for epoch 1: the peer's epoch is 0",
	}},
	{"a ChangeCipherSpec without keys", record(wire.ChangeCipherSpec, 0, 3, 1), []string{
		"queues ChangeCipherSpec 0/3: there are no keys yet",
	}},
	{"a later message", record(wire.Handshake, 0, 2, message5...), []string{
		"keeps ClientHello 0/2: message 0 is missing (inferred)",
	}},
	{"a part of a message, twice under one number, and under another",
		bytes.Join([][]byte{
			record(wire.Handshake, 0, 2, part...), record(wire.Handshake, 0, 2, part...),
			record(wire.Handshake, 0, 70, part...), record(wire.Handshake, 0, 6, part...),
		}, nil),
		[]string{
			"keeps ClientHello 0/2: message 0 is not complete (inferred)",
			"drops ClientHello 0/2: a replay, the record was seen before",
			"keeps ClientHello 0/70: message 0 is not complete (inferred)",
			"drops ClientHello 0/6: older than the replay window of 64, the newest record is 0/70",
		}},
	{"a malformed message", record(wire.Handshake, 0, 4, 1, 0, 0), []string{"drops ClientHello 0/4: malformed"}},
	{"a warning, and a record behind it",
		slices.Concat(record(wire.Alert, 0, 1, 1, 90), record(wire.Handshake, 0, 2, part...)), []string{
			"reads Alert(user_canceled) 0/1, an alert: user_canceled",
			"drops ClientHello 0/2: it follows an alert or a rejected record in its datagram (inferred)",
		}},
	{"an alert that is too long", record(wire.Alert, 0, 1, 1, 90, 0), []string{
		"drops Alert(malformed) 0/1: malformed (inferred)",
	}},
	{"unprotected data", record(wire.ApplicationData, 0, 1, 7), []string{
		"rejects ApplicationData 0/1: application data must be protected (inferred)",
	}},
	{"an unknown content type", record(99, 0, 1, 7), []string{"rejects record 0/1: no such content type (inferred)"}},
}

// Explains sends records to servers that wait for a hello, and compares what they explain of them.
// Then it fills the queue of one.
func Explains(t *testing.T, s stack.Stack, records ...Early) {
	t.Helper()
	for _, early := range records {
		if got := explains(t, s, early.Datagram); !slices.Equal(got, early.Want) {
			t.Errorf("%s:\n  %s\nwant\n  %s", early.What, strings.Join(got, "\n  "), strings.Join(early.Want, "\n  "))
		}
	}
	var many [][]byte
	for i := range uint64(102) {
		many = append(many, record(wire.ApplicationData, 1, i, 1))
	}
	got := explains(t, s, many...)
	full := slices.DeleteFunc(slices.Clone(got), func(text string) bool { return !strings.HasPrefix(text, "drops") })
	want := []string{
		"drops ApplicationData 1/100: the queue of 100 records is full (inferred)",
		"drops ApplicationData 1/101: the queue of 100 records is full (inferred)",
	}
	if len(got) != len(many) || !slices.Equal(full, want) {
		t.Errorf("of %d records, %d are explained, %q", len(many), len(got), full)
	}
}

// explains returns what a server explains of datagrams.
func explains(t *testing.T, s stack.Stack, datagrams ...[]byte) []string {
	t.Helper()
	var x explained
	here, there := net.Pipe()
	ended := make(chan error, 1)
	with := config
	with.Observe, with.Explain = x.observe, true
	go func() {
		_, err := s.Server(t.Context(), here, with)
		_ = here.Close()
		ended <- err
	}()
	go func() { // what the server sends, until it has gone
		buffer := make([]byte, 4096)
		for {
			if _, err := there.Read(buffer); err != nil {
				return
			}
		}
	}()
	for _, d := range datagrams {
		if _, err := there.Write(d); err != nil {
			t.Fatal(err)
		}
	}
	// When it reads again, or has failed, the server has explained what it read before.
	_, _ = there.Write([]byte{0})
	list := x.texts()
	_ = there.Close()
	<-ended
	last := "drops the datagram: the lengths of its records do not add up (inferred)"
	if n := len(list); n > 1 && list[n-1] == last { // the last one, if it was read by now
		list = list[:n-1]
	}
	return slices.DeleteFunc(list, func(text string) bool { return strings.HasPrefix(text, "never reads") })
}
