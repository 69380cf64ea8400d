package program

import (
	"net/netip"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dtlssim/dtlssim/sim"
)

// socket is a UDP socket, see udp(7).
type socket struct {
	k       *kernel
	f       *file
	program *program // that opened it

	v6, v6only          bool
	reuse, reusePort    bool
	bound               bool
	local, peer         netip.AddrPort // peer is not valid unless it is connected
	chosen, chosenPort  bool           // the local address and port are those of bind(2), not the kernel's choice
	queue               []arrived
	queued, limit       int // bytes, overhead included
	failure             syscall.Errno
	readShut, writeShut bool
	receiveTimeout      [2]uint64
	patience            time.Duration // 0: for ever
	packetInfo          bool
	packetInfo6         bool
	discover            uint32            // IP_MTU_DISCOVER
	options             map[option]uint32 // those that were set and have no effect, by level and name
	origin              *sim.Origin       // of what it sends; nil before it sends
}

// arrived is a datagram in the queue of a socket.
type arrived struct {
	from, to netip.AddrPort
	payload  []byte
	packet   *sim.Packet // nil: from the host itself
}

const (
	// receiveLimit is what a queue holds, in bytes; setsockopt(2) gives twice what it is asked for,
	// up to mostReceiveLimit. The values are net.core.rmem_default and twice net.core.rmem_max.
	receiveLimit     = 212992
	mostReceiveLimit = 2 * 212992

	largestPayload = 65507
)

// charge is what a datagram takes of a queue: Linux counts the memory, not the bytes of the payload. A
// small datagram takes a buffer of 768 bytes; the rule for larger ones is skb_truesize's.
func charge(payload int) int {
	const headers, shared = 28 + 16, 320 + 256
	total := payload + headers
	n := 512
	for n < total+shared-256 && n < 1<<17 {
		n *= 2
	}
	return n + 256
}

func unmapped(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

func (s *socket) mode() uint32 { return unix.S_IFSOCK | 0o777 }

func (s *socket) poll() (mask uint32) {
	mask = mayWrite
	if len(s.queue) > 0 {
		mask |= mayRead
	}
	if s.failure != 0 {
		mask |= unix.POLLERR
	}
	if s.readShut {
		mask |= unix.POLLRDHUP | mayRead
		if s.writeShut {
			mask |= unix.POLLHUP
		}
	}
	return mask
}

// any returns the unspecified address of its family.
func (s *socket) any() netip.Addr {
	if s.v6 {
		return netip.IPv6Unspecified()
	}
	return netip.IPv4Unspecified()
}

// has reports whether an address is one of the host's own.
func (k *kernel) has(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsLoopback() || a == k.address
}

// source returns the source address for a destination.
func (k *kernel) source(to netip.Addr) netip.Addr {
	switch to = to.Unmap(); {
	case to == netip.IPv6Loopback():
		return to
	case to.IsLoopback():
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return k.address
}

// bind is bind(2).
func (s *socket) bind(a netip.AddrPort) syscall.Errno {
	k := s.k
	if s.bound {
		return syscall.EINVAL
	}
	if addr := a.Addr(); !addr.IsUnspecified() && !k.has(addr) {
		return syscall.EADDRNOTAVAIL
	}
	chosenPort := a.Port() != 0
	if !chosenPort {
		a = netip.AddrPortFrom(a.Addr(), k.freePort())
	} else {
		for _, o := range k.sockets {
			if o.local.Port() == a.Port() && overlap(o, s, a.Addr()) && !(o.reuse && s.reuse) &&
				!(o.reusePort && s.reusePort) {
				return syscall.EADDRINUSE
			}
		}
	}
	s.local, s.bound = a, true
	s.chosen, s.chosenPort = !a.Addr().IsUnspecified(), chosenPort
	k.sockets = append(k.sockets, s)
	k.owns(s)
	return 0
}

// overlap reports whether a socket and another that is about to be bound to an address could get the same
// datagrams.
func overlap(o, s *socket, a netip.Addr) bool {
	b := o.local.Addr()
	if a.Is4() && o.v6 && (o.v6only || !b.IsUnspecified() && !b.Is4In6()) ||
		b.Is4() && s.v6 && (s.v6only || !a.IsUnspecified() && !a.Is4In6()) {
		return false
	}
	return a.IsUnspecified() || b.IsUnspecified() || a.Unmap() == b.Unmap()
}

// freePort returns an ephemeral port that no socket uses.
func (k *kernel) freePort() uint16 {
	for {
		port := k.nextPort
		if k.nextPort++; k.nextPort == 0 {
			k.nextPort = firstPort
		}
		if !slices.ContainsFunc(k.sockets, func(o *socket) bool { return o.local.Port() == port }) {
			return port
		}
	}
}

// firstPort is the first ephemeral port (RFC 6335 section 6).
const firstPort = 49152

// connect is connect(2) with an address.
func (s *socket) connect(to netip.AddrPort) syscall.Errno {
	k := s.k
	to = unmapped(to)
	switch {
	case to.Addr().IsUnspecified():
		to = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), to.Port())
		if s.v6 && !to.Addr().Is4() {
			to = netip.AddrPortFrom(netip.IPv6Loopback(), to.Port())
		}
	case to.Addr().Is6() && to.Addr() != netip.IPv6Loopback():
		return syscall.ENETUNREACH
	case to.Addr().Is4() && s.v6 && s.v6only:
		return syscall.ENETUNREACH
	}
	if !s.bound {
		if e := s.bind(netip.AddrPortFrom(s.local.Addr(), 0)); e != 0 {
			return e
		}
	}
	if !s.chosen {
		s.local = netip.AddrPortFrom(k.source(to.Addr()), s.local.Port())
	}
	s.peer = to
	k.owns(s)
	return 0
}

