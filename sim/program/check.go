package program

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// errForeign is the kind of the errors of programs that the host's own kernel would run, but the machine cannot.
var errForeign = errors.New("")

// Check reports why a file cannot be run as a program; nil if it can. A program is an executable regular file without
// the set-user-ID and set-group-ID bits: an ELF file of amd64, or a script whose interpreter is one.
func Check(path string) error {
	const nested = 4 // interpreters of interpreters, as Linux allows
	for range nested {
		interpreter, err := check(path)
		if err != nil || interpreter == "" {
			return err
		}
		if _, err := os.Stat(interpreter); err != nil {
			return fmt.Errorf("%s: its interpreter %s: %w", path, interpreter, reason(err))
		}
		path = interpreter
	}
	return fmt.Errorf("%s: too many interpreters of interpreters", path)
}

// reason returns an error of the file system without the path, which the caller names.
func reason(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// check checks one file, and returns the interpreter of a script.
func check(path string) (interpreter string, err error) {
	fail := func(format string, a ...any) (string, error) {
		return "", fmt.Errorf("%s: %w", path, fmt.Errorf(format, a...))
	}
	info, err := os.Stat(path)
	if err != nil {
		return fail("%w", reason(err))
	}
	switch mode := info.Mode(); {
	case mode.IsDir():
		return fail("it is a directory")
	case !mode.IsRegular():
		return fail("it is not a regular file")
	case mode&0o111 == 0:
		return fail("it is not executable")
	case mode&(os.ModeSetuid|os.ModeSetgid) != 0:
		return fail("it is setuid or setgid, and would not get these rights here%w", errForeign)
	}
	f, err := os.Open(path)
	if err != nil {
		return fail("%w", reason(err))
	}
	defer f.Close()
	head := make([]byte, 256)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return fail("%w", reason(err))
	}
	head = head[:n]
	if line, ok := bytes.CutPrefix(head, []byte("#!")); ok {
		line, _, _ = bytes.Cut(line, []byte("\n"))
		fields := strings.Fields(string(line))
		if len(fields) == 0 {
			return fail("it is a script without an interpreter")
		}
		return fields[0], nil
	}
	if !bytes.HasPrefix(head, []byte(elf.ELFMAG)) {
		return fail("it is neither an ELF file nor a script that begins with #!")
	}
	e, err := elf.NewFile(f)
	if err != nil {
		return fail("it is not a valid ELF file: %w", err)
	}
	defer e.Close()
	switch {
	case e.Class != elf.ELFCLASS64 || e.Machine != elf.EM_X86_64:
		return fail("it is a program for %v (%v), want amd64%w", e.Machine, e.Class, errForeign)
	case e.Type != elf.ET_EXEC && e.Type != elf.ET_DYN:
		return fail("it is an ELF file of type %v, not a program", e.Type)
	}
	return "", nil
}

// Find returns the absolute path of a program: a path relative to a directory, or a name to look up in the
// directories of PATH.
func Find(name, directory, path string) (string, error) {
	if strings.Contains(name, "/") {
		if !filepath.IsAbs(name) {
			name = filepath.Join(directory, name)
		}
		return name, Check(name)
	}
	for _, d := range filepath.SplitList(path) {
		if !filepath.IsAbs(d) {
			continue
		}
		candidate := filepath.Join(d, name)
		if info, err := os.Stat(candidate); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return candidate, Check(candidate)
		}
	}
	return "", fmt.Errorf("%s: not found in PATH", name)
}
