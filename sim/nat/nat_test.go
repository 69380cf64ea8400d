package nat_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/sim/nat"
)

var (
	external = netip.MustParseAddr("192.0.2.9")
	inside   = netip.MustParseAddrPort("10.0.0.2:50001")
	other    = netip.MustParseAddrPort("10.0.0.3:50001")
	remote   = netip.MustParseAddrPort("192.0.2.1:1000")
)

func translator(t *testing.T, c nat.Config) *nat.Translator {
	t.Helper()
	c.External = external
	n, err := nat.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func at(port uint16) netip.AddrPort { return netip.AddrPortFrom(external, port) }

// A mapping lives up to the last nanosecond of its lifetime, and only what goes out refreshes
// it.
func TestLifetime(t *testing.T) {
	n := translator(t, nat.Config{Lifetime: time.Second})
	if m, ok := n.Outbound(0, inside, remote); !ok || !m.Made || m.External != at(49152) || m.Former.IsValid() {
		t.Fatalf("the first mapping is %+v, %t", m, ok)
	}
	if m, _ := n.Outbound(time.Second, inside, remote); m.Made || m.External != at(49152) {
		t.Errorf("at the end of its lifetime the mapping is %+v", m)
	}
	for _, c := range []struct {
		now  time.Duration
		want nat.Refusal
	}{{2 * time.Second, nat.Admitted}, {2*time.Second + 1, nat.Expired}, {2 * time.Second, nat.Admitted}} {
		if got, r := n.Inbound(c.now, remote, at(49152)); got != inside || r != c.want {
			t.Errorf("at %s: %s, %d, want %d", c.now, got, r, c.want)
		}
	}
	if last, ok := n.Expires(at(49152)); last != 2*time.Second || !ok {
		t.Errorf("it expires at %s, %t", last, ok)
	}
	m, _ := n.Outbound(2*time.Second+1, inside, remote)
	if !m.Made || m.External != at(49153) || m.Former != at(49152) || n.Last(inside, remote) != at(49153) {
		t.Errorf("one nanosecond later the mapping is %+v", m)
	}
	if got, ok := n.Inside(at(49152)); got != inside || !ok {
		t.Errorf("behind the former address stood %s, %t", got, ok)
	}
	if _, r := n.Inbound(0, remote, at(49154)); r != nat.NeverMapped {
		t.Errorf("what was never mapped is refused by %d", r)
	}
}

// How many external addresses an inside one has, and who may send to the first, for each
// pair of behaviours (RFC 4787 sections 4.1 and 5).
func TestBehaviours(t *testing.T) {
	ends := []netip.AddrPort{
		remote,
		netip.MustParseAddrPort("192.0.2.1:1001"),
		netip.MustParseAddrPort("192.0.2.2:1000"),
	}
	ports := map[nat.Behaviour]string{
		nat.EndpointIndependent: "[49152 49152 49152]", nat.AddressDependent: "[49152 49152 49153]",
		nat.AddressAndPortDependent: "[49152 49153 49154]",
	}
	admitted := map[nat.Behaviour]string{
		nat.EndpointIndependent: "[true true true]", nat.AddressDependent: "[true true false]",
		nat.AddressAndPortDependent: "[true false false]",
	}
	for _, mapping := range nat.Behaviours {
		for _, filtering := range nat.Behaviours {
			n := translator(t, nat.Config{Mapping: mapping, Filtering: filtering})
			_, _ = n.Outbound(0, inside, remote)
			var lets []bool
			for _, end := range ends {
				_, r := n.Inbound(0, end, at(49152))
				lets = append(lets, r == nat.Admitted)
			}
			var used []uint16
			for _, end := range ends {
				m, _ := n.Outbound(0, inside, end)
				used = append(used, m.External.Port())
			}
			if got := fmt.Sprint(used); got != ports[mapping] {
				t.Errorf("mapping %s: ports %s, want %s", mapping, got, ports[mapping])
			}
			if got := fmt.Sprint(lets); got != admitted[filtering] {
				t.Errorf("filtering %s: %s, want %s", filtering, got, admitted[filtering])
			}
		}
	}
}

// No external port is used twice; when all are, only mappings that live go on.
func TestPorts(t *testing.T) {
	n := translator(t, nat.Config{Lifetime: 1})
	seen := map[netip.AddrPort]bool{}
	for i := range 1<<16 - 49152 {
		m, ok := n.Outbound(time.Duration(2*i), inside, remote)
		if !ok || !m.Made || seen[m.External] {
			t.Fatalf("mapping %d is %+v, %t", i, m, ok)
		}
		seen[m.External] = true
	}
	now, _ := n.Expires(n.Last(inside, remote))
	if _, ok := n.Outbound(now, other, remote); ok {
		t.Error("a new mapping is made, with no port left")
	}
	if m, ok := n.Outbound(now, inside, remote); !ok || m.Made {
		t.Errorf("the mapping that lives is %+v, %t", m, ok)
	}
}

func TestFaults(t *testing.T) {
	for want, c := range map[string]nat.Config{
		"mapping lifetime -1ns: want a positive one": {Lifetime: -1},
		`behaviour "full-cone": want one of ["endpoint-independent" "address-dependent" "address-and-port-dependent"]`: {Filtering: "full-cone"},
	} {
		if _, err := nat.New(c); fmt.Sprint(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
