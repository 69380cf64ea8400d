package trace_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/sim/trace"
	"github.com/dtlssim/dtlssim/sim/wire"
)

var (
	clientAddress = netip.MustParseAddrPort("10.0.0.2:50000")
	serverAddress = netip.MustParseAddrPort("10.0.0.1:4433")
)

// dtls builds a datagram of one DTLS 1.2 record (RFC 6347 section 4.1).
func dtls(contentType byte, epoch uint16, sequence uint64, fragment ...byte) *wire.Datagram {
	b := []byte{contentType, 254, 253}
	b = binary.BigEndian.AppendUint64(b, uint64(epoch)<<48|sequence)
	b = binary.BigEndian.AppendUint16(b, uint16(len(fragment)))
	return wire.Parse(append(b, fragment...))
}

func said(detail string) trace.Event { return trace.Text{Detail: detail} }

// smallTrace is a trace with a record of every kind: a ClientHello arrives, its
// answer is lost, a late alert finds no socket.
func smallTrace() []trace.Record {
	hello := dtls(22, 0, 0, 1, 0, 0, 0)
	verify := dtls(22, 0, 0, 3, 0, 0, 0)
	alert := dtls(21, 1, 3, make([]byte, 10)...)
	id := func(actor string, number uint64) trace.DatagramID {
		return trace.DatagramID{Actor: actor, Number: number}
	}
	return []trace.Record{
		{At: 0, Host: "client", Actor: "client-1", Kind: trace.Note, Event: trace.Text{Event: "handshake started"}},
		{
			At:       0,
			Host:     "client",
			Actor:    "client-1",
			Kind:     trace.Send,
			ID:       id("client-1", 1),
			From:     clientAddress,
			To:       serverAddress,
			Datagram: hello,
			Latency:  10 * time.Millisecond,
			Sent:     true,
		},
		{
			At:       10 * time.Millisecond,
			Host:     "server",
			Kind:     trace.Arrive,
			ID:       id("client-1", 1),
			From:     clientAddress,
			To:       serverAddress,
			Datagram: hello,
			Event:    said("listener"),
		},
		{At: 10 * time.Millisecond, Host: "server", Actor: "server", Kind: trace.Lose, ID: id("server", 1),
			From: serverAddress, To: clientAddress, Datagram: verify, Sent: true, Event: said("at random")},
		{
			At:       time.Second + 1,
			Host:     "server",
			Kind:     trace.Drop,
			ID:       id("client-1", 2),
			From:     clientAddress,
			To:       serverAddress,
			Datagram: alert,
			Event:    said("no socket"),
		},
		{At: 30 * time.Second, Host: "client", Actor: "client-1", Kind: trace.Note,
			Event: trace.Text{Event: "handshake failed", Detail: "timeout <after> 30 s"}},
	}
}

func same(a, b []trace.Record) bool {
	return slices.EqualFunc(a, b, func(a, b trace.Record) bool {
		return a.At == b.At && a.Host == b.Host && a.Actor == b.Actor && a.Kind == b.Kind &&
			a.ID == b.ID && a.From == b.From && a.To == b.To && (a.Datagram == nil) == (b.Datagram == nil) &&
			a.Label() == b.Label() && a.Length() == b.Length() && a.Sent == b.Sent &&
			bytes.Equal(a.Payload(), b.Payload()) &&
			a.Latency == b.Latency && a.Name() == b.Name() && a.Detail() == b.Detail()
	})
}

func TestDecodeReadsWhatEncodeWrites(t *testing.T) {
	want := smallTrace()
	got, err := trace.Decode(trace.Encode(want))
	if err != nil {
		t.Fatal(err)
	}
	if !same(got, want) {
		t.Errorf("decoded\n%+v, want\n%+v", got, want)
	}
	if got, err := trace.Decode(nil); err != nil || len(got) != 0 {
		t.Errorf("the empty encoding gives %v, %v, want no records", got, err)
	}
}

