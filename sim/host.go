package sim

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"

	"github.com/pion/transport/v2"
	"github.com/pion/transport/v2/vnet"

	"github.com/dtlssim/dtlssim/sim/trace"
)

// Host is a host of the virtual network. It is a transport.Net, so an application
// that takes one runs on it unchanged. On top of what vnet offers, several
// sockets may share a UDP port as they do under a real kernel: one that takes
// datagrams from anybody, and any number that are connected to a peer and take
// that peer's.
type Host struct {
	transport.Net
	w       *Simulation
	name    string
	address netip.Addr
	nat     *NAT // that it stands behind; nil on the public network

	mu    sync.Mutex // held for a few instructions only
	ports map[uint16]*port
	next  uint16            // the next ephemeral port
	sent  map[string]uint64 // datagrams by actor; guarded by Simulation.mu
}

// ephemeral is the first port that a host assigns by itself (RFC 6335 section 6).
const ephemeral = 49152

// Host adds a host to the network. It is called while the world is built.
func (w *Simulation) Host(name string, address netip.Addr) *Host {
	if n := w.natAt(address); n != nil {
		panic(fmt.Errorf("sim: host %s: %s is the external address of NAT %s", name, address, n.name))
	}
	return w.addHost(w.router, nil, name, address)
}

// addHost adds a host behind a router of the virtual network: that of a NAT, or the
// public one.
func (w *Simulation) addHost(router *vnet.Router, nat *NAT, name string, address netip.Addr) *Host {
	n, err := vnet.NewNet(&vnet.NetConfig{StaticIPs: []string{address.String()}})
	if err == nil {
		err = router.AddNet(n)
	}
	if err != nil {
		panic(fmt.Errorf("sim: host %s: %w", name, err))
	}
	h := &Host{
		Net: n, w: w, name: name, address: address, nat: nat,
		ports: make(map[uint16]*port), next: ephemeral, sent: make(map[string]uint64),
	}
	w.hosts = append(w.hosts, h)
	w.OnEnd(h.closeAll)
	return h
}

// host returns the host that an address belongs to behind a NAT, or on the public
// network if that is nil; or nil if there is none.
func (w *Simulation) host(nat *NAT, address netip.Addr) *Host {
	for _, h := range w.hosts {
		if h.address == address && h.nat == nat {
			return h
		}
	}
	return nil
}

// Address returns the host's address.
func (h *Host) Address() netip.Addr { return h.address }

// port is a UDP port in use: the sockets that share it.
type port struct {
	host      *Host
	number    uint16
	conn      transport.UDPConn // by which vnet sends to the NAT; nil on the public network
	open      *Socket           // takes what no connected socket takes
	connected []*Socket         // few: a list is searched faster than a map
}

// to returns the socket that is connected to a peer, or nil.
func (p *port) to(peer netip.AddrPort) *Socket {
	for _, s := range p.connected {
		if s.peer == peer {
			return s
		}
	}
	return nil
}

// bind returns the port, which it takes into use if it is not yet. The caller holds
// h.mu.
func (h *Host) bind(number uint16) (*port, error) {
	for number == 0 {
		if _, used := h.ports[h.next]; !used {
			number = h.next
		}
		if h.next++; h.next == 0 {
			h.next = ephemeral
		}
	}
	if p, ok := h.ports[number]; ok {
		return p, nil
	}
	p := &port{host: h, number: number}
	if h.nat != nil {
		var err error
		p.conn, err = h.Net.ListenUDP("udp4", &net.UDPAddr{IP: h.address.AsSlice(), Port: int(number)})
		if err != nil {
			return nil, err
		}
	}
	h.ports[number] = p
	return p, nil
}

// translated takes a datagram that the virtual network has brought through the NAT next
// to its sender. It is a filter of the public router. What is on its way to a NAT passes.
func (w *Simulation) translated(c vnet.Chunk) bool {
	packet := w.carried()
	if packet.nat == nil {
		return true
	}
	packet.nat.left(packet, addressOf(c.SourceAddr()))
	return false
}

func addressOf(a net.Addr) netip.AddrPort {
	u := a.(*net.UDPAddr).AddrPort() // vnet carries nothing but UDP for us
	return netip.AddrPortFrom(u.Addr().Unmap(), u.Port())
}

