package trace

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
)

// Content types (RFC 6347 section 4.1, RFC 5246 section 6.2.1).
const (
	ChangeCipherSpec = 20
	Alert            = 21
	Handshake        = 22
	ApplicationData  = 23
)

// Handshake types (RFC 6347 section 4.3.2) that the simulator asks for by name.
const (
	ClientHello        = 1
	ServerHello        = 2
	HelloVerifyRequest = 3
)

// DTLSRecord is what the header of one DTLS record shows to anyone on the path,
// and, of a record in the clear, the little more that names it.
type DTLSRecord struct {
	ContentType uint8
	Epoch       uint16
	Sequence    uint64 // 48 bits, within the epoch
	Length      int    // of the fragment, in bytes

	// Message is the handshake type of a handshake record of epoch 0. Those of a
	// later epoch are encrypted, and Message is 0: without renegotiation that can
	// only be a Finished.
	Message uint8

	// Level and Description are those of an alert of epoch 0, and 0 otherwise.
	Level, Description uint8

	// Malformed tells of a record of epoch 0 that it is too short, or too long, to say
	// what it is.
	Malformed bool
}

const recordHeaderSize = 13

// parseRecord reads the header of the first DTLS record in a datagram and returns
// what is behind that record. ok is false if there is no whole record.
func parseRecord(datagram []byte) (r DTLSRecord, rest []byte, ok bool) {
	if len(datagram) < recordHeaderSize {
		return r, nil, false
	}
	r = DTLSRecord{
		ContentType: datagram[0],
		Epoch:       binary.BigEndian.Uint16(datagram[3:]),
		Sequence:    binary.BigEndian.Uint64(datagram[3:]) & (1<<48 - 1),
		Length:      int(binary.BigEndian.Uint16(datagram[11:])),
	}
	end := recordHeaderSize + r.Length
	if datagram[1] != 254 || r.ContentType < ChangeCipherSpec || r.ContentType > ApplicationData || len(datagram) < end {
		return DTLSRecord{}, nil, false
	}
	fragment := datagram[recordHeaderSize:end]
	if r.Epoch == 0 {
		switch {
		case r.ContentType == Handshake && len(fragment) > 0:
			r.Message = fragment[0]
		case r.ContentType == Alert && len(fragment) == 2:
			r.Level, r.Description = fragment[0], fragment[1]
		case r.ContentType == Handshake || r.ContentType == Alert:
			r.Malformed = true
		}
	}
	return r, datagram[end:], true
}

var messageNames = map[uint8]string{
	0: "HelloRequest", ClientHello: "ClientHello", ServerHello: "ServerHello", HelloVerifyRequest: "HelloVerifyRequest", 4: "NewSessionTicket",
	11: "Certificate", 12: "ServerKeyExchange", 13: "CertificateRequest", 14: "ServerHelloDone",
	15: "CertificateVerify", 16: "ClientKeyExchange", 20: "Finished",
}

var alertNames = map[uint8]string{ // RFC 5246 section 7.2, without the reserved ones
	0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 22: "record_overflow", 30: "decompression_failure",
	40: "handshake_failure", 42: "bad_certificate", 43: "unsupported_certificate", 44: "certificate_revoked",
	45: "certificate_expired", 46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied",
	50: "decode_error", 51: "decrypt_error", 70: "protocol_version", 71: "insufficient_security", 80: "internal_error",
	90: "user_canceled", 100: "no_renegotiation", 110: "unsupported_extension",
}

// Name returns the name of the record's content: the handshake message, the
// alert, or the content type.
func (r DTLSRecord) Name() string {
	switch r.ContentType {
	case ChangeCipherSpec:
		return "ChangeCipherSpec"
	case ApplicationData:
		return "ApplicationData"
	case Alert:
		if r.Epoch > 0 {
			return "Alert"
		}
		if r.Malformed {
			return "Alert(malformed)"
		}
		if name, ok := alertNames[r.Description]; ok {
			return "Alert(" + name + ")"
		}
		return fmt.Sprintf("Alert(%d)", r.Description)
	}
	if r.Epoch > 0 {
		return "Finished"
	}
	if r.Malformed {
		return "Handshake(malformed)"
	}
	if name, ok := messageNames[r.Message]; ok {
		return name
	}
	return fmt.Sprintf("Handshake(%d)", r.Message)
}

// Label names a datagram by its DTLS headers: the contents joined by "+"
// (fragments of one message count once), then epoch and sequence number of the
// first record: "ClientKeyExchange+ChangeCipherSpec+Finished epoch=0 seq=2".
func Label(datagram []byte) string {
	first, rest, ok := parseRecord(datagram)
	if !ok {
		return "not DTLS"
	}
	b := make([]byte, 0, 96)
	last := first.Name()
	b = append(b, last...)
	for len(rest) > 0 {
		var r DTLSRecord
		if r, rest, ok = parseRecord(rest); !ok {
			b = append(b, "+not DTLS"...)
			break
		}
		name := r.Name()
		if name == last && r.ContentType == Handshake {
			continue
		}
		b = append(append(b, '+'), name...)
		last = name
	}
	b = strconv.AppendUint(append(b, " epoch="...), uint64(first.Epoch), 10)
	b = strconv.AppendUint(append(b, " seq="...), first.Sequence, 10)
	return string(b)
}

