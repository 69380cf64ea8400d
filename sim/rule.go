package sim

import (
	"slices"
	"time"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/trace"
	"github.com/dtlssim/dtlssim/sim/wire"
)

// Action is what a rule does about a datagram.
type Action uint8

// The actions.
const (
	SetLatency Action = iota + 1 // Rule.Delay takes the place of the latency that was drawn
	AddDelay                     // Rule.Delay comes on top of it
	Discard                      // the datagram is lost
	Hold                         // it is delivered Rule.Delay after one that matches Rule.Until has arrived
	Duplicate                    // a copy is delivered Rule.Delay after the datagram itself
	Replay                       // a copy is delivered Rule.Delay after one that matches Rule.Until has arrived
	Forge                        // another datagram comes from outside, Rule.Delay after this one was sent
)

// Rule singles out datagrams and says what becomes of them, whatever was drawn for
// them. The rules of a link are applied in their order, each to what those before it
// have left.
type Rule struct {
	Name   string // unique within a replication; keys the stream that Delay is drawn from
	Match  Match
	Action Action
	Delay  distribution.Distribution // nil: none
	Until  Match                     // of Hold and Replay

	// Forged, of Forge, returns what the on-path attacker sends when it sees a datagram.
	Forged func(seen *Packet) Forgery

	// Without takes the datagram that the rule is about out of the run, to see what
	// would have happened without it: one that would be late or held is lost, a copy or a
	// forged one is not made, and one that would be lost is not.
	Without bool
}

// Match picks datagrams.
type Match struct {
	Is func(p *Packet) bool

	// Nth, from 1, picks the n-th alone: of those that are sent in the first association of
	// their two actors, each direction by itself, or, of Rule.Until, of those that arrive; 0
	// picks every one. (Two associations may send at one instant, in an order that the
	// runtime draws, so a count across them would not repeat.)
	Nth int
}

// Forgery is a datagram that an on-path attacker sends under another's address. The on-path attacker
// is on the public network: of a datagram from behind a NAT it sees, and takes, the
// external address, and what it sends to one has to pass that NAT.
type Forgery struct {
	Payload []byte

	// Reversed tells that it goes to the sender of the datagram that was seen, as from
	// its receiver, and not the same way.
	Reversed bool
}

// attacker is the host, and the actor, that forged datagrams come from.
const attacker = "attacker"

// Forged tells whether the datagram comes from an on-path attacker.
func (p *Packet) Forged() bool { return p.forged }

// matcher is a Match that counts.
type matcher struct {
	Match
	seen int
}

func (m *matcher) matches(p *Packet) bool {
	if m.Is == nil || !m.Is(p) {
		return false
	}
	m.seen++
	return m.Nth == 0 || m.seen == m.Nth
}

// ruleState is a rule with what it has seen and drawn.
type ruleState struct {
	Rule
	flows map[*flow]*ruleFlow
}

// ruleFlow is what a rule has seen and drawn of one flow. It is kept for each of them:
// two actors may send at one instant, in an order that the runtime draws.
type ruleFlow struct {
	matcher
	draws draws
}

// of returns what the rule has seen and drawn of a flow.
func (r *ruleState) of(f *flow) *ruleFlow {
	s, ok := r.flows[f]
	if !ok {
		s = &ruleFlow{matcher: matcher{Match: r.Match}}
		if r.flows == nil {
			r.flows = make(map[*flow]*ruleFlow)
		}
		r.flows[f] = s
	}
	return s
}

// extra is a datagram that is delivered besides the one that was sent.
type extra struct {
	rule    string // that made it; empty of a random copy
	latency time.Duration
	until   Match // if it waits for another to arrive
	forged  *Forgery
}

