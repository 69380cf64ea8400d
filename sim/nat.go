package sim

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/pion/logging"
	"github.com/pion/transport/v2"
	"github.com/pion/transport/v2/vnet"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// Behaviour says what a NAT makes depend on the remote end (RFC 4787 sections 4.1
// and 5).
type Behaviour string

// The behaviours, of mapping and of filtering.
const (
	// EndpointIndependent: an inside address has one external address for all remote
	// ends; any of them may send to it.
	EndpointIndependent Behaviour = "endpoint-independent"

	// AddressDependent: an inside address has an external one for each remote IP
	// address; an IP address may send to it when something was sent to that IP address.
	AddressDependent Behaviour = "address-dependent"

	// AddressAndPortDependent: as AddressDependent, for each remote IP address and port.
	AddressAndPortDependent Behaviour = "address-and-port-dependent"
)

// Behaviours lists the behaviours, the least restrictive first, as vnet numbers them.
var Behaviours = []Behaviour{EndpointIndependent, AddressDependent, AddressAndPortDependent}

// DefaultMappingLifetime is what RFC 4787 recommends (REQ-5: not less than two
// minutes, five or more recommended). Many a NAT in use keeps a UDP mapping for 30 s
// only.
const DefaultMappingLifetime = 5 * time.Minute

// defaultInside is the network behind a NAT (RFC 1918).
var defaultInside = netip.MustParsePrefix("10.0.0.0/24")

// NATConfig describes a NAT.
type NATConfig struct {
	Name     string       // of its records in the trace; default "nat"
	External netip.Addr   // its address on the public network, which no other has
	Inside   netip.Prefix // the network behind it, of IPv4, which no other has; default 10.0.0.0/24

	// Lifetime is how long a mapping outlives the last datagram that went out by it;
	// what comes in does not refresh it (RFC 4787 REQ-6). At the instant at which the
	// lifetime is over the mapping is still alive; one nanosecond later it is not.
	// 0: DefaultMappingLifetime.
	Lifetime time.Duration

	Mapping   Behaviour // when an inside address has the same external one; default EndpointIndependent
	Filtering Behaviour // who may send to an external address; default EndpointIndependent
}

// NAT is a network address translator next to the hosts behind it: what they send
// crosses it at the instant at which it is sent, and has the link's latency behind
// it, or is lost there; what is sent to them crosses the link first, and the NAT
// drops it on arrival if no mapping is alive or the filter refuses its source.
//
// It is vnet's NAT that translates, with what is particular to that one: external
// ports count up from 49152 and none is used twice in a replication, whoever asks,
// so that no mapping ever leads to another host than before; a peer that the filter
// lets in may send as long as the mapping lives; and when the ports are used up,
// which is after 16384 mappings, it drops what needs a new one. A datagram that one
// host behind a NAT sends to the external address of another comes back in with its
// external source (RFC 4787 REQ-9), after the latency of the link.
type NAT struct {
	w      *Simulation
	name   string
	config NATConfig
	router *vnet.Router // of its inside; vnet translates between it and the public one

	public  *vnet.Net // where vnet takes what comes from the public network
	sources map[netip.AddrPort]transport.UDPConn

	mappings map[mappingKey]netip.AddrPort // the last external address of each; guarded by Simulation.mu
}

// mappingKey is what a mapping is for: an inside address, and as much of the remote
// end as the mapping behaviour looks at.
type mappingKey struct {
	inside netip.AddrPort
	remote string
}

// NAT adds a NAT to the network. It is called while the world is built. A
// configuration that makes no sense panics.
func (w *Simulation) NAT(c NATConfig) *NAT {
	if c.Name == "" {
		c.Name = "nat"
	}
	if !c.Inside.IsValid() {
		c.Inside = defaultInside
	}
	if c.Lifetime == 0 {
		c.Lifetime = DefaultMappingLifetime
	}
	if c.Mapping == "" {
		c.Mapping = EndpointIndependent
	}
	if c.Filtering == "" {
		c.Filtering = EndpointIndependent
	}
	n := &NAT{
		w: w, name: c.Name, config: c,
		sources: make(map[netip.AddrPort]transport.UDPConn), mappings: make(map[mappingKey]netip.AddrPort),
	}
	err := n.check()
	if err == nil {
		err = n.start()
	}
	if err != nil {
		panic(fmt.Errorf("sim: NAT %s: %w", c.Name, err))
	}
	if w.inside == nil {
		w.inside = make(map[netip.AddrPort]netip.AddrPort)
	}
	w.nats = append(w.nats, n)
	return n
}

