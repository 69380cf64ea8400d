package run

import "syscall"

// attributes puts a worker in a process group of its own, so that an interrupt
// from the terminal reaches the parent alone, and lets it end with its parent.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
