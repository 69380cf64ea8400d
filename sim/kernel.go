package sim

import (
	"errors"
	"net/netip"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/sim/trace"
	"github.com/dtlssim/dtlssim/sim/wire"
)

// Kernel is the network code of a host with an operating system of its own, whose sockets are not those of
// the host. Its methods run on the goroutine of the event loop and must not block.
type Kernel interface {
	// Receive takes a datagram that has reached an address of the host. It returns the kind of the
	// socket that takes it, or why none does.
	Receive(p *Packet, source, to netip.AddrPort) (where Place, dropped Reason)

	// Refused reports that no socket took a datagram that was sent from one address to another.
	Refused(from, to netip.AddrPort)
}

// Attach gives a host its kernel. From then on, the host has no sockets of its own. It must be called while
// the simulation is built.
func (h *Host) Attach(k Kernel) { h.kernel = k }

// Name returns the host's name.
func (h *Host) Name() string { return h.name }

// Origin is where datagrams of a kernel come from: one of its sockets.
type Origin struct{ socket *Socket }

// Origin returns the origin of what an actor sends from a local address. The actor becomes the owner of the
// address.
func (h *Host) Origin(actor *clock.Actor, local netip.AddrPort) *Origin {
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	if h.w.Watching() && h.w.owners[local] != actor.Name {
		h.w.Touch("owner of "+local.String(), true)
	}
	h.w.owners[local] = actor.Name
	return &Origin{&Socket{port: &port{host: h, number: local.Port()}, local: local, actor: actor.Name}}
}

// Send sends a datagram, which takes the payload over. It never blocks.
func (o *Origin) Send(by *clock.Actor, to netip.AddrPort, payload []byte) {
	o.socket.port.host.w.sendBy(by, o.socket, to, wire.Parse(payload))
}

// EventBy records an event of an actor on host h.
func (w *Simulation) EventBy(actor *clock.Actor, h *Host, e trace.Event) {
	w.recordBy(actor, &trace.Record{Host: h.name, Kind: trace.Note, Event: e})
}

// Unreachable returns a datagram to its sender as ICMP port unreachable, after the time that the datagram took.
func (w *Simulation) Unreachable(by *clock.Actor, p *Packet) {
	w.AfterBy(by, clock.Delivery, w.Now()-p.sent, func() {
		if h := w.host(p.home, p.From.Addr()); h != nil && h.kernel != nil {
			h.kernel.Refused(p.From, p.To)
		}
	})
}

// ErrMemory is the error of a replication whose programs take more memory than MemoryLimit.
var ErrMemory = errors.New("the programs take more memory than a replication may")

// MemoryLimit returns how much memory a replication may take in this process, in bytes; 0 means no limit.
func MemoryLimit() int64 { return memoryLimit }

// Fail ends the replication because of an error, as a crash would, but in order: Result.Fault is its text. With
// ErrMemory, it ends because of the memory limit.
func (w *Simulation) Fail(err error) {
	if w.fault == nil {
		w.fault = err
	}
	w.Rouse()
}

// receiveBy lets the kernel of a host take a datagram.
func (h *Host) receiveBy(packet *Packet, source, to netip.AddrPort) {
	where, dropped := h.kernel.Receive(packet, source, to)
	r := packet.record(h.name, trace.Arrive)
	r.From, r.To, r.Event = source, to, where
	if dropped != 0 {
		r.Kind, r.Event = trace.Drop, dropped
	}
	h.w.record(&r)
}
