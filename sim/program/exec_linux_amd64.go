package program

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// execute checks an execve(2), and performs it with a copy of a template where that makes no difference.
func (t *task) execute() verdict {
	if t.p.living() > 1 {
		return t.p.m.unsupported(t, "exec by a process with several threads")
	}
	path := t.text(t.args[0])
	if path == "" {
		return pass // the host's kernel reports the error
	}
	problem := Check(t.hostPath(unix.AT_FDCWD, path))
	if errors.Is(problem, errForeign) {
		return t.p.m.unsupported(t, "exec of "+problem.Error())
	}
	if problem != nil || !strings.HasPrefix(path, "/") || !t.isPlain() {
		return pass
	}
	args, ok := t.texts(t.args[1])
	env, alsoOK := t.texts(t.args[2])
	dir, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", t.p.real))
	if !ok || !alsoOK || err != nil || len(args) == 0 {
		return pass
	}
	p := t.p
	old := p.tasks
	p.m.guard.remove(p.real)
	_ = unix.Kill(p.real, unix.SIGKILL)
	p.reap(nil)
	p.actions, p.sent = make(map[syscall.Signal]action), nil
	for _, o := range old {
		o.dead = true
	}
	for _, i := range p.timers {
		p.m.stopInterval(i)
	}
	p.timers = nil
	if err := p.m.launch(p, image{path: path, args: args, env: env, dir: dir}); err != nil {
		return p.m.unsupported(t, fmt.Sprintf("exec of %s (%v)", path, err))
	}
	if v := p.vforks; v != nil {
		p.vforks = nil
		p.m.enqueue(v)
	}
	return over
}

// texts returns a list of strings, which a null pointer ends.
func (t *task) texts(at uint64) (list []string, ok bool) {
	const most = 1 << 16
	if at == 0 {
		return nil, true
	}
	for range most {
		w, ok := t.word(at)
		switch {
		case !ok:
			return nil, false
		case w == 0:
			return list, true
		}
		list = append(list, t.text(w))
		at += 8
	}
	return nil, false
}

// isPlain reports whether a process that calls exec(2) hands on nothing but its three standard streams: no other
// descriptors, no blocked or ignored signals.
func (t *task) isPlain() bool {
	if t.blocks() != 0 {
		return false
	}
	for _, a := range t.p.actions {
		if a.handler == ignored {
			return false
		}
	}
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", t.p.real))
	if err != nil {
		return false
	}
	kept := 0
	for _, e := range entries {
		info, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%s", t.p.real, e.Name()))
		if err != nil {
			return false
		}
		var flags uint64
		for line := range strings.Lines(string(info)) {
			if text, ok := strings.CutPrefix(line, "flags:"); ok {
				_, _ = fmt.Sscanf(strings.TrimSpace(text), "%o", &flags)
			}
		}
		if flags&unix.O_CLOEXEC != 0 {
			continue
		}
		var fd int
		_, _ = fmt.Sscan(e.Name(), &fd)
		if t.p.files[fd] == nil || fd > 2 {
			return false
		}
		kept++
	}
	if kept != 3 {
		return false
	}
	for _, fd := range sorted(t.p.files) { // close-on-exec
		if fd > 2 {
			f := t.p.files[fd]
			delete(t.p.files, fd)
			t.p.m.release(f)
		}
	}
	return true
}