// apply applies the rules to what was drawn for a datagram that is sent now. The
// caller holds mu.
func (l *link) apply(p *Packet, now time.Duration, f *fate) {
	flow := p.flow
	for _, r := range l.rules {
		seen := r.of(flow)
		if !seen.matches(p) || (r.Match.Nth > 0 && flow.ordinal > 1) {
			continue
		}
		var delay time.Duration
		if r.Delay != nil {
			delay = seen.draws.draw(r.Delay, now, l.stream("rule/"+r.Name, flow.name))
		}
		if r.Without {
			if r.Action <= AddDelay || r.Action == Hold {
				f.lost = TakenOut{Rule: r.Name}
			}
			continue
		}
		switch r.Action {
		case SetLatency:
			f.latency = delay
		case AddDelay:
			f.latency += delay
		case Discard:
			f.lost = byRules(r.Name)
		case Hold:
			f.until, f.latency = r.Until, delay
		case Duplicate:
			f.extra = append(f.extra, extra{rule: r.Name, latency: f.latency + delay})
			continue
		case Replay:
			f.extra = append(f.extra, extra{rule: r.Name, latency: delay, until: r.Until})
			continue
		case Forge:
			forged := r.Forged(p)
			f.extra = append(f.extra, extra{rule: r.Name, latency: delay, forged: &forged})
			continue
		}
		f.rules = append(f.rules, r.Name)
	}
}

// byRules says, for the trace, which rules determined a datagram's time or copy.
func byRules(names ...string) trace.Event {
	if len(names) == 0 || names[0] == "" {
		return nil
	}
	return trace.Rules(names)
}

// unmet returns the names of the rules that met no datagram of theirs, in their order.
func (l *link) unmet() (names []string) {
	for _, r := range l.rules {
		met := false
		for _, f := range r.flows {
			met = met || (f.seen > 0 && f.seen >= r.Match.Nth)
		}
		if !met {
			names = append(names, r.Name)
		}
	}
	return names
}

// held is a datagram that waits for another to arrive.
type held struct {
	until   matcher
	release func()
}

// hold keeps a datagram until one that matches has arrived, which may be never.
func (l *link) hold(until Match, release func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.w.Touch("what is held", true)
	l.held = append(l.held, &held{until: matcher{Match: until}, release: release})
}

// arrived lets go of the datagrams that wait for one like p. It is called on the
// goroutine of the event loop.
func (l *link) arrived(p *Packet) {
	if l.w.Watching() &&
		slices.ContainsFunc(l.rules, func(r *ruleState) bool { return r.Until.Is != nil && r.Until.Is(p) }) {
		l.w.Touch("what is held", false)
	}
	l.mu.Lock()
	var free []*held
	kept := l.held[:0]
	for _, h := range l.held {
		if h.until.matches(p) {
			free = append(free, h)
		} else {
			kept = append(kept, h)
		}
	}
	l.held = kept
	l.mu.Unlock()
	for _, h := range free {
		h.release()
	}
}

// forge has an on-path attacker send a datagram when it sees one: behind the NAT of its
// sender, if there is one.
func (w *Simulation) forge(actor *clock.Actor, seen *Packet, e *extra) {
	if seen.nat == nil {
		w.forgeNow(actor, seen, e)
		return
	}
	w.AfterBy(actor, clock.Crossing, 0, func() { w.forgeNow(actor, seen, e) })
}

func (w *Simulation) forgeNow(actor *clock.Actor, seen *Packet, e *extra) {
	w.mu.Lock()
	p := &Packet{
		ID:   trace.DatagramID{Actor: attacker + "/" + e.rule + "/" + seen.ID.Actor, Number: seen.ID.Number},
		From: seen.source(), To: seen.To, Sender: attacker, Receiver: seen.Receiver, forged: true,
		Datagram: wire.Parse(e.forged.Payload),
	}
	if e.forged.Reversed {
		p.From, p.To, p.Receiver = seen.To, seen.source(), seen.Sender
	}
	w.mu.Unlock()
	r := p.record(attacker, trace.Forge)
	r.Latency, r.Sent, r.Event = e.latency, true, byRules(e.rule)
	w.recordBy(actor, &r)
	w.schedule(actor, p, e.latency)
}
