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
// contains the texts of the events, and usually the payload of each datagram once, where it first
// occurs: see [Encoder].
func Encode(records []Record) []byte {
	var e Encoder
	var b []byte
	for i := range records {
		b = e.Append(b, &records[i])
	}
	return b
}

// Encoder encodes a trace one record after the other. Its zero value is ready for use. It remembers
// only recent datagrams, so its memory does not grow with the trace: when an older one occurs
// again, it encodes its payload again.
type Encoder struct {
	recent, older map[*wire.Datagram]uint64 // the numbers of datagrams, from 1
	count         uint64                    // numbers so far
}

// mostRecent is how many datagrams an Encoder remembers at least, and half of how many at most.
const mostRecent = 4096

// number returns the number of a datagram. known is false if its payload has to be encoded.
func (e *Encoder) number(d *wire.Datagram) (number uint64, known bool) {
	if number, known = e.recent[d]; known {
		return number, true
	}
	if number, known = e.older[d]; known {
		return number, true
	}
	if len(e.recent) >= mostRecent {
		e.recent, e.older = e.older, e.recent
		clear(e.recent)
	}
	if e.recent == nil {
		e.recent = make(map[*wire.Datagram]uint64)
	}
	e.count++
	e.recent[d] = e.count
	return e.count, false
}

// Append appends the encoding of the next record to b.
func (e *Encoder) Append(b []byte, r *Record) []byte {
	b = r.appendWho(b)
	if r.Datagram == nil {
		b = append(b, 0)
	} else {
		number, known := e.number(r.Datagram)
		b = binary.AppendUvarint(b, number)
		if !known {
			b = append(binary.AppendUvarint(b, uint64(len(r.Datagram.Payload))), r.Datagram.Payload...)
		}
	}
	sent := byte(0)
	if r.Sent {
		sent = 1
	}
	b = binary.AppendVarint(append(b, sent), int64(r.At))
	return r.appendEvent(binary.AppendVarint(b, int64(r.Latency)))
}

// Decode reads the records of an encoding. It parses each datagram once, as the sender did. It
// returns each event as [Text].
func Decode(encoding []byte) ([]Record, error) {
	var d Decoder
	err := d.Add(encoding)
	return d.Records, err
}

// Decoder reads the encoding of a trace in parts, each of whole records. Its zero value is ready
// for use.
type Decoder struct {
	Records []Record // so far

	rest      []byte
	bad       bool
	taken     int               // records
	forgotten uint64            // datagrams
	datagrams []*wire.Datagram  // the latest
	names     map[string]string // names of hosts, actors and events occur again and again
}

// Add reads the next part.
func (d *Decoder) Add(part []byte) error {
	d.rest = part
	for len(d.rest) > 0 && !d.bad {
		var r Record
		r.Host = d.name()
		r.Actor = d.name()
		r.Kind = RecordKind(d.byte())
		r.ID.Actor = d.name()
		r.ID.Number = d.uvarint()
		r.From = d.address()
		r.To = d.address()
		r.Datagram = d.datagram()
		r.Sent = d.byte() != 0
		r.At = time.Duration(d.varint())
		r.Latency = time.Duration(d.varint())
		if event := (Text{d.name(), string(d.bytes())}); event != (Text{}) {
			r.Event = event
		}
		d.Records = append(d.Records, r)
	}
	if d.bad {
		n := d.taken + len(d.Records)
		d.Records = nil
		return fmt.Errorf("trace: record %d is malformed", n)
	}
	return nil
}

// Take returns the records so far, and forgets them.
func (d *Decoder) Take() []Record {
	records := d.Records
	d.Records, d.taken = nil, d.taken+len(records)
	return records
}

// mostNames is how many names a Decoder remembers.
const mostNames = 4096

// name reads a name.
func (d *Decoder) name() string {
	raw := d.bytes()
	if name, known := d.names[string(raw)]; known {
		return name
	}
	name := string(raw)
	if d.names == nil {
		d.names = make(map[string]string)
	}
	if len(d.names) < mostNames {
		d.names[name] = name
	}
	return name
}

func (d *Decoder) take(n int) {
	if n <= 0 || n > len(d.rest) {
		d.fail()
		return
	}
	d.rest = d.rest[n:]
}

func (d *Decoder) fail() { d.bad, d.rest = true, nil }

func (d *Decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	d.take(n)
	return v
}

func (d *Decoder) varint() int64 {
	v, n := binary.Varint(d.rest)
	d.take(n)
	return v
}

func (d *Decoder) byte() byte {
	if len(d.rest) == 0 {
		d.fail()
		return 0
	}
	v := d.rest[0]
	d.rest = d.rest[1:]
	return v
}

func (d *Decoder) bytes() []byte {
	n := d.uvarint()
	if n > uint64(len(d.rest)) {
		d.fail()
		return nil
	}
	v := d.rest[:n]
	d.rest = d.rest[n:]
	return v
}

func (d *Decoder) address() netip.AddrPort {
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

// datagram reads a datagram: its number and, if the number is new, its payload. It forgets those that
// the Encoder has forgotten.
func (d *Decoder) datagram() *wire.Datagram {
	number := d.uvarint()
	known := d.forgotten + uint64(len(d.datagrams))
	switch {
	case number == 0:
		return nil
	case number == known+1:
		if len(d.datagrams) >= 4*mostRecent {
			d.datagrams = append(d.datagrams[:0], d.datagrams[2*mostRecent:]...)
			clear(d.datagrams[len(d.datagrams):cap(d.datagrams)])
			d.forgotten += 2 * mostRecent
		}
		d.datagrams = append(d.datagrams, wire.Parse(slices.Clone(d.bytes())))
	case number > known || number <= d.forgotten:
		d.fail()
		return nil
	}
	return d.datagrams[number-1-d.forgotten]
}
