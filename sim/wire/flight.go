package wire

import "encoding/binary"

// Flight returns the number of the flight of a full handshake that the datagram is, or is a part
// of: 1 to 6 (RFC 6347 section 4.2.4, figure 1), or 0 if its first record is not part of a handshake.
// Fragments and retransmissions of a flight have its number.
func (d *Datagram) Flight(fromClient bool) int {
	r := d.first()
	encrypted := r.ContentType == ChangeCipherSpec || r.ContentType == Handshake && r.Epoch > 0
	switch {
	case !encrypted && (r.ContentType != Handshake || len(r.Fragment) < fragmentHeader):
		return 0
	case fromClient && (encrypted || r.Message != ClientHello):
		return 5
	case fromClient && binary.BigEndian.Uint16(r.Fragment[sequenceAt:]) == 0:
		return 1
	case fromClient: // the hello with the cookie is the client's second message
		return 3
	case encrypted || r.Message == newSessionTicket:
		return 6
	case r.Message == HelloVerifyRequest:
		return 2
	}
	return 4
}

// The header of a fragment of a handshake message has type, length, message_seq, fragment_offset
// and fragment_length (RFC 6347 section 4.2.2).
const (
	fragmentHeader   = 12
	sequenceAt       = 4
	fragmentOffsetAt = 6
	fragmentLengthAt = 9
)

// Part is a part of a flight that has the same value whenever it is sent: bytes [From, To) of a
// handshake message, a ChangeCipherSpec, or a record of an encrypted handshake message.
type Part struct {
	Message  uint32 // message_seq, or one of the two numbers below
	From, To uint32
}

// Message of a Part that is no handshake message in the clear.
const (
	changeCipherSpecPart = 1<<16 + iota
	encryptedPart        // From counts the records of encrypted messages that the flight has before it
)

// AppendParts appends the parts of a flight that the datagram carries. encrypted is the number of
// encrypted handshake records in the datagrams of the flight before this one; the new number is
// returned.
func (d *Datagram) AppendParts(parts []Part, encrypted uint32) ([]Part, uint32) {
	for i := range d.Records {
		r := &d.Records[i]
		switch f := r.Fragment; {
		case r.ContentType == ChangeCipherSpec:
			parts = append(parts, Part{Message: changeCipherSpecPart, To: 1})
		case r.ContentType == Handshake && r.Epoch > 0:
			parts = append(parts, Part{Message: encryptedPart, From: encrypted, To: encrypted + 1})
			encrypted++
		case r.ContentType == Handshake && len(f) >= fragmentHeader:
			from, length := threeBytes(f[fragmentOffsetAt:]), threeBytes(f[fragmentLengthAt:])
			// An empty message, such as a ServerHelloDone, has one place of its own.
			parts = append(parts, Part{uint32(binary.BigEndian.Uint16(f[sequenceAt:])), from, from + max(length, 1)})
		}
	}
	return parts, encrypted
}

func threeBytes(b []byte) uint32 { return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]) }