// check finds the faults of a configuration that vnet would not find.
func (n *NAT) check() error {
	c := n.config
	for _, b := range []Behaviour{c.Mapping, c.Filtering} {
		if !slices.Contains(Behaviours, b) {
			return fmt.Errorf("behaviour %q: want one of %q", b, Behaviours)
		}
	}
	if c.Lifetime < 0 {
		return fmt.Errorf("mapping lifetime %s: want a positive one", c.Lifetime)
	}
	if n.w.host(nil, c.External) != nil || n.w.natAt(c.External) != nil {
		return fmt.Errorf("external address %s: it is taken", c.External)
	}
	if !c.Inside.Addr().Is4() || c.Inside.Overlaps(netip.MustParsePrefix(network)) {
		return fmt.Errorf("inside %s: want an IPv4 network apart from %s", c.Inside, network)
	}
	for _, other := range n.w.nats {
		if c.Inside.Overlaps(other.config.Inside) { // the trace tells hosts by their addresses
			return fmt.Errorf("inside %s: it overlaps with that of NAT %s", c.Inside, other.name)
		}
	}
	return nil
}

// start starts the router of the inside.
func (n *NAT) start() error {
	external := []string{n.config.External.String()}
	behaviour := func(b Behaviour) vnet.EndpointDependencyType {
		return vnet.EndpointDependencyType(slices.Index(Behaviours, b))
	}
	var err error
	n.router, err = vnet.NewRouter(&vnet.RouterConfig{
		Name: n.name, CIDR: n.config.Inside.Masked().String(), StaticIPs: external,
		NATType: &vnet.NATType{
			MappingBehavior:   behaviour(n.config.Mapping),
			FilteringBehavior: behaviour(n.config.Filtering),
			MappingLifeTime:   n.config.Lifetime,
		},
		LoggerFactory: natLogger{n: n},
	})
	if err != nil {
		return err
	}
	// vnet routes datagrams to the second of two that are added under one address: to
	// the NAT; the first can send all the same.
	if n.public, err = vnet.NewNet(&vnet.NetConfig{StaticIPs: external}); err != nil {
		return err
	}
	if err := n.w.router.AddNet(n.public); err != nil {
		return err
	}
	if err := n.w.router.AddRouter(n.router); err != nil {
		return err
	}
	n.router.AddChunkFilter(n.deliver)
	return n.router.Start() // the public router stops it
}

// Host adds a host behind the NAT. It is called while the world is built.
func (n *NAT) Host(name string, address netip.Addr) *Host {
	return n.w.addHost(n.router, n, name, address)
}

// Address returns the external address.
func (n *NAT) Address() netip.Addr { return n.config.External }

