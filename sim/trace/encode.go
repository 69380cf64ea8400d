package trace

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/dtlssim/dtlssim/sim/wire"
)

// appendCanonical appends everything that the record shows to b: integers as varints, strings and
// bytes with a length prefix. The part that belongs to the signature comes first, then time,
// length, latency and payload.
func (r *Record) appendCanonical(b []byte) []byte { return r.appendRest(r.appendSignature(b)) }

// appendRest appends the part that does not belong to the signature.
func (r *Record) appendRest(b []byte) []byte {
	b = binary.AppendVarint(b, int64(r.At))
	b = binary.AppendUvarint(b, uint64(r.Length()))
	b = binary.AppendVarint(b, int64(r.Latency))
	payload := r.Payload()
	b = binary.AppendUvarint(b, uint64(len(payload)))
	return append(b, payload...)
}

// appendSignature appends the part that belongs to the signature.
func (r *Record) appendSignature(b []byte) []byte {
	b = r.appendWho(b)
	at := len(b)
	b = append(b, 0)
	if r.Datagram != nil {
		b = r.Datagram.AppendLabel(b)
	}
	return r.appendEvent(putLength(b, at))
}

// appendWho appends who did what to which datagram.
func (r *Record) appendWho(b []byte) []byte {
	b = appendText(b, r.Host)
	b = appendText(b, r.Actor)
	b = append(b, byte(r.Kind))
	b = appendText(b, r.ID.Actor)
	b = binary.AppendUvarint(b, r.ID.Number)
	b = appendAddress(b, r.From)
	return appendAddress(b, r.To)
}

// appendEvent appends the texts of the event.
func (r *Record) appendEvent(b []byte) []byte {
	if r.Event == nil {
		return append(b, 0, 0)
	}
	b = appendText(b, r.Event.Name())
	at := len(b)
	return putLength(r.Event.AppendDetail(append(b, 0)), at)
}

// putLength puts the length of the text that follows index at into b at that index, where one
// byte was reserved.
func putLength(b []byte, at int) []byte {
	length := len(b) - at - 1
	if length < 0x80 {
		b[at] = byte(length)
		return b
	}
	prefix := binary.AppendUvarint(make([]byte, 0, binary.MaxVarintLen64), uint64(length))
	b[at] = prefix[0]
	return slices.Insert(b, at+1, prefix[1:]...)
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

// Encode returns the encoding of a whole trace, for another process of the same program. It
// contains the payload of each datagram once, where it first occurs, and the texts of the events.
func Encode(records []Record) []byte {
	var b []byte
	numbers := make(map[*wire.Datagram]uint64) // numbers of the datagrams so far, from 1
	for i := range records {
		r := &records[i]
		b = r.appendWho(b)
		switch number, known := numbers[r.Datagram]; {
		case r.Datagram == nil:
			b = append(b, 0)
		case known:
			b = binary.AppendUvarint(b, number)
		default:
			number = uint64(len(numbers) + 1)
			numbers[r.Datagram] = number
			b = appendText(binary.AppendUvarint(b, number), string(r.Datagram.Payload))
		}
		sent := byte(0)
		if r.Sent {
			sent = 1
		}
		b = binary.AppendVarint(append(b, sent), int64(r.At))
		b = r.appendEvent(binary.AppendVarint(b, int64(r.Latency)))
	}
	return b
}

// Decode reads the records of an encoding. It parses each datagram once, as the sender did. It
// returns each event as [Text].
func Decode(encoding []byte) ([]Record, error) {
	d := decoder{rest: encoding}
	var records []Record
	for len(d.rest) > 0 && !d.bad {
		var r Record
		r.Host = string(d.bytes())
		r.Actor = string(d.bytes())
		r.Kind = RecordKind(d.byte())
		r.ID.Actor = string(d.bytes())
		r.ID.Number = d.uvarint()
		r.From = d.address()
		r.To = d.address()
		r.Datagram = d.datagram()
		r.Sent = d.byte() != 0
		r.At = time.Duration(d.varint())
		r.Latency = time.Duration(d.varint())
		if event := (Text{string(d.bytes()), string(d.bytes())}); event != (Text{}) {
			r.Event = event
		}
		records = append(records, r)
	}
	if d.bad {
		return nil, fmt.Errorf("trace: record %d is malformed", len(records))
	}
	return records, nil
}

type decoder struct {
	rest      []byte
	bad       bool
	datagrams []*wire.Datagram // so far
}

func (d *decoder) take(n int) {
	if n <= 0 || n > len(d.rest) {
		d.fail()
		return
	}
	d.rest = d.rest[n:]
}

func (d *decoder) fail() { d.bad, d.rest = true, nil }

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
		d.fail()
		return 0
	}
	v := d.rest[0]
	d.rest = d.rest[1:]
	return v
}

func (d *decoder) bytes() []byte {
	n := d.uvarint()
	if n > uint64(len(d.rest)) {
		d.fail()
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
	d.fail()
	return netip.AddrPort{}
}

// datagram reads a datagram: its number and, if the number is new, its payload.
func (d *decoder) datagram() *wire.Datagram {
	number := d.uvarint()
	known := uint64(len(d.datagrams))
	switch {
	case number == 0:
		return nil
	case number == known+1:
		d.datagrams = append(d.datagrams, wire.Parse(slices.Clone(d.bytes())))
	case number > known:
		d.fail()
		return nil
	}
	return d.datagrams[number-1]
}
