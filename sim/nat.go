package sim

import (
	"fmt"
	"net/netip"

	"github.com/pion/transport/v2/vnet"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/sim/nat"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// defaultInside is the network behind a NAT (RFC 1918).
var defaultInside = netip.MustParsePrefix("10.0.0.0/24")

// NATConfig describes a NAT.
type NATConfig struct {
	nat.Config // the external address must be on the public network and not in use

	Name   string       // name in the records of the trace; default "nat"
	Inside netip.Prefix // IPv4 network behind it, overlaps no other; default 10.0.0.0/24
}

// NAT is a network address translator next to the hosts behind it. Datagrams from these hosts
// cross the NAT at the instant at which they are sent; after that, the link delays or loses
// them. Datagrams to these hosts cross the link first. The NAT drops them on arrival if no
// mapping is alive or the filter refuses their source.
//
// If a host behind a NAT sends a datagram to the external address of another host behind the
// same NAT, it comes back in with its external source (RFC 4787 REQ-9) after the latency of
// the link.
type NAT struct {
	w      *Simulation
	name   string
	config NATConfig
	router *vnet.Router // the router of the inside network

	translator *nat.Translator // guarded by Simulation.mu
}

// NAT adds a NAT to the network. It must be called while the simulation is built. It panics
// if the configuration is invalid.
func (w *Simulation) NAT(c NATConfig) *NAT {
	if c.Name == "" {
		c.Name = "nat"
	}
	if !c.Inside.IsValid() {
		c.Inside = defaultInside
	}
	n := &NAT{w: w, name: c.Name, config: c}
	var err error
	if n.translator, err = nat.New(c.Config); err == nil {
		err = n.check()
	}
	if err == nil {
		n.router, err = newRouter(c.Name, c.Inside.Masked())
	}
	if err != nil {
		panic(fmt.Errorf("sim: NAT %s: %w", c.Name, err))
	}
	w.nats = append(w.nats, n)
	return n
}

// check checks the addresses of the configuration against the rest of the network.
func (n *NAT) check() error {
	c, public := n.config, publicNetwork
	switch {
	case n.w.host(nil, c.External) != nil || n.w.natAt(c.External) != nil:
		return fmt.Errorf("external address %s: it is taken", c.External)
	case !public.Contains(c.External):
		return fmt.Errorf("external address %s: want one of %s", c.External, public)
	case !c.Inside.Addr().Is4() || c.Inside.Overlaps(public):
		return fmt.Errorf("inside %s: want an IPv4 network apart from %s", c.Inside, public)
	}
	for _, other := range n.w.nats {
		if c.Inside.Overlaps(other.config.Inside) { // in the trace, addresses identify hosts
			return fmt.Errorf("inside %s: it overlaps with that of NAT %s", c.Inside, other.name)
		}
	}
	return nil
}

// Host adds a host behind the NAT. It must be called while the simulation is built.
func (n *NAT) Host(name string, address netip.Addr) *Host {
	return n.w.addHost(n.router, n, name, address)
}

// Address returns the external address.
func (n *NAT) Address() netip.Addr { return n.config.External }

// Inside returns the inside address of an external address of a NAT, even if the mapping has
// expired. ok is false if the external address was never mapped.
func (w *Simulation) Inside(external netip.AddrPort) (inside netip.AddrPort, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.natAt(external.Addr())
	if n == nil {
		return netip.AddrPort{}, false
	}
	if w.Watching() {
		w.Touch("mapping of "+external.String(), false)
	}
	return n.translator.Inside(external)
}

// natAt returns the NAT with an external address, or nil.
func (w *Simulation) natAt(external netip.Addr) *NAT {
	for _, n := range w.nats {
		if n.config.External == external {
			return n
		}
	}
	return nil
}

// owner returns the actor that last opened a socket at an address. An external address of a
// NAT means its inside address. The caller holds mu.
func (w *Simulation) owner(address netip.AddrPort) string {
	if n := w.natAt(address.Addr()); n != nil {
		if w.Watching() {
			w.Touch("mapping of "+address.String(), false)
		}
		if inside, ok := n.translator.Inside(address); ok {
			address = inside
		}
	}
	if w.Watching() {
		w.Touch("owner of "+address.String(), false)
	}
	return w.owners[address]
}

// source returns the source address that the datagram has now.
func (p *Packet) source() netip.AddrPort {
	if p.outside.IsValid() {
		return p.outside
	}
	return p.From
}

// local reports whether datagrams to an address stay inside the NAT.
func (n *NAT) local(a netip.Addr) bool { return n.config.Inside.Contains(a) || a.IsLoopback() }

// cross makes a datagram from a host behind the NAT leave it at this instant, unless its
// destination is inside. It uses an event, because two actors may send at one instant, in an
// order that the runtime chooses at random, and ports are assigned in the order in which
// datagrams cross. The event comes before any delivery of this instant.
func (n *NAT) cross(actor *clock.Actor, p *Packet) {
	p.nat = n
	if !n.local(p.To.Addr()) {
		n.w.AfterBy(actor, clock.Crossing, 0, func() { n.leave(p) })
	}
}

// leave makes a datagram leave the NAT with an external source. If no port is left, the NAT
// drops it.
func (n *NAT) leave(p *Packet) {
	w := n.w
	w.mu.Lock()
	if w.Watching() {
		w.watch.mapped(n, n.translator.Last(p.From, p.To)) // may be invalid
	}
	m, ok := n.translator.Outbound(w.Now(), p.From, p.To)
	if ok {
		p.nat, p.outside = nil, m.External
	}
	w.mu.Unlock()
	switch {
	case !ok:
		n.drop(p, NoExternalPort)
	case m.Made:
		if w.Watching() {
			w.Touch("mapping of "+m.External.String(), true)
		}
		w.record(&trace.Record{Host: n.name, Kind: trace.Note, Event: Mapped{m}})
	}
}

// takenByNAT reports whether a datagram due for delivery now needs no further handling: it is
// for a NAT, which takes it, or its sender's NAT has dropped it.
func (w *Simulation) takenByNAT(p *Packet) bool {
	if p.nat != nil {
		return !p.nat.local(p.To.Addr())
	}
	n := w.natAt(p.To.Addr())
	if n != nil {
		n.enter(p)
	}
	return n != nil
}

// enter makes a datagram from the public network enter the NAT.
func (n *NAT) enter(p *Packet) {
	w, source := n.w, p.source()
	w.mu.Lock()
	if w.Watching() {
		w.watch.mapped(n, p.To)
	}
	inside, refusal := n.translator.Inbound(w.Now(), source, p.To)
	w.mu.Unlock()
	switch {
	case source.Port() == 0: // a forged datagram
		n.drop(p, PortZero)
	case refusal == nat.NeverMapped:
		n.drop(p, NeverMapped)
	case refusal == nat.Expired:
		n.drop(p, MappingExpired{Inside: inside})
	case refusal == nat.Filtered:
		n.drop(p, Filtered)
	default:
		n.deliver(p, source, inside)
	}
}

// deliver hands a datagram from outside to its host.
func (n *NAT) deliver(p *Packet, source, inside netip.AddrPort) {
	h := n.w.host(n, inside.Addr()) // the mapping was made for this host
	if !h.bound(inside.Port()) {
		r := p.record(h.name, trace.Drop)
		r.From, r.To, r.Event = source, inside, Unbound
		n.w.record(&r)
		return
	}
	n.w.link.arrived(p)
	h.receive(p, source, inside)
}

// drop records that the NAT drops a datagram.
func (n *NAT) drop(p *Packet, reason trace.Event) {
	r := p.record(n.name, trace.Drop)
	r.From, r.Event = p.source(), reason
	n.w.record(&r)
}
