package run

import "syscall"

// attributes puts a worker in its own process group, so that an interrupt from the terminal reaches
// only the parent. The worker is killed when its parent dies.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