func anyRecord() *rapid.Generator[trace.Record] {
	hello := dtls(22, 0, 0, 1, 0, 0, 0)
	datagram := rapid.Custom(func(t *rapid.T) *wire.Datagram {
		switch rapid.IntRange(0, 2).Draw(t, "datagram") {
		case 0:
			return nil
		case 1:
			return hello // the same as another record's
		}
		return wire.Parse(rapid.SliceOf(rapid.Byte()).Draw(t, "payload"))
	})
	return rapid.Custom(func(t *rapid.T) trace.Record {
		address := rapid.Custom(func(t *rapid.T) netip.AddrPort {
			port := rapid.Uint16().Draw(t, "port")
			switch rapid.IntRange(0, 3).Draw(t, "family") {
			case 0:
				return netip.AddrPort{}
			case 1:
				return netip.AddrPortFrom(netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "ip"))),
					port)
			case 2:
				a4 := netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "ip")))
				return netip.AddrPortFrom(netip.AddrFrom16(a4.As16()), port) // IPv4 within IPv6
			}
			return netip.AddrPortFrom(netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "ip"))),
				port)
		})
		return trace.Record{
			At:    time.Duration(rapid.Int64().Draw(t, "at")),
			Host:  rapid.String().Draw(t, "host"),
			Actor: rapid.String().Draw(t, "actor"),
			Kind:  trace.RecordKind(rapid.Byte().Draw(t, "kind")),
			ID: trace.DatagramID{
				Actor:  rapid.String().Draw(t, "datagram actor"),
				Number: rapid.Uint64().Draw(t, "number"),
			},
			From:     address.Draw(t, "from"),
			To:       address.Draw(t, "to"),
			Datagram: datagram.Draw(t, "datagram"),
			Latency:  time.Duration(rapid.Int64().Draw(t, "latency")),
			Sent:     rapid.Bool().Draw(t, "sent"),
			Event:    trace.Text{Event: rapid.String().Draw(t, "event"), Detail: rapid.String().Draw(t, "detail")},
		}
	})
}

func TestDecodeReadsWhatEncodeWritesOfAnything(t *testing.T) {
	records := rapid.SliceOfN(anyRecord(), 0, 4)
	testkit.Check(t, func(t *rapid.T) {
		want := records.Draw(t, "records")
		got, err := trace.Decode(trace.Encode(want))
		if err != nil {
			t.Fatal(err)
		}
		if !same(got, want) {
			t.Errorf("decoded\n%+v, want\n%+v", got, want)
		}
	})
}

// A truncated encoding is an error, except where a record ends.
func TestDecodeOfATruncatedEncoding(t *testing.T) {
	records := smallTrace()
	encoding := trace.Encode(records)
	ends := map[int]int{0: 0} // the length of an encoding -> the number of its records
	for i := range records {
		ends[len(trace.Encode(records[:i+1]))] = i + 1
	}
	for n := range len(encoding) + 1 {
		got, err := trace.Decode(encoding[:n])
		want, whole := ends[n]
		switch {
		case whole && (err != nil || !same(got, records[:want])):
			t.Errorf("%d bytes give %d records and %v, want %d records", n, len(got), err, want)
		case !whole && err == nil:
			t.Errorf("%d bytes, which end within a record, give %d records", n, len(got))
		case !whole && got != nil:
			t.Errorf("%d bytes give an error and %d records", n, len(got))
		}
	}
}

func TestDecodeNamesTheMalformedRecord(t *testing.T) {
	records := smallTrace()
	encoding := trace.Encode(records)
	_, err := trace.Decode(encoding[:len(encoding)-1])
	if want := "trace: record 6 is malformed"; err == nil || err.Error() != want {
		t.Errorf("without its last byte the encoding gives %v, want %q", err, want)
	}
}

// FuzzDecode checks that nothing makes Decode panic, and that what it accepts is
// the same trace after one more round.
func FuzzDecode(f *testing.F) {
	whole := trace.Encode(smallTrace())
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte{})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}) // a text of 2^64-1 bytes
	f.Add(bytes.Repeat([]byte{0x80}, 20))                                     // an integer without an end
	f.Add([]byte{0, 0, 9, 0, 0, 5, 1, 2, 3, 4, 5})                            // an address of 5 bytes
	f.Add(make([]byte, 14))
	f.Fuzz(func(t *testing.T, encoding []byte) {
		records, err := trace.Decode(encoding)
		if err != nil {
			if records != nil {
				t.Errorf("an error, %v, and %d records", err, len(records))
			}
			return
		}
		again, err := trace.Decode(trace.Encode(records))
		if err != nil || !same(again, records) {
			t.Errorf("after one more round %+v, %v, want %+v", again, err, records)
		}
		var out bytes.Buffer
		if err := trace.WriteTable(&out, records, nil); err != nil {
			t.Error(err)
		}
		if err := trace.WriteJSONLines(&out, records, nil); err != nil {
			t.Error(err)
		}
	})
}

