// Command dtlssim runs real DTLS endpoints under virtual time. It finds the exact timings at which
// a session fails and estimates how probable failure is.
package main

import "github.com/dtlssim/dtlssim/cmd/dtlssim/cli"

func main() { cli.Main() }
