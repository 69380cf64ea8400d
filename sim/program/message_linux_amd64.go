package program

import (
	"encoding/binary"
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// address reads a socket address. ok is false if there is none, or it has another family.
func (t *task) address(at, n uint64) (a netip.AddrPort, family uint16, e syscall.Errno) {
	const most = 128 // sizeof(struct sockaddr_storage)
	if at == 0 || n < 2 || n > most {
		return a, 0, syscall.EINVAL
	}
	b := t.read(at, int(min(n, 28)))
	if len(b) < 2 {
		return a, 0, syscall.EFAULT
	}
	family = binary.LittleEndian.Uint16(b)
	switch {
	case family == unix.AF_INET && len(b) >= 16:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[4:8])), binary.BigEndian.Uint16(b[2:])), family, 0
	case family == unix.AF_INET6 && len(b) >= 24:
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[8:24])), binary.BigEndian.Uint16(b[2:])), family, 0
	case family == unix.AF_UNSPEC:
		return a, family, 0
	case family == unix.AF_INET || family == unix.AF_INET6:
		return a, family, syscall.EINVAL
	}
	return a, family, syscall.EAFNOSUPPORT
}

// encodeAddress returns a socket address in the form of sockaddr_in or sockaddr_in6.
func encodeAddress(a netip.AddrPort, v6 bool) []byte {
	b := make([]byte, 16, 28)
	binary.BigEndian.PutUint16(b[2:], a.Port())
	if v6 {
		b = b[:28]
		b[0] = unix.AF_INET6
		x := a.Addr().As16() // an IPv4 address becomes a mapped one
		copy(b[8:], x[:])
		return b
	}
	b[0] = unix.AF_INET
	if a.Addr().Unmap().Is4() {
		x := a.Addr().Unmap().As4()
		copy(b[4:], x[:])
	}
	return b
}

// putAddress writes a socket address, and its length where the caller has left the room for it.
func (t *task) putAddress(at, length uint64, a netip.AddrPort, v6 bool) bool {
	if at == 0 || length == 0 {
		return at == 0
	}
	b := encodeAddress(a, v6)
	room, ok := t.half(length)
	if !ok {
		return false
	}
	return t.tracee.write(at, b[:min(int(room), len(b))]) && t.putHalf(length, uint32(len(b)))
}

// putName answers getsockname(2) and getpeername(2).
func (t *task) putName(at, length uint64, a netip.AddrPort, v6 bool) syscall.Errno {
	room, ok := t.half(length)
	switch {
	case ok && int32(room) < 0:
		return syscall.EINVAL
	case !ok || at == 0 || !t.putAddress(at, length, a, v6):
		return syscall.EFAULT
	}
	return 0
}

// header is a msghdr.
type header struct {
	at                     uint64
	name, nameLength       uint64
	vector, vectorLength   uint64
	control, controlLength uint64
	buffers                []buffer
}

func (t *task) header(at uint64) (h header, e syscall.Errno) {
	b := t.read(at, 56)
	if len(b) != 56 {
		return h, syscall.EFAULT
	}
	le := binary.LittleEndian
	h = header{
		at: at, name: le.Uint64(b), nameLength: uint64(le.Uint32(b[8:])),
		vector: le.Uint64(b[16:]), vectorLength: le.Uint64(b[24:]),
		control: le.Uint64(b[32:]), controlLength: le.Uint64(b[40:]),
	}
	if h.vectorLength > mostBuffers {
		return h, syscall.EMSGSIZE
	}
	h.buffers, e = t.buffers(h.vector, h.vectorLength)
	return h, e
}

// sendMessage sends what a msghdr describes.
func (s *socket) sendMessage(t *task, h header) int64 {
	var to netip.AddrPort
	if h.name != 0 {
		a, _, e := t.address(h.name, h.nameLength)
		if e != 0 {
			return -int64(e)
		}
		to = a
	}
	b, ok := t.gather(h.buffers)
	if !ok {
		return -int64(syscall.EFAULT)
	}
	source, e := s.sourceOf(t, h)
	if e != 0 {
		return -int64(e)
	}
	return s.sendFrom(source, to, b)
}

// sourceOf returns the source address that the control messages of a msghdr ask for; not valid if none does.
func (s *socket) sourceOf(t *task, h header) (source netip.Addr, e syscall.Errno) {
	const head, most = 16, 4096 // sizeof(struct cmsghdr)
	if h.control == 0 || h.controlLength < head {
		return source, 0
	}
	b := t.read(h.control, int(min(h.controlLength, most)))
	if uint64(len(b)) != h.controlLength {
		return source, syscall.EFAULT
	}
	le := binary.LittleEndian
	for len(b) >= head {
		n := le.Uint64(b)
		if n < head || n > uint64(len(b)) {
			return source, syscall.EINVAL
		}
		data := b[head:n]
		switch (option{uint64(le.Uint32(b[8:])), uint64(le.Uint32(b[12:]))}) {
		case option{unix.IPPROTO_IP, unix.IP_PKTINFO}:
			if len(data) < unix.SizeofInet4Pktinfo {
				return source, syscall.EINVAL
			}
			source = netip.AddrFrom4([4]byte(data[4:8]))
		case option{unix.IPPROTO_IPV6, unix.IPV6_PKTINFO}:
			if len(data) < unix.SizeofInet6Pktinfo {
				return source, syscall.EINVAL
			}
			source = netip.AddrFrom16([16]byte(data[:16])).Unmap()
		case option{unix.IPPROTO_IP, unix.IP_TOS}, option{unix.IPPROTO_IP, unix.IP_TTL},
			option{unix.IPPROTO_IPV6, unix.IPV6_TCLASS}, option{unix.IPPROTO_IPV6, unix.IPV6_HOPLIMIT}:
		default:
			s.k.unsupported(t, "a control message: "+describeOption(uint64(le.Uint32(b[8:])), uint64(le.Uint32(b[12:]))))
			return source, syscall.EINVAL
		}
		b = b[min(uint64(len(b)), (n+7)&^7):]
	}
	if source.IsUnspecified() {
		source = netip.Addr{}
	}
	if source.IsValid() && !s.k.has(source) {
		return source, syscall.EINVAL
	}
	return source, 0
}

