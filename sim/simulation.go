// Package sim performs one replication: real DTLS endpoints and ordinary
// blocking Go code on the hosts of a virtual network, with a link that decides
// the fate of each datagram, a trace of all that happens, and a digest of it.
//
//	Config, build -> Run -> Simulation (hosts, sockets, endpoints) -> Result (outcome of the run, trace, digest)
//	draw (stream) -> link (loss, latency, bottleneck, NAT) -> socket -> endpoint (sim/stack) -> trace
//
// Time is that of package clock. What the search must know beyond the trace, such as a timer that was
// cancelled, a simulation reports when it is watched.
package sim

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/netip"
	"runtime"
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

// DefaultLimits are far beyond what a scenario that ends needs.
var DefaultLimits = clock.Limits{Virtual: 100_000 * time.Hour, Events: 1_000_000}

// publicNetwork is the address block of the public network (RFC 5737).
var publicNetwork = netip.MustParsePrefix("192.0.2.0/24")

// Config describes one replication.
type Config struct {
	Scenario string // keys the random streams, with the seed
	Seed     uint64
	Limits   clock.Limits // zero fields: those of DefaultLimits
	Link     Link

	// Perturb makes the scheduling of an endpoint's own goroutines a draw: each of its
	// socket calls (read, write, close, setting a read deadline) lets all others run
	// until none can, 0 to Perturb times, before it takes effect, and a read deadline
	// that has passed already takes effect at once. With 0, none of this is so, and of two
	// goroutines that meet at a socket the same one is first in every seed.
	Perturb int

	// Tilt makes rare draws of the link probable.
	Tilt tilt.Config

	// Watch asks for Result.Watched.
	Watch bool
}

// Result is what one replication gave.
type Result struct {
	End       clock.End
	Virtual   time.Duration // virtual time at the end
	Events    int           // events dispatched
	Records   []trace.Record
	Digest    string // over the whole trace
	Signature string // see trace.Digests

	// UnmetRules names the rules of the link that met no datagram of theirs.
	UnmetRules []string

	Tilt *tilt.Likelihood // nil unless Config.Tilt asks for something

	// Watched is what the run depends on besides what the trace shows; nil unless
	// Config.Watch.
	Watched *Watched
}

// Simulation is one replication under way. Its methods may be called from any
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
	random    atomic.Bool // a stream of other things than keys, nonces and signatures was asked for

	mu       sync.Mutex // held for a few instructions only
	recorder *trace.Recorder
	owners   map[netip.AddrPort]string // the actor that last opened a socket there
	waiting  []*Socket                 // whose readers will take what is in the queue when all is settled
	expired  []*Socket                 // whose readers a deadline will wake then

	collected int // events dispatched when garbage was last collected
}

// exclusive makes replications of one process follow one another: they share
// crypto/rand.Reader, and determinism wants one at a time.
var exclusive sync.Mutex

// What one replication leaves for the next: the buffers of its digests, and how many records
// to expect, a few more than it had, but not many times as many as most have. Results do not
// depend on either.
var (
	digester        trace.Digester
	recordsExpected = 64
)

const mostExpected = 1024

// collectionOff tells that the process has switched garbage collection off for
// good; see OwnProcess.
var collectionOff bool

// memoryLimit is the limit of the process's heap, in bytes; 0 means none. See
// OwnProcess.
var memoryLimit int64

// collectEvery is after how many events garbage is collected within a replication:
// far more than a replication of a few sessions has.
const collectEvery = 2000

// OwnProcess prepares a process that does nothing but replications: collection
// is off until Collect is called between two of them, but for the fixed points of a long
// one. There a replication ends by clock.MemoryLimit if the heap, in bytes, is larger
// than limit; 0 means no limit. It is the process that has a limit, and not the
// replication, because a heap is: in a process that does other things too, those would
// count.
func OwnProcess(limit int64) {
	exclusive.Lock()
	defer exclusive.Unlock()
	debug.SetGCPercent(-1)
	runtime.MemProfileRate = 0 // nobody asks for the profile, and each collection goes over all of it
	collectionOff, memoryLimit = true, limit
	largeStacks.Do(func() { go holdStack() })
}

