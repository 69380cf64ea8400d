// Command ordinary runs a bubble outside go test.
package main

import (
	"fmt"
	"time"

	"github.com/dtlssim/dtlssim/clock"
)

func main() {
	var slept time.Duration
	end, _, _ := clock.Run(clock.Limits{Virtual: 2 * time.Hour, Events: 10}, func(c *clock.Clock) {
		c.Go("sleeper", func() {
			if err := c.Sleep(time.Hour); err != nil {
				panic(err)
			}
			slept = c.Now()
		})
	})
	fmt.Printf("slept %s, ended %s\n", slept, end)
}