func TestFirstDifference(t *testing.T) {
	base := smallTrace()
	if got := trace.FirstDifference(base, smallTrace()); got != -1 {
		t.Errorf("equal traces part at %d, want -1", got)
	}
	if got := trace.FirstDifference(nil, nil); got != -1 {
		t.Errorf("empty traces part at %d, want -1", got)
	}
	if got := trace.FirstDifference(nil, base); got != 0 {
		t.Errorf("a trace and an empty one part at %d, want 0", got)
	}
	if a, b := trace.FirstDifference(base, base[:4]), trace.FirstDifference(base[:4], base); a != 4 || b != 4 {
		t.Errorf("a trace and its first 4 records part at %d and %d, want 4", a, b)
	}
	// Every field counts.
	for name, change := range map[string]func(r *trace.Record){
		"At":        func(r *trace.Record) { r.At++ },
		"Host":      func(r *trace.Record) { r.Host += "x" },
		"Actor":     func(r *trace.Record) { r.Actor += "x" },
		"Kind":      func(r *trace.Record) { r.Kind = trace.Lose },
		"ID.Actor":  func(r *trace.Record) { r.ID.Actor += "x" },
		"ID.Number": func(r *trace.Record) { r.ID.Number++ },
		"From":      func(r *trace.Record) { r.From = serverAddress },
		"From port": func(r *trace.Record) { r.From = netip.AddrPortFrom(r.From.Addr(), 1) },
		"To":        func(r *trace.Record) { r.To = netip.AddrPort{} },
		"label":     func(r *trace.Record) { r.Datagram = dtls(22, 0, 1, 1, 0, 0, 0) },
		"length":    func(r *trace.Record) { r.Datagram = dtls(22, 0, 0, 1, 0, 0, 0, 0) },
		"Latency":   func(r *trace.Record) { r.Latency++ },
		"payload":   func(r *trace.Record) { r.Datagram = dtls(22, 0, 0, 1, 0, 0, 1) },
		"Sent":      func(r *trace.Record) { r.Sent = false },
		"event":     func(r *trace.Record) { r.Event = trace.Text{Event: "x"} },
		"detail":    func(r *trace.Record) { r.Event = said("x") },
	} {
		other := smallTrace()
		change(&other[1])
		if got := trace.FirstDifference(base, other); got != 1 {
			t.Errorf("traces that differ in %s of record 1 part at %d", name, got)
		}
	}
}

// settled records what is given in the given order, all of it pending at once.
func settled(records ...trace.Record) *trace.Recorder {
	r := trace.NewRecorder(0)
	for _, record := range records {
		r.Add(&record)
	}
	r.Settle()
	return r
}

func note(at time.Duration, host, actor, event string) trace.Record {
	return trace.Record{At: at, Host: host, Actor: actor, Kind: trace.Note, Event: trace.Text{Event: event}}
}

func events(r *trace.Recorder) (list []string) {
	for _, record := range r.Records() {
		list = append(list, record.Name())
	}
	return list
}

func TestSettleOrdersByTimeThenActorThenAsAdded(t *testing.T) {
	r := settled(
		note(20, "h", "a", "later"),
		note(10, "h", "b", "b first"),
		note(10, "h", "a", "a first"),
		note(10, "h", "b", "b second"),
		note(10, "g", "", "the network"),
		note(10, "h", "a", "a second"),
	)
	want := []string{"the network", "a first", "a second", "b first", "b second", "later"}
	if got := events(r); !slices.Equal(got, want) {
		t.Errorf("the order is %q, want %q", got, want)
	}
}

// Many records, since a short list is sorted by a method that is stable anyway.
func TestSettleKeepsTheOrderOfOneActor(t *testing.T) {
	r := trace.NewRecorder(0)
	for i := range 60 {
		r.Add(
			&trace.Record{
				At:    10,
				Host:  "h",
				Actor: string(rune('c' - i%3)),
				Kind:  trace.Note,
				ID:    trace.DatagramID{Number: uint64(i)},
			},
		)
	}
	r.Settle()
	last := map[string]int{"a": -1, "b": -1, "c": -1}
	for i, record := range r.Records() {
		if want := string(rune('a' + i/20)); record.Actor != want {
			t.Fatalf("record %d is of actor %s, want %s", i, record.Actor, want)
		}
		number := int(record.ID.Number)
		if number <= last[record.Actor] {
			t.Errorf("actor %s: number %d stands behind number %d", record.Actor, number, last[record.Actor])
		}
		last[record.Actor] = number
	}
}