// disconnect is connect(2) with AF_UNSPEC.
func (s *socket) disconnect() {
	s.peer = netip.AddrPort{}
	address, port := s.local.Addr(), s.local.Port()
	if !s.chosen {
		address = s.any()
	}
	if s.bound && !s.chosenPort { // it has no port any longer
		k := s.k
		k.sockets = slices.DeleteFunc(k.sockets, func(o *socket) bool { return o == s })
		port, s.bound = 0, false
	}
	s.local = netip.AddrPortFrom(address, port)
}

// lookup finds the socket that takes a datagram; nil if none does. One that is connected to the sender wins
// over others, then one that is bound to the address; among equals, the one that was bound last.
func (k *kernel) lookup(from, to netip.AddrPort) *socket {
	var best *socket
	score := 0
	for _, s := range k.sockets {
		local := s.local.Addr().Unmap()
		if s.local.Port() != to.Port() || s.peer.IsValid() && s.peer != from {
			continue
		}
		if local.IsUnspecified() && to.Addr().Is4() && s.v6 && s.v6only ||
			local.IsUnspecified() && to.Addr().Is6() && !s.v6 ||
			!local.IsUnspecified() && local != to.Addr() {
			continue
		}
		n := 1
		if s.v6 == to.Addr().Is6() {
			n++
		}
		if !local.IsUnspecified() {
			n += 2
		}
		if s.peer.IsValid() {
			n += 4
		}
		if n >= score {
			best, score = s, n
		}
	}
	return best
}

// take puts a datagram into the queue of a socket. It reports whether there was room.
func (s *socket) take(a arrived) bool {
	n := charge(len(a.payload))
	if s.queued+n > s.limit && s.queued > 0 || s.readShut {
		return false
	}
	s.queue = append(s.queue, a)
	s.queued += n
	s.f.changed()
	return true
}

// send sends a datagram to an address, or to the peer if it is not valid.
func (s *socket) send(to netip.AddrPort, payload []byte) int64 {
	return s.sendFrom(netip.Addr{}, to, payload)
}

