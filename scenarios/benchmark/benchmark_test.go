package benchmark

import (
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/sim/stack"
)

// Bare and simulated sessions work, and are measured. What they cost is no matter
// for a test: dtlssim bench tells.
func TestMeasure(t *testing.T) {
	for _, credentials := range stack.Credentials {
		s, err := Measure(t.Context(), credentials, 1, 4)
		if err != nil {
			t.Fatal(err)
		}
		if s.Bare <= 0 || s.BareUncollected <= 0 || s.Simulated <= 0 || s.Ratio <= 0 ||
			s.Virtual < 60*time.Millisecond {
			t.Errorf("%+v", s)
		}
	}
}

// BenchmarkSession compares a bare session with a simulated one; one operation is
// one session. For figures that mean something, run it as a worker runs:
//
//	GOMAXPROCS=1 GODEBUG=asyncpreemptoff=1 go test -bench . ./scenarios/benchmark
func BenchmarkSession(b *testing.B) {
	for _, credentials := range stack.Credentials {
		config := stack.Config{Credentials: credentials, FlightInterval: time.Second}
		b.Run(credentials+"/bare", func(b *testing.B) {
			for b.Loop() {
				if err := Bare(config); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(credentials+"/simulated", func(b *testing.B) {
			v, err := Values(credentials)
			if err != nil {
				b.Fatal(err)
			}
			seed := uint64(0)
			for b.Loop() {
				if seed%sessions == 0 { // one replication is several sessions
					if _, err := Simulated(v, seed); err != nil {
						b.Fatal(err)
					}
				}
				seed++
			}
		})
	}
}
