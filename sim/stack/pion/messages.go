package pion

import (
	"encoding/binary"
	"slices"
)

// Handshake types (RFC 5246 section 7.4).
const (
	clientHello       = 1
	certificate       = 11
	certificateVerify = 15
	clientKeyExchange = 16
)

// fragmentHeader is the size of the header of a handshake message or fragment (RFC 6347 section
// 4.2.2).
const fragmentHeader = 12

// fragment is a part of a handshake message.
type fragment struct {
	kind                   uint8
	message                int // message_seq
	length, offset, behind int // of the message; of the fragment's first byte, and of the byte behind it
}

// fragments parses the fragments in a record of epoch 0. ok is false if they are malformed.
func fragments(b []byte) (list []fragment, ok bool) {
	for len(b) > 0 {
		if len(b) < fragmentHeader {
			return nil, false
		}
		f := fragment{
			kind: b[0], length: uint24(b[1:]), message: int(binary.BigEndian.Uint16(b[4:])), offset: uint24(b[6:]),
		}
		size := uint24(b[9:])
		if f.behind = f.offset + size; len(b) < fragmentHeader+size {
			return nil, false
		}
		list, b = append(list, f), b[fragmentHeader+size:]
	}
	return list, true
}

func uint24(b []byte) int { return int(b[0])<<16 | int(b[1])<<8 | int(b[2]) }

// messages are the handshake messages of epoch 0 that an endpoint has received so far, as in
// pion's fragment buffer.
type messages struct {
	next  int // number of the first message that is not complete
	parts map[int][]fragment
	read  map[uint8]bool // types of the complete messages
}

func newMessages() *messages {
	return &messages{parts: make(map[int][]fragment), read: make(map[uint8]bool)}
}

// completes reports whether a fragment completes its message.
func (m *messages) completes(f fragment) bool {
	return covers(append(slices.Clip(m.parts[f.message]), f))
}

// add adds a fragment and returns the numbers of the messages that it completes.
func (m *messages) add(f fragment) (complete []int) {
	if f.message < m.next {
		return nil
	}
	m.parts[f.message] = append(m.parts[f.message], f)
	for covers(m.parts[m.next]) {
		m.read[m.parts[m.next][0].kind] = true
		delete(m.parts, m.next)
		complete = append(complete, m.next)
		m.next++
	}
	return complete
}

// covers reports whether fragments make up a whole message.
func covers(list []fragment) bool {
	if len(list) == 0 {
		return false
	}
	covered := 0
	for more := true; more; {
		more = false
		for _, f := range list {
			if f.offset <= covered && f.behind > covered {
				covered, more = f.behind, true
			}
		}
	}
	return covered >= list[0].length
}
