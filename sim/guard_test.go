package sim

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/sim/wire"
)

// A guard keeps alerts and application data of epoch 0 back once the handshake is
// complete, or always, wherever they stand in a datagram, and lets everything else
// through.
func TestGuard(t *testing.T) {
	alert := wire.PlainRecord(wire.Alert, 0, []byte{1, 0})
	data := wire.PlainRecord(wire.ApplicationData, 1, []byte("x"))
	hello := wire.PlainRecord(wire.Handshake, 2, []byte("hello"))
	encrypted := append([]byte(nil), alert...)
	encrypted[4] = 1 // its epoch
	for _, c := range []struct {
		always bool
		want   []string
	}{
		{false, []string{"15", "18", "33", "15", "18", "8"}},
		{true, []string{"18", "18", "15", "18", "8"}},
	} {
		r := play(Link{}, func(w *Simulation, a, b *Host) {
			to := netip.AddrPortFrom(addressA, 1000)
			guard := a.Guard(must(a.Connect(1000, netip.AddrPortFrom(addressB, 2000))), c.always)
			w.Go("reader", func() {
				buffer := make([]byte, 100)
				for {
					n, err := guard.Read(buffer)
					if err != nil {
						return
					}
					w.Note(a, "read", fmt.Sprint(n))
				}
			})
			w.Go("sender", func() {
				s := must(b.Connect(2000, to))
				join := func(parts ...[]byte) (all []byte) {
					for _, p := range parts {
						all = append(all, p...)
					}
					return all
				}
				for i, datagram := range [][]byte{
					alert, hello, join(alert, hello), // before the handshake is complete
					alert, data, encrypted, join(data, hello, alert), []byte("not DTLS"),
				} {
					if i == 3 {
						guard.Complete()
					}
					_, _ = s.Write(datagram)
					if w.Sleep(time.Millisecond) != nil {
						return
					}
				}
			})
		})
		var got []string
		drops := 0
		for i := range r.Records {
			switch rec := &r.Records[i]; rec.Name() {
			case "read":
				got = append(got, rec.Detail())
			case "guard drops":
				drops++
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("always %v: read %v, want %v", c.always, got, c.want)
		}
		if want := map[bool]int{false: 3, true: 5}[c.always]; drops != want {
			t.Errorf("always %v: %d notes of what was dropped, want %d", c.always, drops, want)
		}
	}
}
