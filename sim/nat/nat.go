// Package nat translates addresses as a network address translator (NAT) for UDP does. It
// determines the external address of an inside address, how long the mapping lives, and who
// may send to it (RFC 4787). It uses no network and no clock: callers pass the time as an
// argument. When it refuses a datagram, it returns the reason.
package nat

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// Behaviour says how mapping or filtering depends on the remote end (RFC 4787 sections 4.1
// and 5).
type Behaviour string

// The behaviours, of mapping and of filtering.
const (
	// EndpointIndependent: an inside address has one external address for all remote
	// ends, and any remote end may send to it.
	EndpointIndependent Behaviour = "endpoint-independent"

	// AddressDependent: an inside address has one external address for each remote IP
	// address. A remote IP address may send to it if something was sent to that IP address.
	AddressDependent Behaviour = "address-dependent"

	// AddressAndPortDependent: like AddressDependent, but for each remote IP address and
	// port.
	AddressAndPortDependent Behaviour = "address-and-port-dependent"
)

// Behaviours lists the behaviours, the least restrictive first.
var Behaviours = []Behaviour{EndpointIndependent, AddressDependent, AddressAndPortDependent}

// remote returns the part of a remote end that the behaviour looks at.
func (b Behaviour) remote(end netip.AddrPort) netip.AddrPort {
	switch b {
	case AddressDependent:
		return netip.AddrPortFrom(end.Addr(), 0)
	case AddressAndPortDependent:
		return end
	}
	return netip.AddrPort{}
}

// DefaultLifetime is the lifetime that RFC 4787 recommends (REQ-5: at least two minutes,
// five minutes or more recommended). Many NATs in use keep a UDP mapping for only 30 s.
const DefaultLifetime = 5 * time.Minute

// Config describes a translator.
type Config struct {
	External netip.Addr // address on the public network

	// Lifetime is how long a mapping lives after the last outbound datagram that used it.
	// Inbound datagrams do not refresh it (RFC 4787 REQ-6). At the instant at which the
	// lifetime ends, the mapping is still alive; one nanosecond later it is not. 0 means
	// DefaultLifetime.
	Lifetime time.Duration

	Mapping   Behaviour // which remote ends share a mapping; default EndpointIndependent
	Filtering Behaviour // who may send to an external address; default EndpointIndependent
}

// Translator translates addresses. It assigns external ports upwards from 49152 and uses
// none twice, for any host, so an external address never leads to a different host than
// before. After 16384 mappings the ports are used up, and no new mapping is made. A remote
// end that the filter has admitted may send as long as the mapping lives.
type Translator struct {
	config   Config
	ports    int // number of ports assigned to mappings
	outbound map[key]*mapping
	inbound  map[netip.AddrPort]*mapping // by external address, including expired mappings
}

// firstPort is the first of the dynamic ports (RFC 6335 section 6).
const firstPort = 49152

// key identifies a mapping: its inside address, and the part of the remote end that the
// mapping behaviour looks at.
type key struct{ inside, remote netip.AddrPort }

type mapping struct {
	inside, external netip.AddrPort
	expires          time.Duration
	admitted         []netip.AddrPort // parts of remote ends that the filter looks at
}

// New returns a translator without mappings, or an error if the configuration is invalid.
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

// Mapping is the mapping that an outbound datagram uses.
type Mapping struct {
	Inside, External netip.AddrPort

	// Remote is the remote end that the mapping is for. It is not valid if the mapping is
	// for any remote end, and its port is 0 if the mapping is for all ports of an address.
	Remote netip.AddrPort

	Made   bool           // the mapping was made for this datagram
	Former netip.AddrPort // if Made: the previous external address, if there was one
}

// Outbound translates the source of an outbound datagram. It refreshes the mapping or makes
// one. ok is false if no external port is left for a new mapping.
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

// Refusal is the reason why an inbound datagram is refused.
type Refusal uint8

// The refusals.
const (
	Admitted    Refusal = iota // the datagram is not refused
	NeverMapped                // nothing was ever mapped to the port
	Expired                    // the mapping has expired
	Filtered                   // the filter admits nothing from this source
)

// Inbound translates the destination of an inbound datagram. It returns the inside address
// even if the mapping has expired or the filter refuses the datagram.
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

// Inside returns the inside address of an external address, even if the mapping has expired.
// ok is false if the external address was never mapped.
func (t *Translator) Inside(external netip.AddrPort) (inside netip.AddrPort, ok bool) {
	m, ok := t.inbound[external]
	if !ok {
		return netip.AddrPort{}, false
	}
	return m.inside, true
}

// Last returns the external address of the latest mapping for datagrams between two
// addresses. It is not valid if there is none.
func (t *Translator) Last(from, to netip.AddrPort) netip.AddrPort {
	m := t.outbound[key{from, t.config.Mapping.remote(to)}]
	if m == nil {
		return netip.AddrPort{}
	}
	return m.external
}

// Expires returns the last instant at which the mapping of an external address is alive. ok
// is false if the address was never mapped.
func (t *Translator) Expires(external netip.AddrPort) (last time.Duration, ok bool) {
	m, ok := t.inbound[external]
	if !ok {
		return 0, false
	}
	return m.expires, true
}
