package wire

import (
	"bytes"
	"strconv"
)

// Datagram is a datagram with its DTLS records. It never changes after it is parsed, so all
// copies and everything on its path can share it. To alter a datagram, make a new one.
type Datagram struct {
	Payload []byte

	// Records are the complete records at the start of the payload, in order. Any bytes
	// after them are not DTLS.
	Records []Record
	whole   bool // the payload ends after the records
}

// Parse returns the datagram with the given payload. It keeps the payload, which must not
// change any more.
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

// Label describes the datagram by its DTLS headers. It joins the names of the contents with
// "+" (fragments of one message count once) and appends the epoch and sequence number of the
// first record: "ClientKeyExchange+ChangeCipherSpec+Finished epoch=0 seq=2".
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

// first returns the first record, or a zero record if the datagram does not begin with one.
func (d *Datagram) first() *Record {
	if len(d.Records) == 0 {
		return &Record{}
	}
	return &d.Records[0]
}

// StartsHandshake reports whether the datagram can begin a session: its first record is a
// handshake record of epoch 0 (RFC 6347 section 4.2.1). It need not be a ClientHello.
func (d *Datagram) StartsHandshake() bool {
	r := d.first()
	return r.ContentType == Handshake && r.Epoch == 0
}

// BeginsWithHandshake reports whether the first record is a handshake record of any epoch.
// This is the condition of dtls.Listen in github.com/pion/dtls/v2.
func (d *Datagram) BeginsWithHandshake() bool { return d.first().ContentType == Handshake }

// IsClientHello reports whether the first record is a ClientHello.
func (d *Datagram) IsClientHello() bool { return d.first().IsHandshake(ClientHello) }

// IsHelloVerifyRequest reports whether the first record is a HelloVerifyRequest.
func (d *Datagram) IsHelloVerifyRequest() bool { return d.first().IsHandshake(HelloVerifyRequest) }

// IsPlain reports whether the first record has epoch 0.
func (d *Datagram) IsPlain() bool { return len(d.Records) > 0 && d.Records[0].Epoch == 0 }

// IsData reports whether the first record is application data.
func (d *Datagram) IsData() bool { return d.first().ContentType == ApplicationData }

// IsEncryptedAlert reports whether the first record is an encrypted alert. The first one that
// a client sends is its close_notify, unless something failed before.
func (d *Datagram) IsEncryptedAlert() bool {
	r := d.first()
	return r.ContentType == Alert && r.Epoch > 0
}

// Position of the random of a ClientHello in its record: after the header of the handshake
// message and the version (RFC 6347 section 4.2.1).
const (
	randomFrom = 12 + 2
	randomTo   = randomFrom + 32
)

// SameHello reports whether two datagrams are ClientHellos of the same handshake. A client
// uses the same random when it retransmits its ClientHello and when it adds the cookie (RFC
// 6347 section 4.2.1).
func SameHello(a, b *Datagram) bool {
	if !a.IsClientHello() || !b.IsClientHello() {
		return false
	}
	x, y := a.Records[0].Fragment, b.Records[0].Fragment
	return len(x) >= randomTo && len(y) >= randomTo && bytes.Equal(x[randomFrom:randomTo], y[randomFrom:randomTo])
}

// Contains reports whether any record satisfies a condition.
func (d *Datagram) Contains(condition func(r *Record) bool) bool {
	for i := range d.Records {
		if condition(&d.Records[i]) {
			return true
		}
	}
	return false
}

// Strip returns the payload without the records that satisfy a condition, and those records.
// Bytes that are not part of a record stay.
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
