package program

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// hostPath returns the absolute path that a call means, without following links.
func (t *task) hostPath(directory int, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	from := fmt.Sprintf("/proc/%d/cwd", t.p.real)
	if directory != unix.AT_FDCWD {
		from = fmt.Sprintf("/proc/%d/fd/%d", t.p.real, directory)
	}
	base, err := os.Readlink(from)
	if err != nil {
		return path
	}
	return filepath.Join(base, path)
}

// mayWrite reports whether a program may change what is at a path: only in its own directory.
func (t *task) mayWrite(path string) bool {
	if path == "/dev/null" {
		return true
	}
	own, err := filepath.EvalSymlinks(t.p.program.command.Dir)
	if err != nil {
		return false
	}
	parent, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return true // the host's kernel reports the error
	}
	return parent == own || strings.HasPrefix(parent, own+"/")
}

// openCall is open(2), openat(2) and creat(2).
func (t *task) openCall() verdict {
	directory, at, flags := unix.AT_FDCWD, t.args[0], t.args[1]
	switch t.number {
	case unix.SYS_OPENAT:
		directory, at, flags = int(int32(t.args[0])), t.args[1], t.args[2]
	case unix.SYS_CREAT:
		flags = unix.O_CREAT | unix.O_WRONLY | unix.O_TRUNC
	}
	name := t.text(at)
	if name == "" {
		return pass
	}
	path := t.hostPath(directory, name)
	switch path {
	case "/dev/urandom", "/dev/random":
		if !t.p.m.open[Randomness] {
			f := &file{object: &randomness{t.p.program}, access: unix.O_RDWR, nonblocking: flags&unix.O_NONBLOCK != 0}
			return t.reserve(f, flags&unix.O_CLOEXEC != 0)
		}
	case "/dev/tty":
		return t.fails(syscall.ENXIO)
	}
	const writes = unix.O_WRONLY | unix.O_RDWR | unix.O_CREAT | unix.O_TRUNC
	if flags&writes != 0 && !t.mayWrite(path) {
		return t.p.m.unsupported(t, "writing to "+path+", which is not in its own directory")
	}
	return pass
}

// changesPath performs the calls that change what is at a path: they may only in its own directory.
func (t *task) changesPath() verdict {
	a := t.args
	type place struct {
		directory int
		at        uint64
	}
	here := unix.AT_FDCWD
	var places []place
	switch t.number {
	case unix.SYS_UNLINKAT, unix.SYS_MKDIRAT, unix.SYS_MKNODAT, unix.SYS_FCHMODAT, unix.SYS_FCHOWNAT, unix.SYS_UTIMENSAT:
		places = []place{{int(int32(a[0])), a[1]}}
	case unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_LINKAT:
		places = []place{{int(int32(a[0])), a[1]}, {int(int32(a[2])), a[3]}}
	case unix.SYS_SYMLINKAT:
		places = []place{{int(int32(a[1])), a[2]}}
	case unix.SYS_RENAME, unix.SYS_LINK:
		places = []place{{here, a[0]}, {here, a[1]}}
	case unix.SYS_SYMLINK:
		places = []place{{here, a[1]}}
	default:
		places = []place{{here, a[0]}}
	}
	for _, p := range places {
		if p.at == 0 {
			continue
		}
		if path := t.hostPath(p.directory, t.text(p.at)); !t.mayWrite(path) {
			return t.p.m.unsupported(t, "changing "+path+", which is not in its own directory")
		}
	}
	return pass
}
