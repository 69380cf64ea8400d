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

// Host is a host of the virtual network. It implements transport.Net, so an application that
// uses a transport.Net runs on it unchanged. Its interfaces and addresses come from vnet, but
// its sockets do not: in vnet, a deadline in the past wakes a reader by a timer, and no timer
// fires while a goroutine waits for the mutex of a pion connection. As under a real kernel,
// several sockets may share a UDP port: one open socket that takes datagrams from anybody,
// and any number of connected sockets that each take the datagrams of one peer.
type Host struct {
	transport.Net
	w       *Simulation
	name    string
	address netip.Addr
	nat     *NAT   // the NAT that it is behind; nil on the public network
	kernel  Kernel // nil: its sockets are its own

	mu    sync.Mutex // held for a few instructions only
	ports map[uint16]*port
	next  uint16            // the next ephemeral port
	sent  map[string]uint64 // datagrams by actor; guarded by Simulation.mu
}

// ephemeral is the first ephemeral port of a host (RFC 6335 section 6).
const ephemeral = 49152

// Host adds a host to the network. It must be called while the simulation is built.
func (w *Simulation) Host(name string, address netip.Addr) *Host {
	if n := w.natAt(address); n != nil {
		panic(fmt.Errorf("sim: host %s: %s is the external address of NAT %s", name, address, n.name))
	}
	return w.addHost(w.router, nil, name, address)
}

// addHost adds a host behind a router of the virtual network: a NAT's or the public one.
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

// host returns the host with an address behind a NAT, or on the public network if nat is
// nil. It returns nil if there is none.
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
	open      *Socket   // takes what no connected socket takes
	connected []*Socket // few: a list is searched faster than a map
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

// bind returns the port with a number, and creates it if it is not in use; 0 means an unused
// ephemeral port. The caller holds h.mu.
func (h *Host) bind(number uint16) *port {
	for number == 0 {
		if _, used := h.ports[h.next]; !used {
			number = h.next
		}
		if h.next++; h.next == 0 {
			h.next = ephemeral
		}
	}
	if p, ok := h.ports[number]; ok {
		return p
	}
	p := &port{host: h, number: number}
	h.ports[number] = p
	return p
}

// receive hands a datagram to the socket that takes datagrams from source to an address of
// the host.
func (h *Host) receive(packet *Packet, source, to netip.AddrPort) {
	if h.kernel != nil {
		h.receiveBy(packet, source, to)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	var socket *Socket
	where := TheConnectedSocket
	if p := h.ports[to.Port()]; p != nil {
		switch socket = p.to(source); {
		case socket == nil:
			socket, where = p.open, TheOpenSocket
		case socket.handover.listener != nil:
			socket, where = socket.route(packet.Datagram)
		}
	}
	r := packet.record(h.name, trace.Arrive)
	r.From, r.To, r.Event = source, to, where
	switch {
	case socket == nil:
		r.Kind, r.Event = trace.Drop, NotConnected
	case socket.draining:
		r.Kind, r.Event = trace.Drop, EndpointClosed
	case socket.queued+len(packet.Datagram.Payload) > receiveBuffer:
		r.Kind, r.Event = trace.Drop, BufferFull
	}
	h.w.record(&r) // before a reader can take it and cause the next record
	if r.Kind == trace.Arrive {
		socket.enqueue(arrival{from: source, packet: packet})
	}
}

// bound reports whether a port is in use.
func (h *Host) bound(number uint16) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, used := h.ports[number]
	return used
}

// release unbinds the port if it has no sockets. The caller holds h.mu.
func (p *port) release() {
	if p.open == nil && len(p.connected) == 0 {
		delete(p.host.ports, p.number)
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

// Listen opens a socket that takes datagrams from anybody, on a port; 0 lets the host choose
// the port.
func (h *Host) Listen(number uint16) (*Socket, error) { return h.open(number, netip.AddrPort{}) }

// Connect opens a socket that is connected to a peer, on a port; 0 lets the host choose the
// port.
func (h *Host) Connect(number uint16, peer netip.AddrPort) (*Socket, error) {
	return h.open(number, peer)
}

func (h *Host) open(number uint16, peer netip.AddrPort) (*Socket, error) {
	h.w.acted("opens a socket")
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.bind(number)
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
