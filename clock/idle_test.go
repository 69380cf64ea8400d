package clock

import (
	"runtime"
	"sync"
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
		turns, passed := 0, false
		never := make(chan struct{})
		go func() { <-never }()
		go func() {
			mutex.Lock()
			defer mutex.Unlock()
			passed = true
		}()
		go func() {
			for range 1000 {
				turns++
				runtime.Gosched()
			}
		}()
		idle := NewIdleness()
		idle.Await()
		if turns != 1000 || passed {
			t.Errorf("%d turns had gone by; the mutex was free: %v", turns, passed)
		}
		mutex.Unlock()
		idle.Await()
		if !passed {
			t.Error("somebody waited for a free mutex")
		}
		close(never)
	})
}
