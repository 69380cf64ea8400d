package wire_test

import (
	"slices"
	"testing"

	"github.com/dtlssim/dtlssim/sim/wire"
)

// fragment builds a fragment of a handshake message (RFC 6347 section 4.2.2).
func fragment(handshakeType, sequence byte, from, length int) []byte {
	b := []byte{handshakeType, 0, 2, 0, 0, sequence,
		byte(from >> 16), byte(from >> 8), byte(from), byte(length >> 16), byte(length >> 8), byte(length)}
	return append(b, make([]byte, length)...)
}

// Every datagram of a flight has its number, whatever message it begins with.
func TestFlight(t *testing.T) {
	ccs, finished := record(wire.ChangeCipherSpec, 0, 3, []byte{1}), record(wire.Handshake, 1, 0, make([]byte, 40))
	of := func(message, sequence byte) []byte {
		return record(wire.Handshake, 0, 9, fragment(message, sequence, 0, 4))
	}
	for _, c := range []struct {
		name       string
		fromClient bool
		want       int
		payload    []byte
	}{
		{"first hello", true, 1, of(1, 0)},
		{"request", false, 2, of(3, 0)},
		{"second hello", true, 3, of(1, 1)},
		{"ServerHello", false, 4, of(2, 1)},
		{"ServerHelloDone", false, 4, of(14, 4)},
		{"ClientKeyExchange", true, 5, of(16, 2)},
		{"the client's certificate", true, 5, of(11, 2)},
		{"the client's ChangeCipherSpec", true, 5, ccs},
		{"the client's Finished", true, 5, finished},
		{"ticket", false, 6, of(4, 5)},
		{"the server's ChangeCipherSpec", false, 6, ccs},
		{"the server's Finished", false, 6, finished},
		{"data", true, 0, applicationData},
		{"alert", false, 0, encryptedAlert},
		{"nothing", true, 0, nil},
		{"a message cut short", true, 0, record(22, 0, 0, fragment(1, 0, 0, 0)[:8])},
	} {
		if got := wire.Parse(c.payload).Flight(c.fromClient); got != c.want {
			t.Errorf("%s: flight %d, want %d", c.name, got, c.want)
		}
	}
}

// The parts of a flight are the same under other record numbers, and however it is cut.
func TestParts(t *testing.T) {
	key := slices.Concat(record(22, 0, 2, fragment(16, 2, 0, 8)), record(22, 0, 3, fragment(16, 2, 8, 5)))
	rest := slices.Concat(
		record(20, 0, 4, []byte{1}), record(22, 1, 0, make([]byte, 40)), record(22, 1, 1, make([]byte, 40)))
	whole, _ := wire.Parse(slices.Concat(key, rest)).AppendParts(nil, 0)
	cut, n := wire.Parse(key).AppendParts(nil, 0)
	cut, n = wire.Parse(rest[:len(rest)-53]).AppendParts(cut, n)
	cut, n = wire.Parse(rest[len(rest)-53:]).AppendParts(cut, n)
	if len(whole) != 5 || !slices.Equal(whole, cut) || n != 2 {
		t.Errorf("in one datagram %v, in three %v, with %d encrypted records", whole, cut, n)
	}
	if whole[0].To != 8 || whole[1].From != 8 || whole[0].Message != 2 {
		t.Errorf("fragments %v", whole)
	}
	if parts, _ := wire.Parse(applicationData).AppendParts(nil, 0); parts != nil {
		t.Errorf("data has the parts %v", parts)
	}
}
