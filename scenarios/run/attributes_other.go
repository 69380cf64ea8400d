//go:build unix && !linux

package run

import "syscall"

// attributes puts a worker in a process group of its own, so that an interrupt
// from the terminal reaches the parent alone. A worker ends when its standard
// input does.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