// sendFrom is send from an address of the host; not valid: its own.
func (s *socket) sendFrom(source netip.Addr, to netip.AddrPort, payload []byte) int64 {
	k := s.k
	if s.writeShut {
		return -int64(syscall.EPIPE)
	}
	if len(payload) > largestPayload {
		return -int64(syscall.EMSGSIZE)
	}
	if !to.IsValid() {
		if to = s.peer; !to.IsValid() {
			return -int64(syscall.EDESTADDRREQ)
		}
	}
	if to.Port() == 0 {
		return -int64(syscall.EINVAL)
	}
	to = unmapped(to)
	if to.Addr().IsUnspecified() {
		to = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), to.Port())
	}
	if to.Addr().Is6() && to.Addr() != netip.IPv6Loopback() || to.Addr().Is4() && s.v6 && s.v6only {
		return -int64(syscall.ENETUNREACH)
	}
	if s.failure != 0 {
		return -int64(s.takeFailure())
	}
	local := k.has(to.Addr())
	const always, probing = 2, 3 // IP_PMTUDISC_DO, IP_PMTUDISC_PROBE
	if !local && (s.discover == always || s.discover == probing) && len(payload)+28 > k.mtu() {
		return -int64(syscall.EMSGSIZE)
	}
	if !s.bound {
		if e := s.bind(netip.AddrPortFrom(s.local.Addr(), 0)); e != 0 {
			return -int64(e)
		}
	}
	from := unmapped(s.local)
	if source.IsValid() {
		from = netip.AddrPortFrom(source, from.Port())
	}
	if from.Addr().IsUnspecified() {
		from = netip.AddrPortFrom(k.source(to.Addr()), from.Port())
	}
	if !local {
		k.sends(s, from, to, append([]byte(nil), payload...))
		return int64(len(payload))
	}
	if r := k.lookup(from, to); r != nil {
		r.take(arrived{from: from, to: to, payload: append([]byte(nil), payload...)})
	} else {
		k.refused(from, to) // before the call returns, as on a real loopback
	}
	return int64(len(payload))
}

// refused tells the socket that sent a datagram that no socket took it.
func (k *kernel) refused(from, to netip.AddrPort) {
	for i := len(k.sockets) - 1; i >= 0; i-- {
		s := k.sockets[i]
		if s.peer == to && unmapped(s.local).Port() == from.Port() {
			s.failure = syscall.ECONNREFUSED
			s.f.changed()
			return
		}
	}
}

func (s *socket) takeFailure() syscall.Errno {
	e := s.failure
	s.failure = 0
	return e
}

// receive receives a datagram for a thread. report, if not nil, gets the datagram and whether it was cut.
func (s *socket) receive(t *task, to []buffer, flags int, report func(a arrived, cut bool) bool) verdict {
	ready := func() bool { return len(s.queue) > 0 || s.failure != 0 || s.readShut }
	take := func(timedOut bool) int64 {
		switch {
		case timedOut:
			return -int64(syscall.EAGAIN)
		case s.failure != 0:
			return -int64(s.takeFailure())
		case len(s.queue) == 0: // shut down
			return 0
		}
		a := s.queue[0]
		n := t.scatter(to, a.payload)
		if n < 0 {
			if flags&unix.MSG_PEEK == 0 { // it is lost
				s.drop()
			}
			return -int64(syscall.EFAULT)
		}
		cut := n < int64(len(a.payload))
		if report != nil && !report(a, cut) {
			return -int64(syscall.EFAULT)
		}
		if flags&unix.MSG_PEEK == 0 {
			s.drop()
		}
		if flags&unix.MSG_TRUNC != 0 {
			return int64(len(a.payload))
		}
		return n
	}
	waits := !s.f.nonblocking && flags&unix.MSG_DONTWAIT == 0
	switch {
	case !waits && len(s.queue) == 0 && s.failure == 0: // even if it is shut down
		return t.asks(-int64(syscall.EAGAIN))
	case ready():
		return t.returns(take(false))
	}
	d := time.Duration(-1)
	if s.patience > 0 {
		d = s.patience
	}
	v := t.block(d, ready, take)
	t.wait.restart = d < 0
	return v
}

// drop takes the first datagram off the queue.
func (s *socket) drop() {
	s.queued -= charge(len(s.queue[0].payload))
	s.queue = s.queue[1:]
}

func (s *socket) read(t *task, _ *file, to []buffer) verdict { return s.receive(t, to, 0, nil) }

func (s *socket) write(t *task, _ *file, b []byte) verdict {
	return t.returns(s.send(netip.AddrPort{}, b))
}

func (s *socket) close() {
	s.k.sockets = slices.DeleteFunc(s.k.sockets, func(o *socket) bool { return o == s })
	for _, a := range s.queue {
		s.k.loses(s, a)
	}
	s.queue = nil
}
