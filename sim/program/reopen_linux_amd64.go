package program

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// reopen gives a copy of a template its own places in the files that the template holds open, such as the script
// that a shell has begun to read. A fork shares them: what one copy reads, the next would miss.
func (t *task) reopen() {
	folder := fmt.Sprintf("/proc/%d/fd", t.tid)
	entries, err := os.ReadDir(folder)
	if err != nil {
		panic(lost{err})
	}
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil || t.p.files[fd] != nil {
			continue
		}
		info, err := os.Stat(folder + "/" + e.Name())
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		position, flags := t.place(fd)
		own := t.injectPath(unix.SYS_OPEN, "/proc/self/fd/"+e.Name(), flags&unix.O_CLOEXEC|flags&unix.O_ACCMODE)
		if own < 0 {
			panic(lost{fmt.Errorf("file %d of a template: %w", fd, syscall.Errno(-own))})
		}
		t.inject(unix.SYS_LSEEK, uint64(own), position, unix.SEEK_SET)
		t.inject(unix.SYS_DUP3, uint64(own), uint64(fd), flags&unix.O_CLOEXEC)
		t.inject(unix.SYS_CLOSE, uint64(own))
	}
}

// place returns the position and the flags of an open file.
func (t *task) place(fd int) (position, flags uint64) {
	info, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%d", t.tid, fd))
	if err != nil {
		panic(lost{err})
	}
	for line := range strings.Lines(string(info)) {
		name, text, _ := strings.Cut(line, ":")
		switch text = strings.TrimSpace(text); name {
		case "pos":
			position, err = strconv.ParseUint(text, 10, 64)
		case "flags":
			flags, err = strconv.ParseUint(text, 8, 64)
		}
		if err != nil {
			panic(lost{err})
		}
	}
	return position, flags
}

// injectPath makes the thread perform a system call whose first argument is a path.
func (t *task) injectPath(call uint64, path string, arguments ...uint64) int64 {
	t.fetch()
	const below = 16384
	at := (t.regs.Rsp - below) &^ 15
	text := append([]byte(path), 0)
	before := t.tracee.read(at, len(text))
	t.tracee.write(at, text)
	result := t.inject(call, append([]uint64{at}, arguments...)...)
	if len(before) != len(text) {
		before = make([]byte, len(text))
	}
	t.tracee.write(at, before)
	return result
}
