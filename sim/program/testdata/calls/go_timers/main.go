// Goroutines, channels, timers, tickers, select, contexts.
package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"
)

// near tells whether a time is what it should be, give or take what the machine may be late.
func near(d, want time.Duration) bool {
	slack := 50 * time.Millisecond
	if s, err := time.ParseDuration(os.Getenv("CALLS_SLACK_MS") + "ms"); err == nil {
		slack = s
	}
	return d >= want && d < want+slack
}

func main() {
	start := time.Now()
	time.Sleep(30 * time.Millisecond)
	fmt.Println("sleep", near(time.Since(start), 30*time.Millisecond))

	var wait sync.WaitGroup
	var mu sync.Mutex
	sum := 0
	for i := range 100 {
		wait.Go(func() {
			time.Sleep(time.Duration(i%10) * time.Millisecond)
			mu.Lock()
			sum += i
			mu.Unlock()
		})
	}
	wait.Wait()
	fmt.Println("sum", sum)

	start = time.Now()
	order := make(chan int)
	for _, n := range []int{3, 1, 2} {
		go func() {
			time.Sleep(time.Duration(n) * 200 * time.Millisecond)
			order <- n
		}()
	}
	fmt.Println("order", <-order, <-order, <-order, near(time.Since(start), 600*time.Millisecond))

	start = time.Now()
	t := time.NewTicker(20 * time.Millisecond)
	for range 5 {
		<-t.C
	}
	t.Stop()
	fmt.Println("ticker", near(time.Since(start), 100*time.Millisecond))

	stopped := time.AfterFunc(time.Hour, func() { fmt.Println("never") })
	fmt.Println("stop", stopped.Stop(), stopped.Stop())
	start = time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Millisecond)
	defer cancel()
	select {
	case <-ctx.Done():
		fmt.Println("context:", ctx.Err(), near(time.Since(start), 40*time.Millisecond))
	case <-time.After(time.Minute):
		fmt.Println("a minute has passed")
	}
	fmt.Fprintln(os.Stderr, "to standard error")
	os.Exit(5)
}
