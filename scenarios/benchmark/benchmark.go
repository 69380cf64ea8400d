// Package benchmark measures what the simulation costs: one session of real
// endpoints in a replication, tracing on, against the same session of the same
// endpoints over an in-memory pipe with no simulation at all.
package benchmark

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"runtime/debug"
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

	// Bare is the cost of the bare session in an ordinary Go program: with the
	// collector at its default (GOGC=100). It has the large stacks of sim.OwnProcess as
	// well, which speed it up a little, and so the ratio is not flattered by them.
	Bare time.Duration

	// BareUncollected is that cost with collection switched off and not counted.
	BareUncollected time.Duration

	// Simulated is the cost of the same session in a replication of two, with its
	// share of setting up the network, of the trace, and of the collection between
	// replications.
	Simulated time.Duration

	// Ratio is the median over the rounds of simulated to bare, which were run in
	// turn, so that a slow moment of the machine meets both.
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
	bare := func() error { return Bare(config) }
	seed := uint64(0)
	simulated := func() error {
		seed++
		virtual, err := Simulated(v, seed)
		s.Virtual = virtual / sessions
		sim.Collect()
		return err
	}
	var series [3][]float64
	var ratios []float64
	for round := -1; round < rounds; round++ { // the first warms up
		var cost [3]float64
		for i, m := range []struct {
			percent, times int
			session        func() error
		}{{100, batch, bare}, {-1, batch, bare}, {-1, batch / sessions, simulated}} {
			runtime.GC()
			debug.SetGCPercent(m.percent)
			start, err := processorTime()
			if err != nil {
				return s, err
			}
			for range m.times {
				if err := errors.Join(ctx.Err(), m.session()); err != nil {
					return s, err
				}
			}
			end, err := processorTime()
			if err != nil {
				return s, err
			}
			cost[i] = float64(end-start) / float64(m.times)
			debug.SetGCPercent(-1)
		}
		cost[2] /= sessions
		if round >= 0 {
			for i := range series {
				series[i] = append(series[i], cost[i])
			}
			ratios = append(ratios, cost[2]/cost[0])
		}
	}
	s.Bare, s.BareUncollected = time.Duration(median(series[0])), time.Duration(median(series[1]))
	s.Simulated, s.Ratio = time.Duration(median(series[2])), median(ratios)
	return s, nil
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
// the command that repeats it, are no part of it: whoever asks a worker makes them, once.
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
