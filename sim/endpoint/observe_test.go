package endpoint_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"

	"github.com/dtlssim/dtlssim/sim/endpoint"
)

// An endpoint's states are told in their order, both sides'. It is on the word of a log
// line of pion, which this test guards.
func TestObserve(t *testing.T) {
	one, other := net.Pipe()
	var mu sync.Mutex
	seen := map[string][]string{}
	config := func(side string) endpoint.Config {
		return endpoint.Config{Credentials: "psk", Observe: func(s endpoint.State) {
			mu.Lock()
			defer mu.Unlock()
			text := fmt.Sprint(s.Flight, " ", s.Name)
			for what, is := range map[string]bool{"moot": s.Moot(), "timed": s.Timed(), "begins": s.Begins()} {
				if is {
					text += ", " + what
				}
			}
			if !slices.Contains(seen[side], text) { // a retransmission of a machine under load
				seen[side] = append(seen[side], text)
			}
		}}
	}
	done := make(chan error)
	go func() {
		_, err := endpoint.Server(context.Background(), other, config("server"))
		done <- err
	}()
	if _, err := endpoint.Client(context.Background(), one, config("client")); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	for side, want := range map[string][]string{
		"client": {
			"Flight 1 Preparing, begins", "Flight 1 Sending", "Flight 1 Waiting, timed", "Flight 3 Preparing", "Flight 3 Sending",
			"Flight 3 Waiting, timed", "Flight 5 Preparing", "Flight 5 Sending", "Flight 5 Waiting, timed", "Flight 5 Finished, timed",
		},
		"server": {
			"Flight 0 Preparing, begins", "Flight 0 Sending, moot", "Flight 0 Waiting, moot", "Flight 2 Preparing", "Flight 2 Sending",
			"Flight 2 Waiting, moot", "Flight 4 Preparing", "Flight 4 Sending", "Flight 4 Waiting, timed", "Flight 6 Preparing",
			"Flight 6 Sending", "Flight 6 Finished, timed",
		},
	} {
		if !slices.Equal(seen[side], want) {
			t.Errorf("%s: %q\nwant %q", side, seen[side], want)
		}
	}
}
