//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package layout

import (
	"errors"
	"os"
	"syscall"
)

// lock locks a file against other processes until it is closed or this process ends, for whatever
// reason. SQLite's own locks are of a different kind and do not interfere with this one.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrLocked
	}
	return err
}
