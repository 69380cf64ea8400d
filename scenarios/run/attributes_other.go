//go:build unix && !linux

package run

import "syscall"

// attributes puts a worker in its own process group, so that an interrupt from the terminal reaches
// only the parent. A worker exits when its standard input is closed.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
