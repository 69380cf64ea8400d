package wire_test

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/sim/wire"
)

// record builds a DTLS 1.2 record (RFC 6347 section 4.1).
func record(contentType byte, epoch uint16, sequence uint64, fragment []byte) []byte {
	b := []byte{contentType, 254, 253}
	b = binary.BigEndian.AppendUint64(b, uint64(epoch)<<48|sequence)
	b = binary.BigEndian.AppendUint16(b, uint16(len(fragment)))
	return append(b, fragment...)
}

// message builds a fragment of a handshake message: its type, then a body of no
// importance here.
func message(handshakeType byte) []byte { return append([]byte{handshakeType}, make([]byte, 11)...) }

var (
	clientHello  = record(wire.Handshake, 0, 0, message(1))
	serverFlight = slices.Concat(
		record(wire.Handshake, 0, 1, message(2)),
		record(wire.Handshake, 0, 2, message(11)), // a certificate in three fragments
		record(wire.Handshake, 0, 3, message(11)),
		record(wire.Handshake, 0, 4, message(11)),
		record(wire.Handshake, 0, 5, message(12)),
		record(wire.Handshake, 0, 6, message(14)),
	)
	clientFlight = slices.Concat(record(wire.Handshake, 0, 2, message(16)),
		record(wire.ChangeCipherSpec, 0, 3, []byte{1}), record(wire.Handshake, 1, 0, make([]byte, 40)))
	encryptedAlert  = record(wire.Alert, 1, 2, make([]byte, 26))
	applicationData = record(wire.ApplicationData, 1, 1, make([]byte, 40))
)

func TestLabel(t *testing.T) {
	for _, c := range []struct {
		name     string
		datagram []byte
		want     string
	}{
		{"a ClientHello", clientHello, "ClientHello epoch=0 seq=0"},
		{"a ClientHello of DTLS 1.0", append([]byte{22, 254, 255}, clientHello[3:]...), "ClientHello epoch=0 seq=0"},
		{"a HelloVerifyRequest", record(22, 0, 7, message(3)), "HelloVerifyRequest epoch=0 seq=7"},
		{"a flight, fragments of one message counted once", serverFlight,
			"ServerHello+Certificate+ServerKeyExchange+ServerHelloDone epoch=0 seq=1"},
		{"a flight across epochs", clientFlight, "ClientKeyExchange+ChangeCipherSpec+Finished epoch=0 seq=2"},
		{"a message, another, and the first again",
			slices.Concat(clientHello, record(22, 0, 1, message(2)), clientHello),
			"ClientHello+ServerHello+ClientHello epoch=0 seq=0"},
		{"the first record names epoch and number", slices.Concat(clientFlight[13+12:], encryptedAlert),
			"ChangeCipherSpec+Finished+Alert epoch=0 seq=3"},
		{"an encrypted alert", encryptedAlert, "Alert epoch=1 seq=2"},
		{"an encrypted alert of two bytes", record(21, 1, 2, []byte{1, 0}), "Alert epoch=1 seq=2"},
		{"a close_notify in the clear", record(21, 0, 4, []byte{1, 0}), "Alert(close_notify) epoch=0 seq=4"},
		{"a fatal alert in the clear", record(21, 0, 4, []byte{2, 40}), "Alert(handshake_failure) epoch=0 seq=4"},
		{"an alert without a name", record(21, 0, 4, []byte{2, 99}), "Alert(99) epoch=0 seq=4"},
		{"application data", applicationData, "ApplicationData epoch=1 seq=1"},
		{"two records of application data", slices.Concat(applicationData, applicationData),
			"ApplicationData+ApplicationData epoch=1 seq=1"},
		{"a handshake message without a name", record(22, 0, 0, message(99)), "Handshake(99) epoch=0 seq=0"},
		{"the greatest epoch and number", record(21, 65535, 1<<48-1, make([]byte, 26)),
			"Alert epoch=65535 seq=281474976710655"},
		{"a record without content", record(23, 1, 0, nil), "ApplicationData epoch=1 seq=0"},

		{"nothing", nil, "not DTLS"},
		{"garbage", []byte("GET / HTTP/1.1\r\nHost: server\r\n\r\n"), "not DTLS"},
		{"a record of TLS", append([]byte{22, 3, 3}, clientHello[3:]...), "not DTLS"},
		{"a content type below those known", append([]byte{19}, clientHello[1:]...), "not DTLS"},
		{"a content type above those known", append([]byte{24}, clientHello[1:]...), "not DTLS"},
		{"a header cut short", clientHello[:12], "not DTLS"},
		{"a header without its fragment", clientHello[:13], "not DTLS"},
		{"a record cut short", clientHello[:len(clientHello)-1], "not DTLS"},
		{"a flight cut short in its last record", clientFlight[:len(clientFlight)-1],
			"ClientKeyExchange+ChangeCipherSpec+not DTLS epoch=0 seq=2"},
		{"a record and garbage behind it", append(slices.Clone(clientHello), 0), "ClientHello+not DTLS epoch=0 seq=0"},
	} {
		if got := wire.Parse(c.datagram).Label(); got != c.want {
			t.Errorf("%s is labelled %q, want %q", c.name, got, c.want)
		}
	}
}

