package program

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Supported reports why programs cannot be run on this machine; nil if they can.
func Supported() error { return supported() }

var supported = sync.OnceValue(func() (err error) {
	within(func() {
		self, failure := os.Executable()
		if failure != nil {
			err = failure
			return
		}
		// A copy of this program stops before its first instruction, and is killed there.
		id, failure := syscall.ForkExec(self, []string{self}, &syscall.ProcAttr{
			Sys: &syscall.SysProcAttr{Ptrace: true, Pdeathsig: unix.SIGKILL},
		})
		if failure != nil {
			err = fmt.Errorf("programs cannot be run here: ptrace(2) is forbidden (%w); "+
				"see /proc/sys/kernel/yama/ptrace_scope, or in a container allow SYS_PTRACE", failure)
			return
		}
		t := tracee{tid: id}
		t.await()
		_ = unix.Kill(id, unix.SIGKILL)
		t.await()
		status, _ := os.ReadFile("/proc/self/status")
		if !strings.Contains(string(status), "\nSeccomp:") {
			err = fmt.Errorf("programs cannot be run here: this kernel has no seccomp(2)")
		}
	})
	return err
})
