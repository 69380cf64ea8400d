package sim

import (
	"net/netip"
	"strconv"

	"github.com/dtlssim/dtlssim/sim/nat"
	"github.com/dtlssim/dtlssim/sim/trace"
	"github.com/dtlssim/dtlssim/sim/wire"
)

// unnamed is embedded in events of datagrams, which have no name.
type unnamed struct{}

// Name implements trace.Event.
func (unnamed) Name() string { return "" }

// Reason is the reason why a datagram is dropped or lost.
type Reason uint8

// The reasons.
const (
	// A host or a NAT drops the datagram.
	NoSuchHost Reason = iota + 1
	Unbound
	NotConnected
	EndpointClosed
	BufferFull
	SocketReleased
	PortZero
	NoExternalPort
	NeverMapped
	Filtered

	// The network loses the datagram.
	Loss
	LinkDown
	QueueFull

	// A listener does not admit the datagram.
	RecentlyClosed
	NotAdmitted
	BacklogFull
)

var reasons = [...]string{
	NoSuchHost:     "no such host",
	Unbound:        "no socket is bound to the port",
	NotConnected:   "no socket takes datagrams from this peer",
	EndpointClosed: "the endpoint is closed, its socket lingers",
	BufferFull:     "the receive buffer is full",
	SocketReleased: "its socket was released",
	PortZero:       "nobody sends from port 0",
	NoExternalPort: "no external port is left",
	NeverMapped:    "nothing was ever mapped to this port",
	Filtered:       "the filter lets nothing in from there",
	Loss:           "loss",
	LinkDown:       "the link is down",
	QueueFull:      "the queue is full",
	RecentlyClosed: "a connection of this peer was closed a short while ago",
	NotAdmitted:    "the filter lets no such datagram in",
	BacklogFull:    "the backlog is full",
}

// Name implements trace.Event.
func (Reason) Name() string { return "" }

// String returns the reason in words.
func (r Reason) String() string {
	if int(r) < len(reasons) && reasons[r] != "" {
		return reasons[r]
	}
	return "reason " + strconv.Itoa(int(r))
}

// AppendDetail implements trace.Event.
func (r Reason) AppendDetail(b []byte) []byte { return append(b, r.String()...) }

// MappingExpired is the reason of a NAT that drops a datagram because the mapping of an
// inside address has expired.
type MappingExpired struct {
	unnamed
	Inside netip.AddrPort
}

// AppendDetail implements trace.Event.
func (e MappingExpired) AppendDetail(b []byte) []byte {
	return append(e.Inside.AppendTo(append(b, "the mapping of "...)), " has expired"...)
}

// TooLarge is the reason of the network that loses a datagram because its IP packet is
// larger than the MTU, in bytes.
type TooLarge struct {
	unnamed
	MTU int
}

// AppendDetail implements trace.Event.
func (e TooLarge) AppendDetail(b []byte) []byte {
	return append(strconv.AppendInt(append(b, "larger than the MTU of "...), int64(e.MTU), 10), " bytes"...)
}

// TakenOut is the reason of the network that loses a datagram because it matches a rule with
// Rule.Without.
type TakenOut struct {
	unnamed
	Rule string
}

// AppendDetail implements trace.Event.
func (e TakenOut) AppendDetail(b []byte) []byte {
	return append(append(b, "taken out of the run, of rule "...), e.Rule...)
}

// Place is the socket that a datagram arrives at.
type Place uint8

// The places.
const (
	TheOpenSocket Place = iota + 1
	TheConnectedSocket
	TheSecondConnectedSocket // see ListenerConfig.Rehandshake
)

var places = [...]string{
	TheOpenSocket: "the open socket", TheConnectedSocket: "the connected socket",
	TheSecondConnectedSocket: "the second connected socket",
}

// Name implements trace.Event.
func (Place) Name() string { return "" }

// AppendDetail implements trace.Event.
func (p Place) AppendDetail(b []byte) []byte { return append(b, places[p]...) }

// ListenerDropped is the event that a listener drops a datagram.
type ListenerDropped struct {
	Datagram *wire.Datagram
	From     netip.AddrPort
	Reason   Reason
}

// Name implements trace.Event.
func (ListenerDropped) Name() string { return "listener drops" }

// AppendDetail implements trace.Event.
func (e ListenerDropped) AppendDetail(b []byte) []byte {
	b = e.From.AppendTo(append(e.Datagram.AppendLabel(b), " from "...))
	return append(append(b, ": "...), e.Reason.String()...)
}

// GuardDropped is the event that a guard withholds records from an endpoint.
type GuardDropped struct{ Records []wire.Record }

// Name implements trace.Event.
func (GuardDropped) Name() string { return "guard drops" }

// AppendDetail implements trace.Event.
func (e GuardDropped) AppendDetail(b []byte) []byte {
	for i := range e.Records {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(b, e.Records[i].Name()...)
	}
	return append(b, " in the clear"...)
}

// Mapped is the event that a NAT assigns an external address to an inside address.
type Mapped struct{ nat.Mapping }

// Name implements trace.Event.
func (e Mapped) Name() string {
	if e.Former.IsValid() {
		return "rebinding"
	}
	return "mapping"
}

// AppendDetail implements trace.Event.
func (e Mapped) AppendDetail(b []byte) []byte {
	b = append(e.External.AppendTo(append(e.Inside.AppendTo(b), " is "...)), " outside"...)
	switch {
	case e.Remote.Port() != 0:
		b = e.Remote.AppendTo(append(b, " for "...))
	case e.Remote.IsValid():
		b = e.Remote.Addr().AppendTo(append(b, " for "...))
	}
	if e.Former.IsValid() {
		b = e.Former.AppendTo(append(b, ", no longer "...))
	}
	return b
}

var (
	_ trace.Event = Reason(0)
	_ trace.Event = Place(0)
)