func TestSettleKeepsWhatIsSettled(t *testing.T) {
	r := settled(note(10, "h", "b", "first"))
	r.Settle() // with nothing to settle
	r.Add(new(note(10, "h", "a", "second")))
	if got, want := events(r), []string{"first"}; !slices.Equal(got, want) {
		t.Errorf("before Settle the records are %q, want %q", got, want)
	}
	digest := digestOf(r)
	r.Settle()
	if got, want := events(r), []string{"first", "second"}; !slices.Equal(got, want) {
		t.Errorf("after Settle the records are %q, want %q", got, want)
	}
	if digestOf(r) == digest {
		t.Error("a record more leaves the digest as it was")
	}
}

func TestTheOrderOfActorsAtOneInstantDoesNotShow(t *testing.T) {
	byActor := [][]trace.Record{
		{note(10, "h", "a", "1"), note(10, "h", "a", "2")},
		{note(10, "h", "b", "1"), note(10, "h", "b", "2")},
		{note(10, "g", "c", "1")},
	}
	var digest, signature string
	for i, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		var records []trace.Record
		for _, actor := range order {
			records = append(records, byActor[actor]...)
		}
		r := settled(records...)
		if i == 0 {
			digest, signature = digestOf(r), signatureOf(r)
		}
		if digestOf(r) != digest || signatureOf(r) != signature {
			t.Errorf("actors in the order %v give digest %s and signature %s, want %s and %s", order, digestOf(r),
				signatureOf(r), digest, signature)
		}
	}
	interleaved := settled(byActor[1][0], byActor[0][0], byActor[2][0], byActor[1][1], byActor[0][1])
	if digestOf(interleaved) != digest || signatureOf(interleaved) != signature {
		t.Error("interleaved actors give another digest or signature")
	}
}

// The golden values fix the encoding: a change makes every stored digest stale.
func TestGoldenDigestAndSignature(t *testing.T) {
	r := trace.NewRecorder(0)
	for _, record := range smallTrace() {
		r.Add(&record)
		r.Settle()
	}
	if !same(r.Records(), smallTrace()) {
		t.Errorf("the records are %+v, want those added", r.Records())
	}
	const (
		digest    = "1b2b6080cb35896de91e5b43e1f1e2b7ebc696d79040b63a457ae421cfeb0fe5"
		signature = "79f9662c761b18d9504ae674046651a8"
	)
	for range 2 { // asking does not change them
		if got := signatureOf(r); got != signature {
			t.Errorf("the signature is %s, want %s", got, signature)
		}
		if got := digestOf(r); got != digest {
			t.Errorf("the digest is %s, want %s", got, digest)
		}
	}
	// Nor do they depend on how often the records were settled.
	if at := settled(smallTrace()...); digestOf(at) != digest || signatureOf(at) != signature {
		t.Errorf("settled at once: digest %s and signature %s, want %s and %s", digestOf(at), signatureOf(at), digest,
			signature)
	}
}

func TestTheDigestHoldsTheOrderBetweenHosts(t *testing.T) {
	a, b := note(10, "client", "c", "sent"), note(10, "server", "c", "received")
	if digestOf(settled(a, b)) == digestOf(settled(b, a)) {
		t.Error("the order between two hosts leaves the digest as it was")
	}
}

func TestWhatChangesTheDigestAndWhatTheSignature(t *testing.T) {
	base := settled(smallTrace()...)
	if _, err := hex.DecodeString(signatureOf(base)); err != nil || len(signatureOf(base)) != 32 {
		t.Errorf("the signature is %q, want 16 bytes in hexadecimal", signatureOf(base))
	}
	for _, c := range []struct {
		name      string
		change    func(records []trace.Record)
		signature bool // changes too
	}{
		{"a time", func(r []trace.Record) { r[5].At++ }, false},
		{"all times", func(r []trace.Record) {
			for i := range r {
				r[i].At += time.Hour
			}
		}, false},
		{"a latency", func(r []trace.Record) { r[1].Latency++ }, false},
		{"a payload byte", func(r []trace.Record) { r[1].Datagram = dtls(22, 0, 0, 1, 0, 0, 1) }, false},
		{"where the payload counts", func(r []trace.Record) { r[1].Sent = false }, false},
		{"a length", func(r []trace.Record) { r[1].Datagram = dtls(22, 0, 0, 1, 0, 0, 0, 0) }, false},
		{"a host", func(r []trace.Record) { r[5].Host = "server" }, true},
		{"an actor", func(r []trace.Record) { r[5].Actor = "client-2" }, true},
		{"a kind", func(r []trace.Record) { r[4].Kind = trace.Arrive }, true},
		{"a datagram's number", func(r []trace.Record) { r[4].ID.Number++ }, true},
		{"an address", func(r []trace.Record) { r[1].To = clientAddress }, true},
		{"a label", func(r []trace.Record) { r[1].Datagram = dtls(22, 0, 0, 2, 0, 0, 0) }, true},
		{"an event", func(r []trace.Record) { r[0].Event = trace.Text{Event: "handshake finished"} }, true},
		{"a detail", func(r []trace.Record) { r[4].Event = said("closed") }, true},
	} {
		records := smallTrace()
		c.change(records)
		other := settled(records...)
		if digestOf(other) == digestOf(base) {
			t.Errorf("%s leaves the digest as it was", c.name)
		}
		if changed := signatureOf(other) != signatureOf(base); changed != c.signature {
			t.Errorf("%s changes the signature: %v, want %v", c.name, changed, c.signature)
		}
	}
}

