package program

import (
	"encoding/binary"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// newSocket is socket(2). Only UDP is part of the simulated world.
func (t *task) newSocket() verdict {
	const kindMask = 0xf
	family, kind := t.args[0], t.args[1]&kindMask
	protocol := t.args[2]
	switch {
	case family == unix.AF_UNIX || family == unix.AF_NETLINK:
		// A name service, a log, the interfaces of the host: not there, and programs do without.
		return t.fails(syscall.EAFNOSUPPORT)
	case family != unix.AF_INET && family != unix.AF_INET6:
		return t.fails(syscall.EAFNOSUPPORT)
	case kind == 0 || kind > unix.SOCK_PACKET:
		return t.fails(syscall.EINVAL)
	case kind == unix.SOCK_STREAM && (protocol == 0 || protocol == unix.IPPROTO_TCP):
		f := &file{object: &streamSocket{}, nonblocking: t.args[1]&unix.SOCK_NONBLOCK != 0, access: unix.O_RDWR}
		return t.reserve(f, t.args[1]&unix.SOCK_CLOEXEC != 0)
	case kind == unix.SOCK_DGRAM && (protocol == unix.IPPROTO_TCP || protocol == unix.IPPROTO_SCTP):
		return t.fails(syscall.EPROTONOSUPPORT)
	case kind != unix.SOCK_DGRAM || protocol != 0 && protocol != unix.IPPROTO_UDP:
		return t.p.m.unsupported(t, "a socket that is not of UDP")
	}
	s := &socket{k: t.p.m, program: t.p.program, v6: family == unix.AF_INET6, limit: receiveLimit}
	s.discover = 1 // IP_PMTUDISC_WANT
	s.local = netip.AddrPortFrom(s.any(), 0)
	s.f = &file{object: s, nonblocking: t.args[1]&unix.SOCK_NONBLOCK != 0, access: unix.O_RDWR}
	return t.reserve(s.f, t.args[1]&unix.SOCK_CLOEXEC != 0)
}

// streamSocket is a socket of TCP. The runtime of Go opens some at its start, to find out which versions of IP there
// are. Whoever uses one ends the replication.
type streamSocket struct{}

func (*streamSocket) mode() uint32 { return unix.S_IFSOCK | 0o777 }
func (*streamSocket) poll() uint32 { return unix.POLLOUT | unix.POLLHUP }
func (*streamSocket) close()       {}

func (*streamSocket) read(t *task, _ *file, _ []buffer) verdict { return t.fails(syscall.ENOTCONN) }
func (*streamSocket) write(t *task, _ *file, _ []byte) verdict  { return t.fails(syscall.EPIPE) }

// streamCall performs a system call on a socket of TCP.
func (t *task) streamCall() verdict {
	switch t.number {
	case unix.SYS_SETSOCKOPT:
		return t.returns(0)
	case unix.SYS_BIND:
		if a, _, e := t.address(t.args[1], t.args[2]); e == 0 && a.Port() == 0 {
			return t.returns(0)
		}
	}
	return t.p.m.unsupported(t, "TCP")
}

// socketCall performs a system call on a socket.
func (t *task) socketCall() verdict {
	a := t.args
	f := t.p.files[int(int32(a[0]))]
	if f == nil {
		return t.fails(t.notOpen(a[0], syscall.ENOTSOCK))
	}
	switch o := f.object.(type) {
	case *streamSocket:
		return t.streamCall()
	case *pairEnd:
		return o.call(t, f)
	}
	s, ok := f.object.(*socket)
	if !ok {
		return t.fails(syscall.ENOTSOCK)
	}
	switch t.number {
	case unix.SYS_BIND:
		const least = 24 // of a sockaddr_in6, without the scope
		to, family, e := t.address(a[1], a[2])
		switch {
		case e != 0:
			return t.fails(e)
		case s.v6 && a[2] < least:
			return t.fails(syscall.EINVAL)
		case family == unix.AF_UNSPEC || s.v6 != (family == unix.AF_INET6):
			return t.fails(syscall.EAFNOSUPPORT)
		}
		return t.returns(-int64(s.bind(to)))
	case unix.SYS_CONNECT:
		to, family, e := t.address(a[1], a[2])
		switch {
		case e != 0:
			return t.fails(e)
		case family == unix.AF_UNSPEC:
			s.disconnect()
			return t.returns(0)
		case !s.v6 && family == unix.AF_INET6:
			return t.fails(syscall.EAFNOSUPPORT)
		}
		return t.returns(-int64(s.connect(to)))
	case unix.SYS_GETSOCKNAME:
		return t.returns(-int64(t.putName(a[1], a[2], s.local, s.v6)))
	case unix.SYS_GETPEERNAME:
		if !s.peer.IsValid() {
			return t.fails(syscall.ENOTCONN)
		}
		return t.returns(-int64(t.putName(a[1], a[2], s.peer, s.v6)))
	case unix.SYS_SENDTO:
		var to netip.AddrPort
		if a[4] != 0 {
			x, family, e := t.address(a[4], a[5])
			if e != 0 {
				return t.fails(e)
			}
			if !s.v6 && family == unix.AF_INET6 {
				return t.fails(syscall.EAFNOSUPPORT)
			}
			to = x
		}
		if a[2] > largestPayload {
			return t.fails(syscall.EMSGSIZE)
		}
		b := t.tracee.read(a[1], int(a[2]))
		if len(b) != int(a[2]) {
			return t.fails(syscall.EFAULT)
		}
		if a[3]&unix.MSG_OOB != 0 {
			return t.fails(syscall.EOPNOTSUPP)
		}
		return t.returns(s.send(to, b))
	case unix.SYS_SENDMSG:
		h, e := t.header(a[1])
		if e != 0 {
			return t.fails(e)
		}
		return t.returns(s.sendMessage(t, h))
	case unix.SYS_RECVFROM:
		if a[3]&unix.MSG_ERRQUEUE != 0 {
			return t.fails(syscall.EAGAIN)
		}
		return s.receive(t, []buffer{{a[1], a[2]}}, int(a[3]), func(x arrived, _ bool) bool {
			return t.putAddress(a[4], a[5], x.from, s.v6)
		})
	case unix.SYS_RECVMSG:
		return s.receiveMessage(t, a[1], int(a[2]))
	case unix.SYS_SENDMMSG, unix.SYS_RECVMMSG:
		return s.messages(t)
	case unix.SYS_SHUTDOWN:
		if a[1] > unix.SHUT_RDWR {
			return t.fails(syscall.EINVAL)
		}
		s.readShut = s.readShut || a[1] == unix.SHUT_RD || a[1] == unix.SHUT_RDWR
		s.writeShut = s.writeShut || a[1] == unix.SHUT_WR || a[1] == unix.SHUT_RDWR
		f.changed()
		if !s.peer.IsValid() { // and yet it has the effect
			return t.fails(syscall.ENOTCONN)
		}
		return t.returns(0)
	case unix.SYS_SETSOCKOPT:
		return t.returns(-int64(s.set(t, a[1], a[2], a[3], int(int32(a[4])))))
	case unix.SYS_GETSOCKOPT:
		return t.returns(-int64(s.get(t, a[1], a[2], a[3], a[4])))
	case unix.SYS_LISTEN, unix.SYS_ACCEPT, unix.SYS_ACCEPT4:
		return t.fails(syscall.EOPNOTSUPP)
	}
	return t.p.m.unsupported(t, "")
}

// outcome is the result of a call that only writes to memory.
func (t *task) outcome(ok bool) int64 {
	if ok {
		return 0
	}
	return -int64(syscall.EFAULT)
}

// set is setsockopt(2).
func (s *socket) set(t *task, level, name, at uint64, length int) syscall.Errno {
	if level == unix.SOL_SOCKET && (name == unix.SO_RCVTIMEO || name == unix.SO_SNDTIMEO) {
		d, e := t.timeval(at)
		switch {
		case length < 16:
			return syscall.EINVAL
		case e == syscall.EINVAL:
			return syscall.EDOM
		case e != 0:
			return e
		case name == unix.SO_RCVTIMEO:
			s.receiveTimeout[0], _ = t.word(at)
			s.receiveTimeout[1], _ = t.word(at + 8)
			s.patience = d
		}
		return 0
	}
	var v uint32
	switch {
	case length >= 4:
		var ok bool
		if v, ok = t.half(at); !ok {
			return syscall.EFAULT
		}
	case length >= 1 && level != unix.SOL_SOCKET:
		v = uint32(t.tracee.read(at, 1)[0])
	default:
		return syscall.EINVAL
	}
	switch (option{level, name}) {
	case option{unix.SOL_SOCKET, unix.SO_REUSEADDR}:
		s.reuse = v != 0
	case option{unix.SOL_SOCKET, unix.SO_REUSEPORT}:
		s.reusePort = v != 0
	case option{unix.SOL_SOCKET, unix.SO_RCVBUF}:
		const least = 2304
		s.limit = max(min(2*int(int32(v)), mostReceiveLimit), least)
	case option{unix.IPPROTO_IP, unix.IP_PKTINFO}:
		s.packetInfo = v != 0
	case option{unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO}:
		s.packetInfo6 = v != 0
	case option{unix.IPPROTO_IP, unix.IP_MTU_DISCOVER}, option{unix.IPPROTO_IPV6, unix.IPV6_MTU_DISCOVER}:
		const last = 5 // IP_PMTUDISC_OMIT
		if v > last {
			return syscall.EINVAL
		}
		s.discover = v
	case option{unix.IPPROTO_IPV6, unix.IPV6_V6ONLY}:
		if !s.v6 {
			return syscall.ENOPROTOOPT
		}
		if s.bound {
			return syscall.EINVAL
		}
		s.v6only = v != 0
	default:
		if !withoutEffect[option{level, name}] {
			s.k.unsupported(t, describeOption(level, name))
			return syscall.ENOPROTOOPT
		}
		if s.options == nil {
			s.options = make(map[option]uint32)
		}
		s.options[option{level, name}] = v
	}
	return 0
}

// option is a level and a name of setsockopt(2).
type option [2]uint64

// withoutEffect are the options that a program may set and that change nothing here: they concern queues
// that never fill, priorities, errors that the network does not report, and multicast.
var withoutEffect = map[option]bool{
	{unix.SOL_SOCKET, unix.SO_SNDBUF}: true, {unix.SOL_SOCKET, unix.SO_BROADCAST}: true,
	{unix.SOL_SOCKET, unix.SO_PRIORITY}: true, {unix.SOL_SOCKET, unix.SO_KEEPALIVE}: true,
	{unix.SOL_SOCKET, unix.SO_DONTROUTE}: true, {unix.SOL_SOCKET, unix.SO_LINGER}: true,
	{unix.IPPROTO_IP, unix.IP_TOS}: true, {unix.IPPROTO_IP, unix.IP_TTL}: true,
	{unix.IPPROTO_IP, unix.IP_RECVERR}: true, {unix.IPPROTO_IPV6, unix.IPV6_RECVERR}: true,
	{unix.IPPROTO_IPV6, unix.IPV6_TCLASS}: true, {unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS}: true,
	{unix.IPPROTO_IP, unix.IP_MULTICAST_LOOP}: true, {unix.IPPROTO_IP, unix.IP_MULTICAST_TTL}: true,
}

// initially are the values of options of withoutEffect that are not 0 at first.
var initially = map[option]uint32{
	{unix.IPPROTO_IP, unix.IP_TTL}: 64, {unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS}: 64,
	{unix.IPPROTO_IP, unix.IP_MULTICAST_LOOP}: 1, {unix.IPPROTO_IP, unix.IP_MULTICAST_TTL}: 1,
}

// get is getsockopt(2).
func (s *socket) get(t *task, level, name, at, lengthAt uint64) syscall.Errno {
	length, ok := t.half(lengthAt)
	switch {
	case !ok:
		return syscall.EFAULT
	case int32(length) < 0:
		return syscall.EINVAL
	}
	put := func(b []byte) syscall.Errno {
		b = b[:min(len(b), int(length))]
		if !t.tracee.write(at, b) || !t.putHalf(lengthAt, uint32(len(b))) {
			return syscall.EFAULT
		}
		return 0
	}
	le := binary.LittleEndian
	flag := func(b bool) uint32 {
		if b {
			return 1
		}
		return 0
	}
	var v uint32
	switch (option{level, name}) {
	case option{unix.SOL_SOCKET, unix.SO_RCVTIMEO}:
		return put(le.AppendUint64(le.AppendUint64(nil, s.receiveTimeout[0]), s.receiveTimeout[1]))
	case option{unix.SOL_SOCKET, unix.SO_SNDTIMEO}:
		return put(make([]byte, 16))
	case option{unix.SOL_SOCKET, unix.SO_TYPE}:
		v = unix.SOCK_DGRAM
	case option{unix.SOL_SOCKET, unix.SO_DOMAIN}:
		if v = unix.AF_INET; s.v6 {
			v = unix.AF_INET6
		}
	case option{unix.SOL_SOCKET, unix.SO_PROTOCOL}:
		v = unix.IPPROTO_UDP
	case option{unix.SOL_SOCKET, unix.SO_ERROR}:
		v = uint32(s.takeFailure())
	case option{unix.SOL_SOCKET, unix.SO_ACCEPTCONN}:
	case option{unix.SOL_SOCKET, unix.SO_REUSEADDR}:
		v = flag(s.reuse)
	case option{unix.SOL_SOCKET, unix.SO_REUSEPORT}:
		v = flag(s.reusePort)
	case option{unix.SOL_SOCKET, unix.SO_RCVBUF}:
		v = uint32(s.limit)
	case option{unix.SOL_SOCKET, unix.SO_SNDBUF}:
		if v = receiveLimit; s.options[option{level, name}] != 0 {
			v = min(2*s.options[option{level, name}], mostReceiveLimit)
		}
	case option{unix.IPPROTO_IP, unix.IP_MTU}, option{unix.IPPROTO_IPV6, unix.IPV6_MTU}:
		if !s.peer.IsValid() {
			return syscall.ENOTCONN
		}
		if v = uint32(s.k.mtu()); s.peer.Addr().IsLoopback() {
			if v = 65536; s.peer.Addr().Is4() {
				v-- // the most that the length in a header can say
			}
		}
	case option{unix.IPPROTO_IP, unix.IP_MTU_DISCOVER}, option{unix.IPPROTO_IPV6, unix.IPV6_MTU_DISCOVER}:
		v = s.discover
	case option{unix.IPPROTO_IP, unix.IP_PKTINFO}:
		v = flag(s.packetInfo)
	case option{unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO}:
		v = flag(s.packetInfo6)
	case option{unix.IPPROTO_IPV6, unix.IPV6_V6ONLY}:
		v = flag(s.v6only)
	case option{unix.IPPROTO_IP, unix.IP_OPTIONS}:
		return put(nil)
	default:
		if !withoutEffect[option{level, name}] {
			s.k.unsupported(t, describeOption(level, name))
			return syscall.ENOPROTOOPT
		}
		var set bool
		if v, set = s.options[option{level, name}]; !set {
			v = initially[option{level, name}]
		}
	}
	return put(le.AppendUint32(nil, v))
}
