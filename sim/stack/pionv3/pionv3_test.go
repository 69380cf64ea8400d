package pionv3_test

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/stack"
	"github.com/dtlssim/dtlssim/sim/stack/pionv3"
	"github.com/dtlssim/dtlssim/sim/stack/stacktest"
)

// The version in go.mod is the one whose log and errors this package reads.
func TestContract(t *testing.T) {
	stacktest.Contract(t, pionv3.New(), "github.com/pion/dtls/v3", pionv3.Version)
}

// What the endpoints explain is what the log and the source of the stack say.
func TestExplains(t *testing.T) {
	stacktest.Explains(t, pionv3.New(), append(stacktest.EarlyRecords, stacktest.Early{
		What: "two epochs ahead", Datagram: stacktest.TwoAhead,
		Want: []string{"drops ApplicationData 2/5: the peer's epoch is 0 (inferred)"},
	})...)
}

// The events of a session stand on the word of log lines and private fields of the
// stack, which this test guards. A lost hello is sent again after the interval, and then
// after twice that.
func TestEvents(t *testing.T) {
	stacktest.Events(t, pionv3.New(), 3500*time.Millisecond, map[string][]string{
		"client": {
			"0 begun", "0 Flight 1 Preparing", "0 clock read, to 1s", "0 Flight 1 Sending",
			"0 Flight 1 Waiting, timer 1s", "0 retransmission: 1s and 30s", "0 retransmission: 1s and 1m0s",
			"1000 Flight 1 Sending", "1000 Flight 1 Waiting, timer 2s", "1000 retransmission: 2s and 30s",
			"1000 retransmission: 2s and 1m0s", "3000 Flight 1 Sending", "3000 Flight 1 Waiting, timer 4s",
			"3000 retransmission: 4s and 30s", "3000 retransmission: 4s and 1m0s", "7000 Flight 1 Sending",
			"7000 Flight 1 Waiting, timer 8s", "7000 retransmission: 8s and 30s",
			"7000 retransmission: 8s and 1m0s", "7020 Flight 3 Preparing", "7020 Flight 3 Sending",
			"7020 Flight 3 Waiting, timer 1s", "7020 retransmission: 1s and 30s",
			"7020 retransmission: 1s and 1m0s", "7040 Flight 5 Preparing", "7040 Flight 5 Sending",
			"7040 Flight 5 Waiting, timer 1s", "7040 retransmission: 1s and 30s",
			"7040 retransmission: 1s and 1m0s", "7060 Flight 5 Finished", "7060 completed",
			"7060 data written, 5 B", "7060 read begun", "7080 data read, 5 B", "7080 closed", "7080 alert sent 0/0",
		},
		"server": {
			"7010 begun", "7010 Flight 0 Preparing", "7010 clock read, to 1s", "7010 Flight 0 Sending, moot",
			"7010 Flight 0 Waiting, moot", "7010 Flight 2 Preparing", "7010 Flight 2 Sending",
			"7010 Flight 2 Waiting, moot", "7030 Flight 4 Preparing", "7030 Flight 4 Sending",
			"7030 Flight 4 Waiting, timer 1s", "7030 retransmission: 1s and 30s",
			"7030 retransmission: 1s and 1m0s", "7050 Flight 6 Preparing", "7050 Flight 6 Sending",
			"7050 Flight 6 Finished", "7050 completed", "7050 read begun", "7070 data read, 5 B",
			"7070 data written, 5 B", "7070 read begun", "7090 alert received 1/0", "7090 alert sent 0/0", "7090 closed",
		},
	})
}

// Data that has come before the peer's close_notify is read first, in every run, though
// the stack takes either.
func TestDataComesBeforeTheEnd(t *testing.T) {
	c := stack.Config{Credentials: "psk", FlightInterval: time.Second}
	for seed := range uint64(20) {
		var data string
		var end error
		sim.Run(sim.Config{Scenario: "end", Seed: seed}, func(w *sim.Simulation) {
			home := w.Host("server", netip.MustParseAddr("192.0.2.1"))
			away := w.Host("client", netip.MustParseAddr("192.0.2.2"))
			w.Busy()
			w.Go("server", func() {
				defer w.Idle()
				listener, err := home.ListenPeers(4433, sim.ListenerConfig{})
				if err != nil {
					t.Error(err)
					return
				}
				peer, err := listener.AcceptPeer()
				if err != nil {
					t.Error(err)
					return
				}
				session, err := pionv3.New().Server(context.Background(), peer, c)
				if err != nil {
					t.Error(err)
					return
				}
				_ = w.Sleep(time.Second) // both come meanwhile
				buffer := make([]byte, 100)
				n, _ := session.Read(buffer)
				data = string(buffer[:n])
				_, end = session.Read(buffer)
				_ = session.Close()
			})
			w.Busy()
			w.Go("client", func() {
				defer w.Idle()
				socket, err := away.Connect(0, netip.AddrPortFrom(home.Address(), 4433))
				if err != nil {
					t.Error(err)
					return
				}
				session, err := pionv3.New().Client(context.Background(), socket, c)
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = session.Write([]byte("hello"))
				_ = session.Close()
			})
		})
		if data != "hello" || stack.CauseOf(end) != stack.PeerClosed {
			t.Fatalf("seed %d: %q, then %v", seed, data, end)
		}
	}
}