func TestTheSignatureIsTheOrderOnEachHost(t *testing.T) {
	a, b := note(10, "client", "c", "sent"), note(20, "server", "s", "received")
	c, d := note(30, "client", "c", "closed"), note(40, "server", "s", "answered")
	signature := signatureOf(settled(a, b, c, d))
	at := func(r trace.Record, t time.Duration) trace.Record { r.At = t; return r }

	// Another order between the hosts, with the order on each as it was.
	if got := signatureOf(settled(b, d, at(a, 50), at(c, 60))); got != signature {
		t.Error("the order between two hosts changes the signature")
	}
	// Another order on one host.
	if got := signatureOf(settled(at(a, 30), b, at(c, 10), d)); got == signature {
		t.Error("the order of two events of one host leaves the signature as it was")
	}
	// The same events, one of them on the other host.
	moved := c
	moved.Host = "server"
	if got := signatureOf(settled(a, b, moved, d)); got == signature {
		t.Error("an event on another host leaves the signature as it was")
	}
	if got := signatureOf(settled(a, b, c)); got == signature {
		t.Error("an event less leaves the signature as it was")
	}
}

func TestTimelines(t *testing.T) {
	lines := trace.Timelines([]trace.Record{
		note(10, "server", "s",
			""), note(10, "client", "c", ""), note(20, "server", "s", ""), note(20, "server", "t", ""),
	})
	want := []trace.Timeline{
		{Host: "client", Times: []time.Duration{10}},
		{Host: "server", Times: []time.Duration{10, 20, 20}},
	}
	if !slices.EqualFunc(
		lines, want, func(a, b trace.Timeline) bool { return a.Host == b.Host && slices.Equal(a.Times, b.Times) },
	) {
		t.Errorf("the timelines are %v, want %v", lines, want)
	}
	if got := trace.Timelines(nil); len(got) != 0 {
		t.Errorf("an empty trace has the timelines %v", got)
	}
}

func digestOf(r *trace.Recorder) string {
	digest, _ := trace.Digests(r.Records())
	return digest
}

func signatureOf(r *trace.Recorder) string {
	_, signature := trace.Digests(r.Records())
	return signature
}

// sums returns the digests of a trace that a Digester computes.
func sums(d *trace.Digester, records []trace.Record) (digest, signature string) {
	for i := range records {
		d.Add(&records[i])
	}
	return d.Sums()
}

// A Digester gives the digests of a trace that it would give first, whatever came before: one
// of fewer hosts, of many more, or of payloads that fill its buffers.
func TestDigesterForgetsTheTraceBefore(t *testing.T) {
	var crowd, large []trace.Record
	for i := range 20 {
		crowd = append(crowd, trace.Record{Host: strconv.Itoa(i), Kind: trace.Note, Event: trace.Text{Event: "here"}})
	}
	for range 100 {
		large = append(large, smallTrace()...)
	}
	var d trace.Digester
	for i, records := range [][]trace.Record{smallTrace(), crowd, smallTrace(), large, nil, crowd, smallTrace()} {
		digest, signature := sums(&d, records)
		wantDigest, wantSignature := trace.Digests(records)
		if digest != wantDigest || signature != wantSignature {
			t.Errorf("trace %d: %s and %s, want %s and %s", i, digest, signature, wantDigest, wantSignature)
		}
	}
}

// Copies of a datagram share what was parsed of it, in another process too.
func TestDecodedRecordsShareADatagram(t *testing.T) {
	records, err := trace.Decode(trace.Encode(smallTrace()))
	if err != nil {
		t.Fatal(err)
	}
	if records[1].Datagram != records[2].Datagram || records[1].Datagram == records[3].Datagram {
		t.Error("records of one datagram do not share it, or those of two do")
	}
}