// StartsHandshake tells whether a datagram can begin a session: its first record
// is a handshake record of epoch 0 (RFC 6347 section 4.2.1). It need not be a
// ClientHello.
func StartsHandshake(datagram []byte) bool {
	r, _, ok := parseRecord(datagram)
	return ok && r.ContentType == Handshake && r.Epoch == 0
}

// BeginsWithHandshake tells whether the first record of a datagram is a handshake
// record, of whatever epoch: what dtls.Listen of pion v2 asks for.
func BeginsWithHandshake(datagram []byte) bool {
	r, _, ok := parseRecord(datagram)
	return ok && r.ContentType == Handshake
}

// IsClientHello tells whether the first record of a datagram is a ClientHello.
func IsClientHello(datagram []byte) bool {
	r, _, ok := parseRecord(datagram)
	return ok && r.ContentType == Handshake && r.Epoch == 0 && r.Message == ClientHello
}

// IsPlain tells whether the first record of a datagram is of epoch 0.
func IsPlain(datagram []byte) bool {
	r, _, ok := parseRecord(datagram)
	return ok && r.Epoch == 0
}

// IsHelloVerifyRequest tells whether the first record of a datagram is a
// HelloVerifyRequest.
func IsHelloVerifyRequest(datagram []byte) bool {
	r, _, ok := parseRecord(datagram)
	return ok && r.ContentType == Handshake && r.Epoch == 0 && r.Message == HelloVerifyRequest
}

// Where the random of a ClientHello stands in a datagram: behind the headers of the
// record and of the handshake message, and the version (RFC 6347 section 4.2.1).
const (
	randomFrom = recordHeaderSize + 12 + 2
	randomTo   = randomFrom + 32
)

// SameHello tells whether two datagrams are ClientHellos of one handshake: a client
// repeats its random when it repeats its hello, and when it adds the cookie (RFC 6347
// section 4.2.1).
func SameHello(a, b []byte) bool {
	return IsClientHello(a) && IsClientHello(b) && len(a) >= randomTo && len(b) >= randomTo &&
		bytes.Equal(a[randomFrom:randomTo], b[randomFrom:randomTo])
}

// IsEncryptedAlert tells whether the first record of a datagram is an alert under
// the keys of an association; the first that a client sends is its close_notify,
// unless something failed before.
func IsEncryptedAlert(datagram []byte) bool {
	r, _, ok := parseRecord(datagram)
	return ok && r.ContentType == Alert && r.Epoch > 0
}

// Contains tells whether any record of a datagram satisfies a condition.
func Contains(datagram []byte, condition func(r DTLSRecord) bool) bool {
	for len(datagram) > 0 {
		r, rest, ok := parseRecord(datagram)
		if !ok {
			return false
		}
		if condition(r) {
			return true
		}
		datagram = rest
	}
	return false
}

// Strip returns a datagram without the records that satisfy a condition, and the names
// of those. A datagram that is not DTLS to its end keeps what cannot be read.
func Strip(datagram []byte, condition func(r DTLSRecord) bool) (left []byte, stripped []string) {
	for len(datagram) > 0 {
		r, rest, ok := parseRecord(datagram)
		if !ok {
			return append(left, datagram...), stripped
		}
		if condition(r) {
			stripped = append(stripped, r.Name())
		} else {
			left = append(left, datagram[:len(datagram)-len(rest)]...)
		}
		datagram = rest
	}
	return left, stripped
}

// PlainRecord returns a datagram of one record of epoch 0, which nothing protects
// (RFC 6347 section 4.1), of DTLS 1.2.
func PlainRecord(contentType uint8, sequence uint64, fragment []byte) []byte {
	b := binary.BigEndian.AppendUint64([]byte{contentType, 254, 253}, sequence&(1<<48-1)) // epoch 0, and 48 bits
	b = binary.BigEndian.AppendUint16(b, uint16(len(fragment)))
	return append(b, fragment...)
}

// AlertDescriptions returns the alerts by their names (RFC 5246 section 7.2).
func AlertDescriptions() map[string]uint8 {
	m := make(map[string]uint8, len(alertNames))
	for description, name := range alertNames {
		m[name] = description
	}
	return m
}

// Flight returns what identifies a datagram of a handshake among those of its sender
// when it is sent again under other record numbers: its first message's type and
// number in the handshake (RFC 6347 section 4.2.2), or the place of the ChangeCipherSpec
// if it begins with one. ok is false of a datagram that is no part of a handshake.
func Flight(datagram []byte) (key uint64, ok bool) {
	r, _, ok := parseRecord(datagram)
	if !ok {
		return 0, false
	}
	fragment := datagram[recordHeaderSize : recordHeaderSize+r.Length]
	switch {
	case r.ContentType == ChangeCipherSpec:
		return 1 << 63, true
	case r.ContentType == Handshake && r.Epoch > 0:
		return 1 << 62, true
	case r.ContentType != Handshake || len(fragment) < 9:
		return 0, false
	}
	// Type, length, message_seq, fragment_offset: the fragments of one message are not
	// one another's repetitions.
	return uint64(fragment[0])<<40 | uint64(binary.BigEndian.Uint16(fragment[4:]))<<24 |
		uint64(fragment[6])<<16 | uint64(fragment[7])<<8 | uint64(fragment[8]), true
}
