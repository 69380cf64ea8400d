package program

import (
	"bytes"
	"syscall"

	"golang.org/x/sys/unix"
)

// output is where a program's standard output or error goes: a pipe that somebody always reads at once.
type output struct {
	program    *program
	descriptor int
	line       []byte
}

func (o *output) mode() uint32 { return unix.S_IFIFO | 0o600 }
func (o *output) poll() uint32 { return mayWrite }
func (o *output) close()       { o.flush() }

func (o *output) read(t *task, _ *file, _ []buffer) verdict { return t.fails(syscall.EBADF) }

// longestLine bounds a line of the trace, in bytes; a longer one is cut into several.
const longestLine = 4096

func (o *output) write(t *task, _ *file, b []byte) verdict {
	for rest := b; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			o.line = append(o.line, rest...)
			break
		}
		o.line = append(o.line, rest[:end]...)
		rest = rest[end+1:]
		o.show()
	}
	for len(o.line) > longestLine {
		rest := append([]byte(nil), o.line[longestLine:]...)
		o.line = o.line[:longestLine]
		o.show()
		o.line = rest
	}
	return t.returns(int64(len(b)))
}

func (o *output) show() {
	o.program.m.printed(o.program, o.descriptor, string(o.line))
	o.line = o.line[:0]
}

// flush shows a last line that has no end.
func (o *output) flush() {
	if len(o.line) > 0 {
		o.show()
	}
}
