// Package sim performs one replication. It runs real DTLS endpoints and ordinary blocking
// Go code on the hosts of a virtual network. A link decides the fate of each datagram. The
// result contains a trace of the run and a digest of the trace.
//
//	Config, build -> Run -> Simulation (hosts, sockets, endpoints) -> Result (trace, digest)
//	stream -> link (loss, latency, bottleneck, NAT) -> socket -> endpoint (sim/stack) -> trace
//
// Package clock provides the virtual time. The search needs some facts that the trace does
// not show, such as a cancelled timer; with Config.Watch, a simulation records these too.
package sim

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/transport/v2/vnet"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/sim/stream"
	"github.com/dtlssim/dtlssim/sim/tilt"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// DefaultLimits are far larger than any scenario that terminates needs.
var DefaultLimits = clock.Limits{Virtual: 100_000 * time.Hour, Events: 1_000_000}

// publicNetwork is the address block of the public network (RFC 5737).
var publicNetwork = netip.MustParsePrefix("192.0.2.0/24")

// Config describes one replication.
type Config struct {
	Scenario string // keys the random streams, together with Seed
	Seed     uint64
	Limits   clock.Limits // a zero field means the value in DefaultLimits
	Link     Link

	// Perturb makes the scheduling of an endpoint's own goroutines random. Before each
	// socket call (read, write, close, setting a read deadline) takes effect, it yields 0
	// to Perturb times; each time, all other goroutines run until none can. A read deadline
	// that has already passed takes effect at once. With 0, calls do not yield, and when two
	// goroutines meet at a socket, the same one is first for every seed.
	Perturb int

	// Tilt makes rare draws of the link more probable.
	Tilt tilt.Config

	// Watch asks for Result.Watched.
	Watch bool

	// Read, if not nil, receives each record of the trace once, in order, soon after it was
	// recorded. It must not keep the pointer, and must not block. With Read, the simulation
	// does not keep the trace: Result.Records is nil, and a long run needs no more memory than a
	// short one.
	Read func(*trace.Record)

	// Trace, if not nil, receives each record as well. Read is for the scenario that observes its
	// run; Trace is for the caller that wants to show it.
	Trace func(*trace.Record)

	// Explain, if not nil, receives what the endpoints make of the records that they receive. It
	// must not block. It changes nothing in the result.
	Explain func(*trace.Reason)
}

// Result is the result of one replication.
type Result struct {
	End       clock.End
	Virtual   time.Duration  // virtual time at the end
	Events    int            // events dispatched
	Records   []trace.Record // nil with Config.Read
	Digest    string         // of the whole trace
	Signature string         // see trace.Digests

	// Rules says what each rule of the link met. Sent lists what there was to meet, if one met
	// nothing.
	Rules []RuleCount
	Sent  []Sent

	// Fault says why a replication with the end clock.Failed failed; see Simulation.Fail.
	Fault string

	Tilt *tilt.Likelihood // nil unless Config.Tilt is in use

	// Watched holds what the run depends on, including what the trace does not show. It is
	// nil unless Config.Watch is set, and for a replication that met a limit: it has no end to
	// compare.
	Watched *Watched
}

// Simulation is a running replication. Its methods may be called from any
// goroutine of the replication.
type Simulation struct {
	*clock.Clock
	config Config
	router *vnet.Router
	hosts  []*Host
	nats   []*NAT
	link   *link

	turnstile *turnstile  // nil unless Config.Perturb is above 0
	watch     *watch      // nil unless Config.Watch
	random    atomic.Bool // somebody asked for a stream other than crypto/rand's

	mu       sync.Mutex // held for a few instructions only
	recorder *trace.Recorder
	owners   map[netip.AddrPort]string // the actor that last opened a socket there
	waiting  []*Socket                 // readers that take from their queues once all is settled
	expired  []*Socket                 // readers that a deadline wakes once all is settled
	explains explains

	heap replicationHeap

	conclusions []func() []trace.Event // see Conclude
	fault       error                  // see Fail
}

