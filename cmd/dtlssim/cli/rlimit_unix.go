//go:build unix

package cli

import (
	"fmt"
	"math"
	"syscall"
)

// The least limits of a process with which this program works: of its address space, in bytes, and
// of its open files. The Go runtime reserves address space that it never uses. Below them, the
// runtime ends the program in the middle of something.
const (
	leastAddressSpace = 2 << 30
	leastFiles        = 32
)

// checkProcess reports limits of the process that are too low.
func checkProcess() error {
	for _, l := range []struct {
		resource    int
		least       uint64
		what, shell string
		unit        uint64 // of the shell's number
	}{
		{syscall.RLIMIT_AS, leastAddressSpace, "address space in KiB", "ulimit -v", 1 << 10},
		{syscall.RLIMIT_NOFILE, leastFiles, "open files", "ulimit -n", 1},
	} {
		var limit syscall.Rlimit
		if err := syscall.Getrlimit(l.resource, &limit); err != nil {
			continue // the system does not say
		}
		if is := uint64(limit.Cur); is < l.least && is < math.MaxInt64 {
			return fmt.Errorf("the process may have too little: %s (%s) is limited to %d, want at least %d", l.what,
				l.shell, is/l.unit, l.least/l.unit)
		}
	}
	return nil
}