// report writes what a msghdr says of a received datagram.
func (s *socket) report(t *task, h header, a arrived, cut bool) bool {
	if h.name != 0 {
		b := encodeAddress(a.from, s.v6)
		if !t.tracee.write(h.name, b[:min(int(h.nameLength), len(b))]) || !t.putHalf(h.at+8, uint32(len(b))) {
			return false
		}
	}
	flags := uint32(0)
	if cut {
		flags |= unix.MSG_TRUNC
	}
	control := s.control(a)
	if uint64(len(control)) > h.controlLength {
		control, flags = nil, flags|unix.MSG_CTRUNC
	}
	if len(control) > 0 && !t.tracee.write(h.control, control) {
		return false
	}
	return t.putWords(h.at+40, uint64(len(control))) && t.putHalf(h.at+48, flags)
}

// control returns the control messages of a datagram: where it came to, if the socket asks.
func (s *socket) control(a arrived) (b []byte) {
	le := binary.LittleEndian
	to := a.to.Addr()
	interfaceIndex := uint32(2)
	if to.IsLoopback() {
		interfaceIndex = 1
	}
	head := func(length, level, kind uint32) {
		b = le.AppendUint64(b, uint64(length))
		b = le.AppendUint32(le.AppendUint32(b, level), kind)
	}
	switch {
	case s.packetInfo && to.Is4():
		head(28, unix.IPPROTO_IP, unix.IP_PKTINFO)
		b = le.AppendUint32(b, interfaceIndex)
		x := to.As4()
		b = append(append(b, x[:]...), x[:]...)
		b = append(b, 0, 0, 0, 0)
	case s.packetInfo6 && s.v6:
		head(36, unix.IPPROTO_IPV6, unix.IPV6_PKTINFO)
		x := to.As16()
		b = le.AppendUint32(append(b, x[:]...), interfaceIndex)
		b = append(b, 0, 0, 0, 0)
	}
	return b
}

// receiveMessage is recvmsg(2).
func (s *socket) receiveMessage(t *task, at uint64, flags int) verdict {
	h, e := t.header(at)
	if e != 0 {
		return t.fails(e)
	}
	if flags&unix.MSG_ERRQUEUE != 0 {
		return t.fails(syscall.EAGAIN)
	}
	return s.receive(t, h.buffers, flags, func(a arrived, cut bool) bool { return s.report(t, h, a, cut) })
}

// messages performs sendmmsg(2) and recvmmsg(2).
func (s *socket) messages(t *task) verdict {
	const entry, most = 64, 1024
	a := t.args
	at, n, flags := a[1], min(a[2], most), int(a[3])
	if t.number == unix.SYS_SENDMMSG {
		for i := range n {
			h, e := t.header(at + i*entry)
			sent := -int64(e)
			if e == 0 {
				sent = s.sendMessage(t, h)
			}
			if sent < 0 {
				if i > 0 {
					return t.returns(int64(i))
				}
				return t.returns(sent)
			}
			t.putHalf(at+i*entry+56, uint32(sent))
		}
		return t.returns(int64(n))
	}
	if n == 0 {
		return t.returns(0)
	}
	limited, end := a[4] != 0, s.k.now
	if limited {
		d, e := t.timespec(a[4])
		if e != 0 {
			return t.fails(e)
		}
		end += d
	}
	count := 0
	const forOne = 0x10000 // MSG_WAITFORONE
	ready := func() bool { return len(s.queue) > 0 || s.failure != 0 || s.readShut }
	var step func(timedOut bool) int64
	step = func(timedOut bool) int64 {
		for count < int(n) && (len(s.queue) > 0 || count == 0 && s.failure != 0) {
			h, e := t.header(at + uint64(count)*entry)
			if e != 0 {
				return -int64(e)
			}
			t.wait = nil
			s.receive(t, h.buffers, flags|unix.MSG_DONTWAIT, func(x arrived, cut bool) bool { return s.report(t, h, x, cut) })
			r := int64(t.regs.Rax)
			if r < 0 {
				if count > 0 {
					break
				}
				return r
			}
			t.putHalf(at+uint64(count)*entry+56, uint32(r))
			count++
			if left := end - s.k.now; limited {
				t.putWords(a[4], uint64(max(0, left)/time.Second), uint64(max(0, left)%time.Second))
				if left <= 0 { // Linux looks at the limit only after a datagram
					return int64(count)
				}
			}
		}
		waits := !timedOut && !s.f.nonblocking && flags&unix.MSG_DONTWAIT == 0 && (flags&forOne == 0 || count == 0)
		switch {
		case count < int(n) && waits && s.failure == 0 && !s.readShut:
			d := time.Duration(-1)
			if s.patience > 0 {
				d = s.patience
			}
			t.block(d, ready, step)
			t.wait.partly = &count
			return 0
		case count == 0 && !s.readShut:
			return -int64(syscall.EAGAIN)
		}
		return int64(count)
	}
	return t.doneOrWaits(step(false))
}