// Inside returns the inside address that stands, or last stood, behind an external
// address of a NAT; ok is false if none ever did.
func (w *Simulation) Inside(external netip.AddrPort) (inside netip.AddrPort, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.Watching() && w.natAt(external.Addr()) != nil {
		w.Touch("mapping of "+external.String(), false)
	}
	inside, ok = w.inside[external]
	return inside, ok
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

// owner returns the actor that last opened a socket at an address, or at the inside
// address behind it. The caller holds mu.
func (w *Simulation) owner(address netip.AddrPort) string {
	if w.Watching() && w.natAt(address.Addr()) != nil {
		w.Touch("mapping of "+address.String(), false)
	}
	if inside, ok := w.inside[address]; ok {
		address = inside
	}
	if w.Watching() {
		w.Touch("owner of "+address.String(), false)
	}
	return w.owners[address]
}

// source returns the source address of a datagram where it is now.
func (p *Packet) source() netip.AddrPort {
	if p.outside.IsValid() {
		return p.outside
	}
	return p.From
}

// local tells whether the way to an address does not lead out of the NAT.
func (n *NAT) local(a netip.Addr) bool { return n.config.Inside.Contains(a) || a.IsLoopback() }

// cross has a datagram that a host behind the NAT sends leave it at this instant, if
// it goes out at all. It does so by an event: two actors may send at one instant in
// an order that the runtime draws at random, and ports are numbered in the order in
// which datagrams come. The event is over before any delivery of this instant.
func (n *NAT) cross(actor *clock.Actor, from *port, p *Packet) {
	p.nat = n
	if !n.local(p.To.Addr()) {
		n.w.AfterBy(actor, clock.Crossing, 0, func() { from.transmit(p) })
	}
}

// left takes note that a datagram has left the NAT with an external source. It is
// called on the public side, by the filter of the router.
func (n *NAT) left(p *Packet, outside netip.AddrPort) {
	key := mappingKey{inside: p.From}
	switch n.config.Mapping {
	case AddressDependent:
		key.remote = p.To.Addr().String()
	case AddressAndPortDependent:
		key.remote = p.To.String()
	}
	n.w.mu.Lock()
	p.nat, p.outside = nil, outside
	last, again := n.mappings[key]
	n.mappings[key] = outside
	n.w.inside[outside] = p.From
	n.w.mu.Unlock()
	if n.w.Watching() {
		n.w.watch.mapped(n, last) // which may be none
		n.w.watch.refreshed(n, outside)
	}
	if last == outside {
		return
	}
	if n.w.Watching() {
		n.w.Touch("mapping of "+outside.String(), true)
	}
	r := trace.Record{Host: n.name, Kind: trace.Note, Event: "mapping", Detail: fmt.Sprintf("%s is %s outside", p.From, outside)}
	if key.remote != "" {
		r.Detail += " for " + key.remote
	}
	if again {
		r.Event, r.Detail = "rebinding", r.Detail+", no longer "+last.String()
	}
	n.w.record(&r)
}

// takenByNAT tells whether a datagram that would be delivered now is one for a NAT,
// which has it then, or one that its sender's NAT has dropped.
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

// enter has a datagram from the public network enter the NAT. vnet sends under an
// address of an interface only, so that of the public side has them all.
func (n *NAT) enter(p *Packet) {
	if n.w.Watching() {
		n.w.watch.mapped(n, p.To)
	}
	source := p.source()
	if source.Port() == 0 { // of a forged one; vnet would choose a port, at random
		n.drop(p, "nobody sends from port 0")
		return
	}
	conn, ok := n.sources[source]
	if !ok {
		eth0, err := n.public.InterfaceByName("eth0")
		if err == nil {
			eth0.AddAddress(&net.IPNet{IP: source.Addr().AsSlice()})
			conn, err = n.public.ListenUDP("udp4", net.UDPAddrFromAddrPort(source))
		}
		if err != nil {
			panic(fmt.Errorf("sim: NAT %s takes nothing from %s: %w", n.name, source, err))
		}
		n.sources[source] = conn
	}
	n.w.carry(conn, p)
}

// deliver takes a datagram that vnet has let into the NAT and hands it to the host that
// it is for. It is a filter of the router of the inside, which what goes out passes
// before it is translated. Before it gets here, nobody knows what a datagram meets.
func (n *NAT) deliver(c vnet.Chunk) bool {
	w, packet := n.w, n.w.carried()
	to := addressOf(c.DestinationAddr())
	h := w.host(n, to.Addr())
	if h == nil {
		return true // on to the translation
	}
	source := addressOf(c.SourceAddr())
	if !h.bound(to.Port()) {
		r := packet.record(h.name, trace.Drop)
		r.From, r.To, r.Detail = source, to, unbound
		w.record(&r)
		return false
	}
	w.link.arrived(packet)
	h.receive(packet, source, to)
	return false
}

// drop records that the NAT drops a datagram.
func (n *NAT) drop(p *Packet, reason string) {
	r := p.record(n.name, trace.Drop)
	r.From, r.Detail = p.source(), reason
	n.w.record(&r)
}

// natLogger is how vnet tells what its NAT drops: its router warns of what is not let
// in, and reports an error, and stops, when no port is left. vnet says so nowhere else.
type natLogger struct {
	silent
	n *NAT
}

var (
	_ logging.LoggerFactory = natLogger{}
	_ logging.LeveledLogger = natLogger{}
)

// NewLogger implements logging.LoggerFactory.
func (l natLogger) NewLogger(string) logging.LeveledLogger { return l }

// Warnf implements logging.LeveledLogger.
func (l natLogger) Warnf(format string, args ...any) {
	n, p := l.n, l.n.w.carried()
	inside, known := n.w.Inside(p.To)
	switch {
	case !strings.HasSuffix(fmt.Sprintf(format, args...), "no NAT binding found"):
		n.drop(p, "the filter lets nothing in from there")
	case known:
		n.drop(p, fmt.Sprintf("the mapping of %s has expired", inside))
	default:
		n.drop(p, "nothing was ever mapped to this port")
	}
}

// Errorf implements logging.LeveledLogger.
func (l natLogger) Errorf(string, ...any) {
	l.n.drop(l.n.w.carried(), "no external port is left")
	if l.n.router.Stop() == nil { // else the replication has ended
		_ = l.n.router.Start() // fails of one that runs only
	}
}
