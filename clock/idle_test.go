package clock

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// Await waits for those who can run, however often they yield, and for nobody else:
// neither for one who waits for a mutex, nor for one who waits for a channel. It is on
// the word of runtime/metrics, which this test guards.
func TestIdleness(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	bubble(func() {
		var mutex sync.Mutex
		mutex.Lock()
		var turns atomic.Int64
		var passed atomic.Bool
		never := make(chan struct{})
		go func() { <-never }()
		go func() {
			mutex.Lock()
			defer mutex.Unlock()
			passed.Store(true)
		}()
		go func() {
			for range 1000 {
				turns.Add(1)
				runtime.Gosched()
			}
		}()
		idle := NewIdleness()
		idle.Await()
		if turns.Load() != 1000 || passed.Load() {
			t.Errorf("%d turns had gone by; the mutex was free: %v", turns.Load(), passed.Load())
		}
		mutex.Unlock()
		idle.Await()
		if !passed.Load() {
			t.Error("somebody waited for a free mutex")
		}
		close(never)
	})
}
