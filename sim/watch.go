package sim

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// Watched holds every order of instants that a replication depends on, including instants that
// the trace does not show. A run with another value of a parameter has the same signature if
// it has the same instants in the same order at each place.
type Watched struct {
	// Timelines are the instants of each place in order, sorted by the names of the places.
	// The place is one of these:
	//
	//   - A host, a NAT or a bottleneck. The instants are those in the trace, and the pauses,
	//     deadlines and timers of the endpoints on it, whether they ended or not.
	//   - A thing that is written on one host and read on another. The instants are those of
	//     the reads and writes.
	//   - A comparison of times. The instants are the times that were compared.
	Timelines []trace.Timeline

	// Structure is a digest of what the instants are and which neighbours are simultaneous,
	// without their times.
	Structure string

	// Random reports that something other than keys, nonces and signatures was drawn, or that
	// a time may depend on the length of a datagram, which depends on the length of a
	// signature.
	Random bool `json:",omitempty"`

	// Unexplained is the first effect that neither an event of the list nor an expected timer
	// explains, or the first flight of an endpoint that is not observed; nil if there is none. So the
	// run has a timer that the simulation does not know.
	Unexplained *Effect `json:",omitempty"`
}

// Effect is something that an actor did.
type Effect struct {
	At    time.Duration `json:"at_ns"`
	Host  string        `json:"host"` // of the actor; empty if it acted on no host
	Actor string        `json:"actor"`
	What  string        `json:"what"`
}

// instant is an instant that the trace need not show.
type instant struct {
	place, actor string // the place; if empty, it is the actor's host
	at           time.Duration
	what         string
	write        bool // of a shared thing: it is written
	timer        bool // a timer ends: it explains what its host does then
}

// watch collects the data for Config.Watch.
type watch struct {
	w *Simulation

	shown map[string][]time.Duration // the times of the trace on each host
	hosts map[string]string          // see read

	mu       sync.Mutex // held for a few instructions only
	instants []instant
	pairs    map[string][][2]time.Duration // the pairs of times that were compared, by name
	effects  []Effect                      // those that no event caused
	observed map[string]bool               // actors with an endpoint that is observed
	alien    *Effect                       // the first flight of an endpoint that is not
}

// mostEffects bounds the effects that are kept: a run has few, at instants of endpoints' timers.
const mostEffects = 10_000

func (w *Simulation) startWatch() {
	if w.config.Watch {
		w.watch = &watch{
			w: w, shown: make(map[string][]time.Duration), hosts: make(map[string]string),
			pairs: make(map[string][][2]time.Duration), observed: make(map[string]bool),
		}
		w.Watch(w.watch)
	}
}

// Watching reports whether Config.Watch is set. If not, a caller need not prepare the
// arguments of Touch, Compare and Expect.
func (w *Simulation) Watching() bool { return w.watch != nil }

// acted records, for Config.Watch, that the calling actor does something now.
func (w *Simulation) acted(what string) {
	if w.watch != nil {
		w.watch.Acted(what)
	}
}

// Touch records, for Config.Watch, that the calling actor now reads or writes a thing that
// hosts share. The run depends on the order of these reads and writes. Call Touch for
// everything that two hosts share, except datagrams.
func (w *Simulation) Touch(thing string, write bool) {
	if w.watch != nil {
		what := "read by "
		if write {
			what = "written by "
		}
		w.watch.add(instant{place: "shared " + thing, at: w.Now(), what: what + w.Current().Name, write: write})
	}
}

// Compare records, for Config.Watch, that the calling actor compares two times or two
// durations: the run depends on which is larger. The times of events of one host, including
// pauses and deadlines, need not be recorded.
func (w *Simulation) Compare(what string, a, b time.Duration) {
	if w.watch != nil {
		w.watch.Acted(what)
		w.watch.compare(what+" by "+w.Current().Name, a, b)
	}
}

// Expect records, for Config.Watch, that a timer of the calling actor will end after d if
// nothing stops it. It is for timers that are not in the event list.
func (w *Simulation) Expect(what string, d time.Duration) {
	if w.watch != nil {
		actor := w.Current().Name
		w.watch.add(instant{actor: actor, at: w.Now() + d, what: what + " of " + actor, timer: d > 0})
	}
}

