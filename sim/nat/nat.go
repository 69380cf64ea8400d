// Package nat is the translation of a network address translator for UDP: which external
// address an inside one has, for how long, and who may send to it (RFC 4787). It knows no
// network and no clock: the times of calls are arguments, and what it refuses it says why.
package nat

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
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

// Behaviours lists the behaviours, the least restrictive first.
var Behaviours = []Behaviour{EndpointIndependent, AddressDependent, AddressAndPortDependent}

// remote returns as much of a remote end as the behaviour looks at.
func (b Behaviour) remote(end netip.AddrPort) netip.AddrPort {
	switch b {
	case AddressDependent:
		return netip.AddrPortFrom(end.Addr(), 0)
	case AddressAndPortDependent:
		return end
	}
	return netip.AddrPort{}
}

// DefaultLifetime is what RFC 4787 recommends (REQ-5: not less than two minutes, five or
// more recommended). Many a NAT in use keeps a UDP mapping for 30 s only.
const DefaultLifetime = 5 * time.Minute

// Config describes a translator.
type Config struct {
	External netip.Addr // its address on the public network

	// Lifetime is how long a mapping outlives the last datagram that went out by it; what
	// comes in does not refresh it (RFC 4787 REQ-6). At the instant at which the lifetime
	// is over the mapping is still alive; one nanosecond later it is not. 0:
	// DefaultLifetime.
	Lifetime time.Duration

	Mapping   Behaviour // when an inside address has the same external one; default EndpointIndependent
	Filtering Behaviour // who may send to an external address; default EndpointIndependent
}

// Translator translates addresses. External ports count up from 49152 and none is used
// twice, for any host, so that no mapping ever leads to another host than before; when they
// are used up, which is after 16384 mappings, no new mapping is made. A remote end that the
// filter has let in may send as long as the mapping lives.
type Translator struct {
	config   Config
	ports    int // that mappings have taken
	outbound map[key]*mapping
	inbound  map[netip.AddrPort]*mapping // by external address, those that have expired among them
}

// firstPort is the first of the dynamic ports (RFC 6335 section 6).
const firstPort = 49152

// key is what a mapping is for: an inside address, and as much of the remote end as the
// mapping behaviour looks at.
type key struct{ inside, remote netip.AddrPort }

type mapping struct {
	inside, external netip.AddrPort
	expires          time.Duration
	admitted         []netip.AddrPort // as much of the remote ends as the filtering behaviour looks at
}

// New returns a translator without mappings. It reports a configuration that makes no sense.
func New(c Config) (*Translator, error) {
	if c.Lifetime == 0 {
		c.Lifetime = DefaultLifetime
	}
	for _, b := range []*Behaviour{&c.Mapping, &c.Filtering} {
		if *b == "" {
			*b = EndpointIndependent
		}
		if !slices.Contains(Behaviours, *b) {
			return nil, fmt.Errorf("behaviour %q: want one of %q", *b, Behaviours)
		}
	}
	if c.Lifetime < 0 {
		return nil, fmt.Errorf("mapping lifetime %s: want a positive one", c.Lifetime)
	}
	return &Translator{config: c, outbound: make(map[key]*mapping), inbound: make(map[netip.AddrPort]*mapping)}, nil
}

// Mapping is what a datagram goes out by.
type Mapping struct {
	Inside, External netip.AddrPort

	// Remote is as much of the remote end as the mapping is for: not valid if it is for
	// any, of port 0 if it is for all ports of an address.
	Remote netip.AddrPort

	Made   bool           // for this datagram
	Former netip.AddrPort // of a mapping that was made: the external address before, if there was one
}

// Outbound translates the source of a datagram that goes out at a time, and refreshes its
// mapping or makes one. ok is false if no external port is left for a new one.
func (t *Translator) Outbound(now time.Duration, from, to netip.AddrPort) (m Mapping, ok bool) {
	k := key{from, t.config.Mapping.remote(to)}
	m = Mapping{Inside: from, Remote: k.remote}
	entry := t.outbound[k]
	if entry == nil || now > entry.expires {
		if firstPort+t.ports > 1<<16-1 {
			return m, false
		}
		m.Made = true
		if entry != nil {
			m.Former = entry.external
		}
		entry = &mapping{inside: from, external: netip.AddrPortFrom(t.config.External, uint16(firstPort+t.ports))}
		t.ports++
		t.outbound[k], t.inbound[entry.external] = entry, entry
	}
	entry.expires = now + t.config.Lifetime
	if end := t.config.Filtering.remote(to); !slices.Contains(entry.admitted, end) {
		entry.admitted = append(entry.admitted, end)
	}
	m.External = entry.external
	return m, true
}

// Refusal is why a datagram is not let in.
type Refusal uint8

// The refusals.
const (
	Admitted    Refusal = iota // it is let in
	NeverMapped                // nothing was ever mapped to the port
	Expired                    // the mapping has expired
	Filtered                   // the filter lets nothing in from there
)

// Inbound translates the destination of a datagram that comes from outside at a time. It
// returns the inside address, also that of a mapping which has expired.
func (t *Translator) Inbound(now time.Duration, from, to netip.AddrPort) (inside netip.AddrPort, r Refusal) {
	m := t.inbound[to]
	switch {
	case m == nil:
		return netip.AddrPort{}, NeverMapped
	case now > m.expires:
		return m.inside, Expired
	case !slices.Contains(m.admitted, t.config.Filtering.remote(from)):
		return m.inside, Filtered
	}
	return m.inside, Admitted
}

// Inside returns the inside address that stands, or last stood, behind an external one; ok
// is false if none ever did.
func (t *Translator) Inside(external netip.AddrPort) (inside netip.AddrPort, ok bool) {
	m, ok := t.inbound[external]
	if !ok {
		return netip.AddrPort{}, false
	}
	return m.inside, true
}

// Last returns the external address that a datagram of those addresses went out by last; it
// is not valid if there is none.
func (t *Translator) Last(from, to netip.AddrPort) netip.AddrPort {
	m := t.outbound[key{from, t.config.Mapping.remote(to)}]
	if m == nil {
		return netip.AddrPort{}
	}
	return m.external
}

// Expires returns the last instant at which the mapping of an external address lives; ok is
// false if there never was one.
func (t *Translator) Expires(external netip.AddrPort) (last time.Duration, ok bool) {
	m, ok := t.inbound[external]
	if !ok {
		return 0, false
	}
	return m.expires, true
}
