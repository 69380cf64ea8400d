// os/signal, and what the runtime itself uses signals for.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

func main() {
	c := make(chan os.Signal, 4)
	signal.Notify(c, syscall.SIGUSR1, syscall.SIGTERM)
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	fmt.Println(<-c)
	go func() {
		time.Sleep(30 * time.Millisecond)
		syscall.Kill(os.Getpid(), syscall.SIGTERM)
	}()
	fmt.Println(<-c)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	syscall.Kill(os.Getpid(), syscall.SIGINT)
	<-ctx.Done()
	stop()
	fmt.Println("interrupted")
	signal.Ignore(syscall.SIGHUP)
	syscall.Kill(os.Getpid(), syscall.SIGHUP)

	func() {
		defer func() { fmt.Println("recovered:", recover()) }()
		var p *int
		fmt.Println(*p)
	}()
	busy := make(chan bool)
	go func() { // takes turns with the main goroutine, by force
		n := 0
		for i := range 20_000_000 {
			n += i
		}
		busy <- n > 0
	}()
	fmt.Println(<-busy)
	runtime.GC()
	fmt.Println(os.Getppid() > 0, runtime.NumGoroutine() > 0)
	signal.Reset()
	syscall.Kill(os.Getpid(), syscall.SIGTERM)
	time.Sleep(time.Minute)
}