func TestLabelClaimsNothingThatTheRecordDoesNotSay(t *testing.T) {
	for _, c := range []struct {
		name     string
		datagram []byte
		claim    string
	}{
		{"an alert of one byte", record(21, 0, 0, []byte{2}), "Alert(close_notify) epoch=0 seq=0"},
		{"an alert of three bytes", record(21, 0, 0, []byte{2, 40, 0}), "Alert(close_notify) epoch=0 seq=0"},
		{"an empty handshake record", record(22, 0, 0, nil), "HelloRequest epoch=0 seq=0"},
	} {
		if got := wire.Parse(c.datagram).Label(); got == c.claim {
			t.Errorf("%s is labelled %q", c.name, got)
		}
	}
}

func TestWhatADatagramIs(t *testing.T) {
	for _, c := range []struct {
		name                                           string
		datagram                                       []byte
		startsHandshake, isClientHello, encryptedAlert bool
	}{
		{"a ClientHello", clientHello, true, true, false},
		{"a ClientHello with more behind it", slices.Concat(clientHello, encryptedAlert), true, true, false},
		{"a flight of the server", serverFlight, true, false, false},
		{"a Finished", record(22, 1, 0, message(1)), false, false, false},
		{"an encrypted alert", encryptedAlert, false, false, true},
		{"an encrypted alert of a later epoch", record(21, 2, 0, make([]byte, 26)), false, false, true},
		{"an alert in the clear", record(21, 0, 4, []byte{1, 0}), false, false, false},
		{"an alert behind data", slices.Concat(applicationData, encryptedAlert), false, false, false},
		{"application data", applicationData, false, false, false},
		{"application data that looks like a ClientHello", record(23, 0, 0, message(1)), false, false, false},
		{"a change of the cipher", record(20, 0, 0, []byte{1}), false, false, false},
		{"a truncated ClientHello", clientHello[:len(clientHello)-1], false, false, false},
		{"a truncated alert", encryptedAlert[:len(encryptedAlert)-1], false, false, false},
		{"garbage", []byte("not a datagram of DTLS"), false, false, false},
		{"nothing", nil, false, false, false},
	} {
		if got := wire.Parse(c.datagram).StartsHandshake(); got != c.startsHandshake {
			t.Errorf("%s starts a handshake: %v, want %v", c.name, got, c.startsHandshake)
		}
		if got := wire.Parse(c.datagram).IsClientHello(); got != c.isClientHello {
			t.Errorf("%s is a ClientHello: %v, want %v", c.name, got, c.isClientHello)
		}
		if got := wire.Parse(c.datagram).IsEncryptedAlert(); got != c.encryptedAlert {
			t.Errorf("%s is an encrypted alert: %v, want %v", c.name, got, c.encryptedAlert)
		}
	}
}

