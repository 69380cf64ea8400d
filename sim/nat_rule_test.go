package sim

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/nat"
)

// Rules are about what is on the wire behind the NAT: what they hold or copy has
// crossed it once, on its way out when it was sent, and enters it when it is let go.
func TestRulesBehindNAT(t *testing.T) {
	is := func(text string) Match {
		return Match{Is: func(p *Packet) bool { return string(p.Datagram.Payload) == text }}
	}
	r := playNAT(Link{Latency: constant(time.Millisecond), Rules: []Rule{
		{Name: "late", Match: is("0"), Action: Hold, Until: is("7000")},
		{Name: "twice", Match: is("7000"), Action: Duplicate, Delay: distribution.Constant{Value: time.Millisecond}},
		{Name: "again", Match: is("re 0"), Action: Replay, Delay: distribution.Constant{Value: 5 * time.Second},
			Until: is("re 0")},
	}}, nat.Config{Lifetime: 5 * time.Second}, func(w *Simulation, a, b, _ *Host) {
		server := must(a.Listen(1000))
		w.Go("server", func() { answer(w, server, 0) })
		w.Go("client", func() { sayAt(w, must(b.Connect(50001, service)), 0, 7*time.Second) })
	})
	expect(t, r,
		"0s b hold #1: rule late", "0s nat: mapping 10.0.0.2:50001 is 192.0.2.9:49152 outside",
		"7s b sends 7000", "7s b copy #2: rule twice",
		"7s nat: rebinding 10.0.0.2:50001 is 192.0.2.9:49153 outside, no longer 192.0.2.9:49152",
		"7.001s a arrive #2: the open socket", "7.001s a sends re 7000",
		"7.001s a arrive #1: the open socket", "7.001s a sends re 0", "7.001s a hold copy #2: rule again",
		"7.002s a arrive #2: the open socket", "7.002s a sends re 7000",
		"7.002s b arrive #1: the connected socket", "7.002s nat drop #2: the mapping of 10.0.0.2:50001 has expired",
		"7.003s b arrive #3: the connected socket")
}

// An on-path attacker sees the external address of a client: what it sends as from there goes
// straight to the server, and what it sends there has to pass the filter, which a
// source that the client has talked to does.
func TestForgeryAndNAT(t *testing.T) {
	for _, seenAt := range []string{"on the way out", "on the way in"} {
		rule := func(name string, reversed bool) Rule {
			return Rule{
				Name: name, Action: Forge, Delay: distribution.Constant{Value: time.Second},
				Match: Match{Is: func(p *Packet) bool {
					return strings.HasPrefix(string(p.Datagram.Payload), "re") == (seenAt == "on the way in")
				}},
				Forged: func(*Packet) Forgery { return Forgery{Payload: []byte("forged"), Reversed: reversed} },
			}
		}
		r := playNAT(
			Link{Rules: []Rule{rule("onwards", false), rule("back", true)}},
			nat.Config{Filtering: nat.AddressAndPortDependent},
			func(w *Simulation, a, b, _ *Host) {
				server := must(a.Listen(1000))
				w.Go("server", func() {
					buffer := make([]byte, 9)
					_, peer, err := server.ReadFrom(buffer)
					if err == nil {
						must(server.WriteTo([]byte("re"), peer))
					}
				})
				w.Go("client", func() { sayAt(w, must(b.Connect(50001, service)), 0) })
			},
		)
		var got []string
		for _, rec := range r.Records {
			if strings.HasPrefix(rec.ID.Actor, attacker) {
				got = append(got, fmt.Sprintf("%s %s %s %s > %s", rec.At, rec.Host, rec.Kind, rec.From, rec.To))
			}
		}
		slices.Sort(got)
		if want := []string{
			"0s attacker forge 192.0.2.1:1000 > 192.0.2.9:49152", "0s attacker forge 192.0.2.9:49152 > 192.0.2.1:1000",
			"1s a arrive 192.0.2.9:49152 > 192.0.2.1:1000", "1s b arrive 192.0.2.1:1000 > 10.0.0.2:50001",
		}; !slices.Equal(got, want) {
			t.Errorf("seen %s:\n  %s", seenAt, strings.Join(got, "\n  "))
		}
	}
}

// A rule sees a datagram with the addresses that its sender knows, when it is sent and
// when it arrives.
func TestRulesSeeTheSendersAddresses(t *testing.T) {
	var seen []string
	note := func(when string) Match {
		return Match{Is: func(p *Packet) bool {
			seen = append(seen, fmt.Sprintf("%s %s > %s", when, p.From, p.To))
			return when == "sent"
		}}
	}
	hold := Rule{Name: "hold", Match: note("sent"), Action: Replay, Until: note("arrived")}
	playNAT(Link{Rules: []Rule{hold}}, nat.Config{}, func(w *Simulation, a, b, _ *Host) {
		must(a.Listen(1000))
		w.Go("client", func() { sayAt(w, must(b.Connect(50001, service)), 0) })
	})
	if want := []string{"sent 10.0.0.2:50001 > 192.0.2.1:1000",
		"arrived 10.0.0.2:50001 > 192.0.2.1:1000"}; !slices.Equal(
		seen,
		want,
	) {
		t.Errorf("got %q, want %q", seen, want)
	}
}

// What claims to come from port 0, which is no port (RFC 768), the NAT drops.
func TestForgeryFromPortZero(t *testing.T) {
	rule := Rule{
		Name: "zero", Action: Forge, Match: Match{Is: func(*Packet) bool { return true }},
		Forged: func(*Packet) Forgery { return Forgery{Reversed: true} },
	}
	r := playNAT(Link{Rules: []Rule{rule}}, nat.Config{}, func(w *Simulation, a, b, _ *Host) {
		w.Go("client", func() { sayAt(w, must(b.Connect(50001, netip.AddrPortFrom(addressA, 0))), 0) })
	})
	expect(t, r,
		"0s b sends 0", "0s nat: mapping 10.0.0.2:50001 is 192.0.2.9:49152 outside",
		"0s attacker forge #1: rule zero",
		"0s a drop #1: no socket is bound to the port", "0s nat drop #1: nobody sends from port 0")
}
