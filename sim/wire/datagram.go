package wire

import (
	"bytes"
	"encoding/binary"
	"strconv"
)

// Datagram is a datagram with its DTLS records. It never changes once it is parsed, so that
// copies of it, and everything that handles it on its way, share it. An altered datagram is
// another one.
type Datagram struct {
	Payload []byte

	// Records are the whole records that the payload begins with, in their order. Behind
	// them there is nothing, or something that is not DTLS.
	Records []Record
	whole   bool // nothing stands behind the records
}

// Parse returns the datagram of a payload, which it keeps: nobody may change it any more.
func Parse(payload []byte) *Datagram {
	var few [8]Record // a flight of pion with a certificate has six
	records := few[:0]
	rest := payload
	for len(rest) > 0 {
		var r Record
		behind, ok := r.parse(rest)
		if !ok {
			break
		}
		records, rest = append(records, r), behind
	}
	return &Datagram{Payload: payload, Records: append([]Record(nil), records...), whole: len(rest) == 0}
}

// Label names the datagram by its DTLS headers: the contents joined by "+" (fragments of one
// message count once), then epoch and sequence number of the first record:
// "ClientKeyExchange+ChangeCipherSpec+Finished epoch=0 seq=2".
func (d *Datagram) Label() string { return string(d.AppendLabel(make([]byte, 0, 96))) }

// AppendLabel appends the label to b.
func (d *Datagram) AppendLabel(b []byte) []byte {
	if len(d.Records) == 0 {
		return append(b, "not DTLS"...)
	}
	last := ""
	for i := range d.Records {
		r := &d.Records[i]
		name := r.Name()
		if i > 0 {
			if name == last && r.ContentType == Handshake {
				continue
			}
			b = append(b, '+')
		}
		b, last = append(b, name...), name
	}
	if !d.whole {
		b = append(b, "+not DTLS"...)
	}
	b = strconv.AppendUint(append(b, " epoch="...), uint64(d.Records[0].Epoch), 10)
	return strconv.AppendUint(append(b, " seq="...), d.Records[0].Sequence, 10)
}

// first returns the first record. That of a datagram that does not begin with one has no
// content type.
func (d *Datagram) first() *Record {
	if len(d.Records) == 0 {
		return &Record{}
	}
	return &d.Records[0]
}

// StartsHandshake tells whether the datagram can begin a session: its first record is a
// handshake record of epoch 0 (RFC 6347 section 4.2.1). It need not be a ClientHello.
func (d *Datagram) StartsHandshake() bool {
	r := d.first()
	return r.ContentType == Handshake && r.Epoch == 0
}

// BeginsWithHandshake tells whether the first record is a handshake record, of whatever
// epoch: what dtls.Listen of pion v2 asks for.
func (d *Datagram) BeginsWithHandshake() bool { return d.first().ContentType == Handshake }

// IsClientHello tells whether the first record is a ClientHello.
func (d *Datagram) IsClientHello() bool { return d.first().IsHandshake(ClientHello) }

// IsHelloVerifyRequest tells whether the first record is a HelloVerifyRequest.
func (d *Datagram) IsHelloVerifyRequest() bool { return d.first().IsHandshake(HelloVerifyRequest) }

// IsPlain tells whether the first record is of epoch 0.
func (d *Datagram) IsPlain() bool { return len(d.Records) > 0 && d.Records[0].Epoch == 0 }

// IsData tells whether the first record is application data.
func (d *Datagram) IsData() bool { return d.first().ContentType == ApplicationData }

// IsEncryptedAlert tells whether the first record is an alert under the keys of an
// association; the first that a client sends is its close_notify, unless something failed
// before.
func (d *Datagram) IsEncryptedAlert() bool {
	r := d.first()
	return r.ContentType == Alert && r.Epoch > 0
}

// Where the random of a ClientHello stands in its record: behind the header of the handshake
// message, and the version (RFC 6347 section 4.2.1).
const (
	randomFrom = 12 + 2
	randomTo   = randomFrom + 32
)

// SameHello tells whether two datagrams are ClientHellos of one handshake: a client repeats
// its random when it repeats its hello, and when it adds the cookie (RFC 6347 section 4.2.1).
func SameHello(a, b *Datagram) bool {
	if !a.IsClientHello() || !b.IsClientHello() {
		return false
	}
	x, y := a.Records[0].Fragment, b.Records[0].Fragment
	return len(x) >= randomTo && len(y) >= randomTo && bytes.Equal(x[randomFrom:randomTo], y[randomFrom:randomTo])
}

// Contains tells whether any record satisfies a condition.
func (d *Datagram) Contains(condition func(r *Record) bool) bool {
	for i := range d.Records {
		if condition(&d.Records[i]) {
			return true
		}
	}
	return false
}

// Strip returns the payload without the records that satisfy a condition, and those records.
// What is no record stays as it is.
func (d *Datagram) Strip(condition func(r *Record) bool) (left []byte, stripped []Record) {
	at := 0
	for i := range d.Records {
		r := &d.Records[i]
		if condition(r) {
			stripped = append(stripped, *r)
		} else {
			left = append(left, d.Payload[at:at+r.size()]...)
		}
		at += r.size()
	}
	return append(left, d.Payload[at:]...), stripped
}

// Flight returns what identifies a datagram of a handshake among those of its sender when it
// is sent again under other record numbers: its first message's type and number in the
// handshake (RFC 6347 section 4.2.2), or the place of the ChangeCipherSpec if it begins with
// one. ok is false if the datagram is no part of a handshake.
func (d *Datagram) Flight() (key uint64, ok bool) {
	r := d.first()
	switch {
	case r.ContentType == ChangeCipherSpec:
		return 1 << 63, true
	case r.ContentType == Handshake && r.Epoch > 0:
		return 1 << 62, true
	case r.ContentType != Handshake || len(r.Fragment) < 9:
		return 0, false
	}
	// Type, length, message_seq, fragment_offset: the fragments of one message are not one
	// another's repetitions.
	f := r.Fragment
	return uint64(f[0])<<40 | uint64(binary.BigEndian.Uint16(f[4:]))<<24 |
		uint64(f[6])<<16 | uint64(f[7])<<8 | uint64(f[8]), true
}