// Strip takes records out of a datagram and leaves the others, and what is no record,
// as they are.
func TestStrip(t *testing.T) {
	plainAlert := record(21, 0, 4, []byte{1, 0})
	alerts := func(r *wire.Record) bool { return r.ContentType == wire.Alert }
	for _, c := range []struct {
		name           string
		datagram, left []byte
		stripped       string
	}{
		{"nothing to strip", clientFlight, clientFlight, ""},
		{"nothing left", plainAlert, nil, "Alert(close_notify)"},
		{"among others", slices.Concat(clientHello, plainAlert, applicationData),
			slices.Concat(clientHello, applicationData),
			"Alert(close_notify)"},
		{"two", slices.Concat(plainAlert, clientHello, encryptedAlert), clientHello, "Alert(close_notify) Alert"},
		{"before garbage", slices.Concat(plainAlert, []byte("garbage")), []byte("garbage"), "Alert(close_notify)"},
		{"garbage", []byte("garbage"), []byte("garbage"), ""},
		{"nothing", nil, nil, ""},
	} {
		left, records := wire.Parse(c.datagram).Strip(alerts)
		var stripped []string
		for i := range records {
			stripped = append(stripped, records[i].Name())
		}
		if !slices.Equal(left, c.left) || strings.Join(stripped, " ") != c.stripped {
			t.Errorf("%s: left %x, stripped %q", c.name, left, stripped)
		}
	}
}

// IsPlain tells the epoch of the first record.
func TestIsPlain(t *testing.T) {
	for _, datagram := range [][]byte{clientHello, clientFlight, record(21, 0, 4, []byte{1, 0})} {
		if !wire.Parse(datagram).IsPlain() {
			t.Errorf("%s is not plain", wire.Parse(datagram).Label())
		}
	}
	dataFirst := slices.Concat(applicationData, clientHello)
	for _, datagram := range [][]byte{encryptedAlert, dataFirst, nil, []byte("garbage")} {
		if wire.Parse(datagram).IsPlain() {
			t.Errorf("%s is plain", wire.Parse(datagram).Label())
		}
	}
}

// FuzzLabel checks that no datagram makes Label panic, and that the label and the
// questions about a datagram agree.
func FuzzLabel(f *testing.F) {
	whole := [][]byte{clientHello, serverFlight, clientFlight, encryptedAlert, applicationData}
	for _, datagram := range append(whole, nil, clientHello[:13]) {
		f.Add(datagram)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		datagram := wire.Parse(payload)
		label := datagram.Label()
		if label == "" {
			t.Error("the label is empty")
		}
		if label == "not DTLS" && (datagram.StartsHandshake() || datagram.IsEncryptedAlert()) {
			t.Errorf("%x is %q, and yet begins with a record", payload, label)
		}
		if datagram.IsClientHello() && !datagram.StartsHandshake() {
			t.Errorf("%x is a ClientHello that starts no handshake", payload)
		}
	})
}

// A hello and its repetition, with another record number and a cookie, have one random;
// another handshake's has another.
func TestSameHello(t *testing.T) {
	hello := func(sequence uint64, random byte, cookie int) []byte {
		fragment := slices.Concat(message(1), []byte{254, 253}, slices.Repeat([]byte{random}, 32), make([]byte, cookie))
		return record(wire.Handshake, 0, sequence, fragment)
	}
	for _, c := range []struct {
		name string
		a, b []byte
		want bool
	}{
		{"repeated", hello(0, 7, 10), hello(1, 7, 10), true},
		{"with a cookie", hello(0, 7, 10), hello(1, 7, 30), true},
		{"of another handshake", hello(0, 7, 10), hello(0, 8, 10), false},
		{"too short to have a random", clientHello, clientHello, false},
		{"no hello", encryptedAlert, encryptedAlert, false},
	} {
		if got := wire.SameHello(wire.Parse(c.a), wire.Parse(c.b)); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
	request := wire.Parse(record(wire.Handshake, 0, 0, message(3)))
	if !request.IsHelloVerifyRequest() || wire.Parse(clientHello).IsHelloVerifyRequest() {
		t.Error("a HelloVerifyRequest is not told from a ClientHello")
	}
}

// What stands in the records is the payload's, and all of it.
func TestRecordsArePartsOfThePayload(t *testing.T) {
	d := wire.Parse(slices.Concat(clientFlight, encryptedAlert))
	if len(d.Records) != 4 {
		t.Fatalf("%d records, want 4", len(d.Records))
	}
	at := 0
	for i, want := range []struct{ contentType, length int }{
		{wire.Handshake, 12}, {wire.ChangeCipherSpec, 1}, {wire.Handshake, 40}, {wire.Alert, 26},
	} {
		r := d.Records[i]
		at += 13
		if int(r.ContentType) != want.contentType || len(r.Fragment) != want.length ||
			&r.Fragment[0] != &d.Payload[at] {
			t.Errorf("record %d: content type %d, %d bytes", i, r.ContentType, len(r.Fragment))
		}
		at += want.length
	}
}
