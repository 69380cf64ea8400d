// Package wire parses the part of a datagram that anyone on its path can read: the headers
// of its DTLS 1.2 records (RFC 6347 section 4.1). A datagram is parsed once, when it is first
// seen, and the value that Parse returns travels with it.
package wire

import (
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

// Handshake types (RFC 6347 section 4.3.2) that the simulator checks for.
const (
	ClientHello        = 1
	ServerHello        = 2
	HelloVerifyRequest = 3

	newSessionTicket = 4 // RFC 5077 section 3.3
)

// Record is a DTLS record: the fields of its header and, if it is not encrypted, the fields
// that identify its content.
type Record struct {
	ContentType uint8
	Epoch       uint16
	Sequence    uint64 // 48 bits, within the epoch

	// Message is the handshake type of a handshake record of epoch 0. Later epochs are
	// encrypted, and Message is 0; without renegotiation such a record can only be a
	// Finished.
	Message uint8

	// Level and Description are the fields of an alert of epoch 0, and 0 otherwise.
	Level, Description uint8

	// Malformed reports that a handshake record or alert of epoch 0 has the wrong length, so
	// its content is unknown.
	Malformed bool

	Fragment []byte // the bytes after the header; part of the datagram's payload
}

const headerSize = 13

// parse reads the first DTLS record in b and returns the bytes after that record. ok is
// false if b does not begin with a complete record.
func (r *Record) parse(b []byte) (rest []byte, ok bool) {
	if len(b) < headerSize || b[1] != 254 || b[0] < ChangeCipherSpec || b[0] > ApplicationData {
		return nil, false
	}
	end := headerSize + int(binary.BigEndian.Uint16(b[11:]))
	if len(b) < end {
		return nil, false
	}
	*r = Record{
		ContentType: b[0],
		Epoch:       binary.BigEndian.Uint16(b[3:]),
		Sequence:    binary.BigEndian.Uint64(b[3:]) & (1<<48 - 1),
		Fragment:    b[headerSize:end:end],
	}
	if r.Epoch == 0 {
		switch {
		case r.ContentType == Handshake && len(r.Fragment) > 0:
			r.Message = r.Fragment[0]
		case r.ContentType == Alert && len(r.Fragment) == 2:
			r.Level, r.Description = r.Fragment[0], r.Fragment[1]
		case r.ContentType == Handshake || r.ContentType == Alert:
			r.Malformed = true
		}
	}
	return b[end:], true
}

// size returns the size of the record in bytes, including its header.
func (r *Record) size() int { return headerSize + len(r.Fragment) }

// IsHandshake reports whether the record holds a handshake message of the given type, in
// epoch 0.
func (r *Record) IsHandshake(message uint8) bool {
	return r.ContentType == Handshake && r.Epoch == 0 && !r.Malformed && r.Message == message
}

var messageNames = [256]string{
	0: "HelloRequest", ClientHello: "ClientHello", ServerHello: "ServerHello", HelloVerifyRequest: "HelloVerifyRequest",
	4: "NewSessionTicket", 11: "Certificate", 12: "ServerKeyExchange", 13: "CertificateRequest", 14: "ServerHelloDone",
	15: "CertificateVerify", 16: "ClientKeyExchange", 20: "Finished",
}

var alertNames = map[uint8]string{ // RFC 5246 section 7.2, without the reserved ones
	0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 22: "record_overflow",
	30: "decompression_failure",
	40: "handshake_failure", 42: "bad_certificate", 43: "unsupported_certificate", 44: "certificate_revoked",
	45: "certificate_expired", 46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca",
	49: "access_denied",
	50: "decode_error", 51: "decrypt_error", 70: "protocol_version", 71: "insufficient_security", 80: "internal_error",
	90: "user_canceled", 100: "no_renegotiation", 110: "unsupported_extension",
}

// Name returns the name of the record's content: the handshake message, the alert, or the
// content type.
func (r *Record) Name() string {
	switch r.ContentType {
	case ChangeCipherSpec:
		return "ChangeCipherSpec"
	case ApplicationData:
		return "ApplicationData"
	case Alert:
		return r.alertName()
	}
	switch {
	case r.Epoch > 0:
		return "Finished"
	case r.Malformed:
		return "Handshake(malformed)"
	case messageNames[r.Message] != "":
		return messageNames[r.Message]
	}
	return fmt.Sprintf("Handshake(%d)", r.Message)
}

func (r *Record) alertName() string {
	switch {
	case r.Epoch > 0:
		return "Alert"
	case r.Malformed:
		return "Alert(malformed)"
	}
	return "Alert(" + AlertName(r.Description) + ")"
}

// AlertName returns the name of an alert description, "close_notify", or its number if it has none.
func AlertName(description uint8) string {
	if name, ok := alertNames[description]; ok {
		return name
	}
	return strconv.Itoa(int(description))
}

// PlainRecord returns a datagram with one DTLS 1.2 record of epoch 0, which is unprotected
// (RFC 6347 section 4.1).
func PlainRecord(contentType uint8, sequence uint64, fragment []byte) []byte {
	// the epoch, which is 0, in 16 bits and the sequence number in 48
	b := binary.BigEndian.AppendUint64([]byte{contentType, 254, 253}, sequence&(1<<48-1))
	b = binary.BigEndian.AppendUint16(b, uint16(len(fragment)))
	return append(b, fragment...)
}

// AlertDescriptions returns the alert descriptions by name (RFC 5246 section 7.2).
func AlertDescriptions() map[string]uint8 {
	m := make(map[string]uint8, len(alertNames))
	for description, name := range alertNames {
		m[name] = description
	}
	return m
}