// Acted implements clock.Watcher. If no event of the list caused it, a timer of the runtime did.
func (h *watch) Acted(what string) {
	if !h.w.Caused() {
		h.actedBy(h.w.Current().Name, what)
	}
}

// actedBy is Acted for an actor that the caller knows, if no event of the list caused what it did.
func (h *watch) actedBy(actor, what string) {
	if h.w.Stopped() {
		return
	}
	now := h.w.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.effects) < mostEffects {
		h.effects = append(h.effects, Effect{At: now, Actor: actor, What: what})
	}
}

// effectOf names what an actor did when it caused a record.
func effectOf(r *trace.Record) string {
	if r.Kind == trace.Note {
		return strings.TrimSpace(string(r.Event.AppendDetail([]byte(r.Event.Name() + " "))))
	}
	return r.Kind.String()
}

// unexplained returns the first effect that no expected timer explains, or nil. An endpoint's timer
// explains what its own host does at that instant. hosts are those of the actors.
func (h *watch) unexplained(hosts map[string]string) *Effect {
	type place struct {
		at   time.Duration
		host string
	}
	timers, anywhere := make(map[place]bool), make(map[time.Duration]bool)
	for _, i := range h.instants {
		if i.timer {
			host := hosts[i.actor]
			timers[place{i.at, host}] = true
			anywhere[i.at] = true
		}
	}
	first := h.alien // its timers are not known
	if first != nil {
		first.Host = hosts[first.Actor]
	}
	for _, e := range h.effects { // in any order within an instant
		e.Host = hosts[e.Actor]
		if timers[place{e.At, e.Host}] || timers[place{e.At, ""}] || e.Host == "" && anywhere[e.At] {
			continue
		}
		if first == nil || cmp.Or(cmp.Compare(e.At, first.At), cmp.Compare(e.Actor, first.Actor),
			cmp.Compare(e.What, first.What)) < 0 {
			first = &e
		}
	}
	return first
}

// observes records that an actor has an endpoint that is observed.
func (h *watch) observes(actor string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.observed[actor] = true
}

// Ended implements clock.Watcher.
func (h *watch) Ended(actor string, kind clock.EventKind) {
	what := "a pause of "
	if kind == clock.Deadline {
		what = "a deadline of "
	}
	h.add(instant{actor: actor, at: h.w.Now(), what: what + actor})
}

// Cancelled implements clock.Watcher.
func (h *watch) Cancelled(actor string, due time.Duration) {
	h.compare("what "+actor+" no longer waits for", h.w.Now(), due)
}

