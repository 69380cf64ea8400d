// Package benchmark measures what the simulation costs: one session of real endpoints in
// a replication against the same session of the same endpoints without a simulation.
//
// A bare session runs over an in-memory pipe: two endpoints of pion v2, each on a
// goroutine, perform a handshake, exchange one line and its echo, and close. A simulated
// session does the same between two hosts, with a trace, its digests and outcomes, and its
// share of setting up the network. Both run in one process, on one thread of Go code, with
// the same keys and settings, the same large stacks, and garbage collected at the same size
// of the heap. Only waiting differs, and is part of the cost: datagrams of a pipe arrive at
// once, and those of the network one at a time, each when all that came before is over.
package benchmark

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/pion/transport/v2/dpipe"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/stack"
	"github.com/dtlssim/dtlssim/sim/stack/pionv2"
)

// Session is what one session with one kind of credentials costs, in processor time of
// the process, collection of garbage included: medians over the rounds. Neither side
// ever waits for anything but itself, so that processor time is wall time on a machine
// that does nothing else; on one that does, it is what the session costs, and wall time
// is what the others cost as well.
type Session struct {
	Credentials string

	// Bare is the cost of the bare session. Garbage is collected between sessions by
	// sim.Collect, at 4 MiB, which is where an ordinary Go program with a small heap
	// collects too (GOGC=100). The runtime's own pacing would not do: switched on for
	// every other batch it gives pages back to the system, which both sides then pay for.
	Bare time.Duration

	// BareUncollected is that cost without collection.
	BareUncollected time.Duration

	// Simulated is the cost of the same session in a replication of two.
	Simulated time.Duration

	// Ratio is the median over the rounds of simulated to bare. In each round the two
	// follow one another, and take turns at being first, so that a slow moment of the
	// machine, or one that gets slower, meets both.
	Ratio float64

	// Virtual is the virtual time that one simulated session takes.
	Virtual time.Duration
}

// sessions is the number of sessions in one replication.
const sessions = 2

// Measure measures rounds of batch sessions each, bare and simulated in turn. The
// process has to be one that sim.Environment describes, and no other replication
// may run in it. It ends between two sessions when ctx does.
func Measure(ctx context.Context, credentials string, rounds, batch int) (Session, error) {
	sim.OwnProcess(0)
	s := Session{Credentials: credentials}
	v, err := Values(credentials)
	if err != nil {
		return s, err
	}
	config := stack.Config{Credentials: credentials, FlightInterval: time.Second}
	uncollected := measured{batch, func() error { return Bare(config) }}
	bare := measured{batch, func() error {
		err := Bare(config)
		sim.Collect()
		return err
	}}
	seed := uint64(0)
	simulated := measured{batch / sessions, func() error {
		seed++
		virtual, err := Simulated(v, seed)
		s.Virtual = virtual / sessions
		sim.Collect()
		return err
	}}
	var bares, simulateds, ratios, uncollecteds []float64
	for round := -1; round < rounds; round++ { // the first warms up
		pair := []*measured{&bare, &simulated}
		var cost [2]float64
		for i := range pair {
			side := (i + round&1) % 2
			if cost[side], err = pair[side].cost(ctx, batch); err != nil {
				return s, err
			}
		}
		if round >= 0 {
			bares, simulateds = append(bares, cost[0]), append(simulateds, cost[1])
			ratios = append(ratios, cost[1]/cost[0])
		}
	}
	for range rounds {
		cost, err := uncollected.cost(ctx, batch)
		if err != nil {
			return s, err
		}
		uncollecteds = append(uncollecteds, cost)
	}
	s.Bare, s.BareUncollected = time.Duration(median(bares)), time.Duration(median(uncollecteds))
	s.Simulated, s.Ratio = time.Duration(median(simulateds)), median(ratios)
	return s, nil
}

// measured is what a batch consists of.
type measured struct {
	times int
	run   func() error
}

// cost returns what one of so many sessions of a batch costs, in nanoseconds.
func (m *measured) cost(ctx context.Context, sessions int) (float64, error) {
	runtime.GC()
	start, err := processorTime()
	if err != nil {
		return 0, err
	}
	for range m.times {
		if err := errors.Join(ctx.Err(), m.run()); err != nil {
			return 0, err
		}
	}
	end, err := processorTime()
	return float64(end-start) / float64(sessions), err
}

// processorTime returns how long the process has used the processor, its time in the
// kernel included.
func processorTime() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("measuring the processor time: %w", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}

func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// Values returns the parameters of the simulated sessions: clients that wait for
// their echo.
func Values(credentials string) (scenarios.Values, error) {
	s, err := catalogue.Find("late-close-notify")
	if err != nil {
		return scenarios.Values{}, err
	}
	return s.Resolve(
		scenarios.Settings{
			"clients":     strconv.Itoa(sessions),
			"client":      "waits",
			"linger":      "50ms",
			"credentials": credentials,
		},
	)
}

// Simulated performs the sessions in a replication, as a worker does, and returns the virtual
// time that it took. The texts that a command prints of a replication, of its parameters and of
// the command that repeats it, are no part of it: the process that asks a worker makes them, once.
func Simulated(v scenarios.Values, seed uint64) (time.Duration, error) {
	result, o := v.Scenario().Run(v, sim.Config{Scenario: v.Scenario().Name, Seed: seed})
	if len(o.Outcome) > 0 {
		return 0, fmt.Errorf("a simulated session was not clean: %v", o.Outcome)
	}
	return result.Virtual, nil
}

// Bare performs the session over an in-memory pipe: handshake, one line, its echo,
// and the close of both sides.
func Bare(config stack.Config) error {
	a, b := dpipe.Pipe()
	var group sync.WaitGroup
	var serverErr error
	group.Go(func() { serverErr = serveBare(b, config) })
	clientErr := dialBare(a, config)
	group.Wait()
	return errors.Join(clientErr, serverErr)
}

const line = "hello from client 1\n"

func dialBare(pipe net.Conn, config stack.Config) error {
	conn, err := pionv2.New().Client(context.Background(), pipe, config)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, line); err != nil {
		return err
	}
	buffer := make([]byte, 256)
	n, err := conn.Read(buffer)
	if err != nil {
		return err
	}
	if string(buffer[:n]) != line {
		return fmt.Errorf("the echo is %q", buffer[:n])
	}
	return nil
}

func serveBare(pipe net.Conn, config stack.Config) error {
	conn, err := pionv2.New().Server(context.Background(), pipe, config)
	if err != nil {
		return err
	}
	defer conn.Close()
	buffer := make([]byte, 256)
	n, err := conn.Read(buffer)
	if err != nil {
		return err
	}
	_, err = conn.Write(buffer[:n])
	return err
}
