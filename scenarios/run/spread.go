package run

import (
	"context"
	"sync"
)

// Spread calls f for 0 to n-1, in parallel on as many goroutines as there are workers, until a call
// fails or ctx ends. It returns the error of ctx, or the error for the smallest i at which f fails.
// This does not depend on the order in which calls end: when one fails, calls with a larger i are
// canceled, and those with a smaller i, which have all begun, continue.
func Spread(ctx context.Context, workers, n int, f func(ctx context.Context, i int) error) error {
	var (
		mu      sync.Mutex
		next    int
		failed  = n // the smallest i for which f has failed
		fault   error
		running = map[int]context.CancelFunc{}
	)
	// begin returns the next i and its own context; ok is false if there is none.
	begin := func() (own context.Context, i int, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		if next >= failed || ctx.Err() != nil {
			return nil, 0, false
		}
		i = next
		next++
		own, running[i] = context.WithCancel(ctx)
		return own, i, true
	}
	end := func(i int, err error) {
		mu.Lock()
		defer mu.Unlock()
		running[i]()
		delete(running, i)
		if err == nil || i > failed {
			return
		}
		failed, fault = i, err
		for j, cancel := range running {
			if j > i {
				cancel()
			}
		}
	}
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for {
				own, i, ok := begin()
				if !ok {
					return
				}
				end(i, f(own, i))
			}
		})
	}
	group.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fault
}