func (h *watch) add(i instant) {
	if h.w.Stopped() {
		return
	}
	if i.place != "" || i.timer {
		h.Acted(i.what)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.instants = appendUncounted(&h.w.heap, h.instants, i)
	h.w.heap.keep(i.what)
}

func (h *watch) compare(what string, a, b time.Duration) {
	if h.w.Stopped() {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.pairs[what] = appendUncounted(&h.w.heap, h.pairs[what], [2]time.Duration{a, b})
}

// numbered adds the pairs of times that were compared to the instants. Pairs with one name are
// numbered in the order of their first times, and each number is a place. Pairs with the same
// first time share a place, because nothing else distinguishes them if their second times
// become equal.
func (h *watch) numbered() {
	for what, pairs := range h.pairs { // in any order: the instants of a place are sorted
		slices.SortFunc(pairs, func(p, q [2]time.Duration) int {
			return cmp.Or(cmp.Compare(p[0], q[0]), cmp.Compare(p[1], q[1]))
		})
		number := 0
		for i, p := range pairs {
			if i == 0 || p[0] != pairs[i-1][0] {
				number++
				h.instants = append(h.instants,
					instant{place: what + ", " + strconv.Itoa(number), at: p[0], what: "1", write: true})
			}
			h.instants = append(h.instants,
				instant{place: what + ", " + strconv.Itoa(number), at: p[1], what: "2", write: true})
		}
	}
}

// sent records the comparisons with the current time that decide the fate of a datagram that
// is sent now.
func (h *watch) sent(p *Packet, l *link, now time.Duration) {
	h.mu.Lock()
	if actor := p.ID.Actor; h.alien == nil && !h.observed[actor] && p.Datagram.StartsHandshake() {
		h.alien = &Effect{At: now, Actor: actor, What: "sends a flight, and its endpoint is not observed"}
	}
	h.mu.Unlock()
	if l.Down.From < l.Down.To {
		h.compare("down from, at "+p.ID.String(), now, l.Down.From)
		h.compare("down to, at "+p.ID.String(), now, l.Down.To)
	}
	delays := []distribution.Distribution{l.ReorderDelay, l.DuplicateDelay}
	if l.Latency != nil {
		delays = append(delays, l.Latency(p))
	}
	for _, r := range l.rules {
		delays = append(delays, r.Delay)
	}
	for _, d := range delays {
		if r, ok := d.(*distribution.LatencyTrace); ok {
			from, to := r.Holds(now)
			if from > math.MinInt64 {
				h.compare("line of a recording, at "+p.ID.String(), from, now)
			}
			if to < math.MaxInt64 {
				h.compare("next line of a recording, at "+p.ID.String(), now, to)
			}
		}
	}
}

// mapped records that a NAT checks whether the mapping of an external address is alive. The
// caller holds Simulation.mu.
func (h *watch) mapped(n *NAT, external netip.AddrPort) {
	now := h.w.Now()
	if expires, known := n.translator.Expires(external); known {
		h.compare("lifetime of "+external.String(), now, expires)
	}
	h.add(instant{place: n.name, at: now, what: "translation", write: true})
}

// watched returns everything that was recorded, together with the instants of the trace.
func (h *watch) watched() *Watched {
	unexplained := h.unexplained(h.hosts)
	h.numbered()
	hidden := make(map[string][]instant)
	changes := make(map[string]bool)
	for _, i := range h.instants {
		if i.place == "" {
			i.place = cmp.Or(h.hosts[i.actor], "actor "+i.actor)
		}
		hidden[i.place] = append(hidden[i.place], i)
		changes[i.place] = changes[i.place] || i.write || i.actor != ""
	}
	for host := range h.shown {
		changes[host] = true
	}
	out := &Watched{Unexplained: unexplained}
	var structure []byte
	text := func(s string) { structure = append(binary.AppendUvarint(structure, uint64(len(s))), s...) }
	for _, place := range slices.Sorted(maps.Keys(changes)) {
		if !changes[place] { // a thing that is only read
			continue
		}
		list := hidden[place]
		slices.SortFunc(list,
			func(a, b instant) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.what, b.what)) })
		times := make([]time.Duration, 0, len(h.shown[place])+len(list))
		add := func(at time.Duration, what string) {
			if n := len(times); n > 0 && times[n-1] == at {
				what += ", at the same instant"
			}
			text(what)
			times = append(times, at)
		}
		text(place)
		for _, at := range h.shown[place] {
			for ; len(list) > 0 && list[0].at < at; list = list[1:] {
				add(list[0].at, list[0].what)
			}
			add(at, "") // the signature describes it
		}
		for _, i := range list {
			add(i.at, i.what)
		}
		out.Timelines = append(out.Timelines, trace.Timeline{Host: place, Times: times})
	}
	sum := sha256.Sum256(structure)
	out.Structure = hex.EncodeToString(sum[:16])
	return out
}

// read reads the next record of the trace. The host of an actor is that on which it first sent a
// datagram or recorded an event. What other actors do concerns no host.
func (h *watch) read(r *trace.Record) {
	if r.Host == trace.WholeRun { // no instant of a host
		return
	}
	h.shown[r.Host] = appendUncounted(&h.w.heap, h.shown[r.Host], r.At)
	switch r.Kind {
	case trace.Send, trace.Lose, trace.Hold, trace.Queue, trace.Note:
		if r.Actor == "" || h.hosts[r.Actor] != "" {
			return
		}
		if slices.ContainsFunc(h.w.hosts, func(host *Host) bool { return host.name == r.Host }) {
			h.hosts[r.Actor] = r.Host
		}
	}
}