// Run performs one replication. build sets up hosts and starts actors; it runs on
// the goroutine of the event loop and must not block. A panic of the scenario
// ends the process; that is why studies run replications in worker processes.
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
	result.Records = w.recorder.Records()
	result.UnmetRules = w.link.unmet()
	result.Tilt = tilt.Sum(w.link.tilted, &w.config.Tilt)
	result.Digest, result.Signature = digester.Digests(result.Records)
	recordsExpected = min(len(result.Records)*9/8, mostExpected)
	if w.watch != nil {
		result.Watched = w.watch.watched(result.Records)
		result.Watched.Random = w.random.Load() || len(w.link.bottlenecks) > 0
	}
	return result
}

// newRouter returns a router of vnet, which gives hosts their addresses in a network. It
// is never started: datagrams do not pass it. One router is one queue, and cannot delay
// each datagram by itself under virtual time.
func newRouter(name string, network netip.Prefix) (*vnet.Router, error) {
	return vnet.NewRouter(&vnet.RouterConfig{Name: name, CIDR: network.String(), LoggerFactory: silent{}})
}

// Note records what an application on host h did or saw. event and detail must
// not depend on time, for both are part of the signature.
func (w *Simulation) Note(h *Host, event, detail string) {
	w.Event(h, trace.Text{Event: event, Detail: detail})
}

// Event records an event on host h.
func (w *Simulation) Event(h *Host, e trace.Event) {
	w.record(&trace.Record{Host: h.name, Kind: trace.Note, Event: e})
}

// record adds a record of the calling goroutine's actor at the present time.
func (w *Simulation) record(r *trace.Record) { w.recordBy(w.Current(), r) }

func (w *Simulation) recordBy(actor *clock.Actor, r *trace.Record) {
	if w.Stopped() {
		return
	}
	r.At = w.Now()
	r.Actor = actor.Name
	w.mu.Lock()
	defer w.mu.Unlock()
	w.recorder.Add(r)
}

// settled runs when every goroutine of the replication is blocked: the trace
// takes its order, and one reader that waits for this moment proceeds.
func (w *Simulation) settled() bool {
	// Garbage of a long replication is collected too, at points that are the same in
	// every run of it, and twice: the first leaves in the pools what was in them, in an
	// order in which another replication's leftovers have their part.
	if n := w.Dispatched(); n-w.collected >= collectEvery {
		w.collected = n
		if MemoryMet() {
			w.EndBy(clock.MemoryLimit)
		}
		runtime.GC()
		runtime.GC()
	}
	w.mu.Lock()
	w.recorder.Settle()
	reader, deadline := next(&w.waiting), (*Socket)(nil)
	if reader == nil { // a datagram that is there comes before a deadline
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

// next takes the first socket off a list, in an order that is the same in every run,
// or returns nil.
func next(list *[]*Socket) *Socket {
	if len(*list) == 0 {
		return nil
	}
	slices.SortFunc(*list, (*Socket).compare)
	s := (*list)[0]
	*list = (*list)[1:]
	return s
}

// wait has a reader proceed when all is settled.
func (w *Simulation) wait(s *Socket) {
	w.mu.Lock()
	w.waiting = append(w.waiting, s)
	w.mu.Unlock()
	w.Rouse()
}

// Stream returns the random stream of that name; every call gives one that
// starts from its beginning.
func (w *Simulation) Stream(name string) *stream.Stream {
	w.random.Store(true)
	return stream.New(w.config.Seed, w.config.Scenario, name)
}

// actorRandom serves crypto/rand from a stream of the actor that asks. One
// stream for all would give two actors that act at one instant each other's
// bytes, in an order that the runtime draws at random.
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