// exclusive makes the replications of a process run one after another. They share
// crypto/rand.Reader, and determinism requires one at a time.
var exclusive sync.Mutex

// These carry over from one replication to the next: the buffers for digests, and the
// expected number of records to keep, which is slightly more than the last replication had, up
// to mostExpected. Results depend on neither.
var (
	digester        trace.Digester
	recordsExpected = 64
)

const mostExpected = 1024

// Run performs one replication. build sets up hosts and starts actors; it runs on
// the goroutine of the event loop and must not block. A panic in the scenario ends
// the process, so studies run replications in worker processes.
func Run(config Config, build func(w *Simulation)) Result {
	exclusive.Lock()
	defer exclusive.Unlock()
	if !collectionOff {
		defer debug.SetGCPercent(debug.SetGCPercent(-1))
	}
	if config.Limits.Virtual == 0 {
		config.Limits.Virtual = DefaultLimits.Virtual
	}
	if config.Limits.Events == 0 {
		config.Limits.Events = DefaultLimits.Events
	}
	w := &Simulation{
		config: config, recorder: trace.NewRecorder(recordsExpected), owners: make(map[netip.AddrPort]string),
	}
	defer func(r io.Reader) { rand.Reader = r }(rand.Reader)
	rand.Reader = (*actorRandom)(w)

	digester.Reset()
	w.heap.begin()
	var result Result
	result.End, result.Virtual, result.Events = clock.Run(config.Limits, func(c *clock.Clock) {
		w.Clock = c
		w.startWatch()
		w.link = newLink(w, config.Link)
		var err error
		if w.router, err = newRouter("network", publicNetwork); err != nil {
			panic(fmt.Errorf("sim: the virtual network does not start: %w", err))
		}
		w.startTurnstile()
		c.OnSettled(w.settled)
		build(w)
	})
	if w.heap.met() { // at its end, or between two collections
		result.End = clock.MemoryLimit
	}
	if result.End == clock.Failed {
		result.Fault = w.fault.Error()
	}
	w.conclude(&result)
	result.Rules = w.link.met()
	result.Sent = w.link.sent(result.Rules)
	result.Tilt = tilt.Sum(w.link.tilted, &w.config.Tilt)
	result.Digest, result.Signature = digester.Sums()
	if config.Read == nil {
		result.Records = w.recorder.Records()
		recordsExpected = min(len(result.Records)*9/8, mostExpected)
	}
	if w.watch != nil && result.End == clock.Quiet {
		result.Watched = w.watch.watched()
		result.Watched.Random = w.random.Load() || len(w.link.bottlenecks) > 0
	}
	return result
}

// newRouter returns a vnet router, which gives hosts their addresses in a network. It is
// never started, and no datagram passes through it: a router has a single queue, so under
// virtual time it cannot delay each datagram independently.
func newRouter(name string, network netip.Prefix) (*vnet.Router, error) {
	return vnet.NewRouter(&vnet.RouterConfig{Name: name, CIDR: network.String(), LoggerFactory: silent{}})
}

// Note records what an application on host h did or saw. event and detail must
// not depend on time, because both are part of the signature.
func (w *Simulation) Note(h *Host, event, detail string) {
	w.Event(h, trace.Text{Event: event, Detail: detail})
}

// Event records an event on host h.
func (w *Simulation) Event(h *Host, e trace.Event) {
	w.record(&trace.Record{Host: h.name, Kind: trace.Note, Event: e})
}

// Conclude registers f. It is called once the replication has ended because nothing was left to
// happen, and not if a limit cut it short. The events that it returns are what can only be known
// then; they are the last records of the trace, at the place trace.WholeRun. They must not depend on
// time, because they are part of the signature.
func (w *Simulation) Conclude(f func() []trace.Event) { w.conclusions = append(w.conclusions, f) }