// receive hands a datagram to the socket that takes datagrams of that source at an
// address of the host. The endpoints never read from the sockets of vnet: those meet a
// deadline in the past by a timer, and while a goroutine waits for the mutex of a pion
// connection no timer fires.
func (h *Host) receive(packet *Packet, source, to netip.AddrPort) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var socket *Socket
	where := "the connected socket"
	if p := h.ports[to.Port()]; p != nil {
		switch socket = p.to(source); {
		case socket == nil:
			socket, where = p.open, "the open socket"
		case socket.handover.listener != nil:
			socket, where = socket.route(packet.Payload)
		}
	}
	r := packet.record(h.name, trace.Arrive)
	r.From, r.To, r.Detail = source, to, where
	switch {
	case socket == nil:
		r.Kind, r.Detail = trace.Drop, "no socket takes datagrams from this peer"
	case socket.draining:
		r.Kind, r.Detail = trace.Drop, "the endpoint is closed, its socket lingers"
	case socket.queued+len(packet.Payload) > receiveBuffer:
		r.Kind, r.Detail = trace.Drop, "the receive buffer is full"
	}
	h.w.record(&r) // before anybody can read it, and cause the next record
	if r.Kind == trace.Arrive {
		socket.enqueue(datagram{from: source, payload: packet.Payload, packet: packet})
	}
}

// transmit hands a datagram to the NAT next to its sender.
func (p *port) transmit(packet *Packet) { p.host.w.carry(p.conn, packet) }

// carry hands a datagram to the virtual network at one of its sockets.
func (w *Simulation) carry(conn transport.UDPConn, packet *Packet) {
	w.mu.Lock()
	w.underway = packet
	w.mu.Unlock()
	// The virtual network copies the payload, and fails only if there is no route.
	_, _ = conn.WriteTo(packet.Payload, net.UDPAddrFromAddrPort(packet.To))
}

// carried returns the datagram that the virtual network carries now.
func (w *Simulation) carried() *Packet {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.underway
}

// bound tells whether a port is in use.
func (h *Host) bound(number uint16) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, used := h.ports[number]
	return used
}

// release unbinds the port when no socket is left on it. The caller holds h.mu.
func (p *port) release() {
	if p.open == nil && len(p.connected) == 0 {
		delete(p.host.ports, p.number)
		if p.conn != nil {
			_ = p.conn.Close()
		}
	}
}

func (h *Host) closeAll() {
	h.mu.Lock()
	var sockets []*Socket
	for _, p := range h.ports {
		if p.open != nil {
			sockets = append(sockets, p.open)
		}
		sockets = append(sockets, p.connected...)
	}
	h.mu.Unlock()
	for _, s := range sockets {
		_ = s.Close()
	}
}

// Listen opens a socket on a port, 0 for one of the host's choice, that takes
// datagrams from anybody.
func (h *Host) Listen(number uint16) (*Socket, error) { return h.open(number, netip.AddrPort{}) }

// Connect opens a socket on a port, 0 for one of the host's choice, that is
// connected to a peer.
func (h *Host) Connect(number uint16, peer netip.AddrPort) (*Socket, error) {
	return h.open(number, peer)
}

func (h *Host) open(number uint16, peer netip.AddrPort) (*Socket, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p, err := h.bind(number)
	if err != nil {
		return nil, err
	}
	local := netip.AddrPortFrom(h.address, p.number)
	if (!peer.IsValid() && p.open != nil) || (peer.IsValid() && p.to(peer) != nil) {
		return nil, &net.OpError{
			Op: "listen", Net: "udp", Addr: net.UDPAddrFromAddrPort(local), Err: syscall.EADDRINUSE,
		}
	}
	s := newSocket(p, local)
	if peer.IsValid() {
		s.peer = peer
		p.connected = append(p.connected, s)
	} else {
		p.open = s
	}
	h.w.mu.Lock()
	if h.w.Watching() && h.w.owners[local] != s.actor {
		h.w.Touch("owner of "+local.String(), true)
	}
	h.w.owners[local] = s.actor
	h.w.mu.Unlock()
	return s, nil
}

// ListenUDP implements transport.Net.
func (h *Host) ListenUDP(_ string, local *net.UDPAddr) (transport.UDPConn, error) {
	var number int
	if local != nil {
		number = local.Port
	}
	s, err := h.Listen(uint16(number))
	if err != nil {
		return nil, err
	}
	return s, nil
}

// DialUDP implements transport.Net.
func (h *Host) DialUDP(_ string, local, peer *net.UDPAddr) (transport.UDPConn, error) {
	var number int
	if local != nil {
		number = local.Port
	}
	to := peer.AddrPort()
	s, err := h.Connect(uint16(number), netip.AddrPortFrom(to.Addr().Unmap(), to.Port()))
	if err != nil {
		return nil, err
	}
	return s, nil
}

// ListenPacket implements transport.Net.
func (h *Host) ListenPacket(network, address string) (net.PacketConn, error) {
	local, err := h.ResolveUDPAddr(network, address)
	if err != nil {
		return nil, err
	}
	return h.ListenUDP(network, local)
}

// Dial implements transport.Net.
func (h *Host) Dial(network, address string) (net.Conn, error) {
	peer, err := h.ResolveUDPAddr(network, address)
	if err != nil {
		return nil, err
	}
	return h.DialUDP(network, nil, peer)
}

// CreateDialer implements transport.Net.
func (h *Host) CreateDialer(*net.Dialer) transport.Dialer { return hostDialer{h} }

type hostDialer struct{ *Host }
