// Package benchmark measures the cost of the simulation: it compares a session of real endpoints
// in a replication with the same session outside the simulation.
//
// A bare session runs over an in-memory pipe: two endpoints of pion v2, each on a goroutine,
// perform a handshake, exchange one line and its echo, and close. A simulated session does the
// same between two hosts. It includes a trace, its digests and outcomes, and its share of the
// network setup. Both run in one process, on one thread of Go code, with the same keys and
// settings, the same large stacks, and garbage collection at the same heap size. Only waiting
// differs, and is part of the cost: datagrams arrive at once in the pipe, but one at a time in
// the network, each after everything before it has ended.
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

// Session is the cost of one session with one kind of credentials, in processor time of the
// process including garbage collection: medians over the rounds. Each side waits only for itself,
// so on an idle machine processor time equals wall time. On a busy machine, wall time also
// includes the cost of other processes.
type Session struct {
	Credentials string

	// Bare is the cost of the bare session. sim.Collect collects garbage between sessions at 4
	// MiB, where an ordinary Go program with a small heap collects too (GOGC=100). The pacing of
	// the runtime is not suitable: switched on for every other batch, it returns pages to the
	// system, at a cost to both sides.
	Bare time.Duration

	// BareUncollected is the cost without garbage collection.
	BareUncollected time.Duration

	// Simulated is the cost of the same session in a replication with two sessions.
	Simulated time.Duration

	// Ratio is the median, over the rounds, of simulated cost to bare cost. Each round measures
	// both in succession, in alternating order, so a slow phase of the machine, or a gradual
	// slowdown, affects both.
	Ratio float64

	// Virtual is the virtual time of one simulated session.
	Virtual time.Duration
}

// sessions is the number of sessions in one replication.
const sessions = 2

// Measure measures rounds of batch sessions each, bare and simulated alternately. The process
// must have been started with sim.Environment, and no other replication may run in it. Measure
// ends between two sessions when ctx does.
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
	for round := -1; round < rounds; round++ { // the first round warms up
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

// measured describes a batch: how many times to call run.
type measured struct {
	times int
	run   func() error
}

// cost returns the cost of one session in a batch, in nanoseconds.
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

// processorTime returns the processor time that the process has used, including time in the
// kernel.
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

// Values returns the parameters of the simulated sessions: clients that wait for their echo.
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
// time that they took. It does not include the texts that a command prints: the parameters and
// the command that repeats the replication. The process that asks the worker creates these once.
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