func (w *Simulation) conclude(r *Result) {
	if r.End != clock.Quiet {
		return
	}
	var events []trace.Event
	for _, f := range w.conclusions {
		events = append(events, f()...)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range events {
		w.recorder.Add(&trace.Record{At: r.Virtual, Host: trace.WholeRun, Actor: observer, Kind: trace.Note, Event: e})
	}
	w.settleTrace()
}

// observer is the actor of conclusions.
const observer = "observer"

// record adds a record of the calling goroutine's actor at the current time.
func (w *Simulation) record(r *trace.Record) { w.recordBy(w.Current(), r) }

func (w *Simulation) recordBy(actor *clock.Actor, r *trace.Record) {
	if w.Stopped() {
		return
	}
	if w.watch != nil && !w.Caused() {
		w.watch.actedBy(actor.Name, effectOf(r))
	}
	r.At = w.Now()
	r.Actor = actor.Name
	w.mu.Lock()
	defer w.mu.Unlock()
	w.recorder.Add(r)
}

// settled runs when every goroutine of the replication is blocked. It puts the new records
// of the trace in order and lets one of the readers that wait for this moment proceed.
func (w *Simulation) settled() bool {
	if w.heap.collect(w.Dispatched()) {
		w.EndBy(clock.MemoryLimit)
	}
	switch {
	case errors.Is(w.fault, ErrMemory):
		w.EndBy(clock.MemoryLimit)
	case w.fault != nil:
		w.EndBy(clock.Failed)
	}
	w.mu.Lock()
	w.settleTrace()
	reader, deadline := next(&w.waiting), (*Socket)(nil)
	if reader == nil { // a queued datagram comes before a deadline
		deadline = next(&w.expired)
	}
	w.mu.Unlock()
	switch {
	case reader != nil:
		reader.proceed()
	case deadline != nil:
		deadline.expire()
	default:
		return false
	}
	return true
}

// settleTrace puts the new records in order and gives them to everyone who reads the trace. The
// caller holds mu.
func (w *Simulation) settleTrace() {
	records := w.recorder.Settle()
	for i := range records {
		r := &records[i]
		digester.Add(r)
		if w.watch != nil {
			w.watch.read(r)
		}
		if w.config.Read != nil {
			w.config.Read(r)
		}
		if w.config.Trace != nil {
			w.config.Trace(r)
		}
	}
	if w.config.Read != nil {
		w.recorder.Forget()
	}
	w.explains.settle(w.config.Explain)
}

// next removes the first socket from a list and returns it, or nil if the list is empty.
// The order of the sockets is the same in every run.
func next(list *[]*Socket) *Socket {
	if len(*list) == 0 {
		return nil
	}
	slices.SortFunc(*list, (*Socket).compare)
	s := (*list)[0]
	*list = (*list)[1:]
	return s
}

// wait lets a reader proceed once all is settled.
func (w *Simulation) wait(s *Socket) {
	w.mu.Lock()
	w.waiting = append(w.waiting, s)
	w.mu.Unlock()
	w.Rouse()
}

// Stream returns the random stream with the given name. Every call returns a stream that
// starts from the beginning.
func (w *Simulation) Stream(name string) *stream.Stream {
	w.random.Store(true)
	return stream.New(w.config.Seed, w.config.Scenario, name)
}

// actorRandom serves crypto/rand, with one stream for each actor. If two actors that act
// at one instant shared a stream, the order in which the runtime happens to schedule them
// would decide which bytes each gets.
type actorRandom Simulation

func (r *actorRandom) Read(p []byte) (int, error) {
	w := (*Simulation)(r)
	actor := w.Current()
	w.mu.Lock()
	defer w.mu.Unlock()
	s, ok := actor.Random.(*stream.Stream)
	if !ok {
		s = stream.New(w.config.Seed, w.config.Scenario, "crypto/"+actor.Name)
		actor.Random = s
	}
	return s.Read(p)
}
