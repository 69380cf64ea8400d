package distribution

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// maxFile bounds the size of a distribution's file, in bytes.
const maxFile = 64 << 20

// maxFaults bounds the number of faults of a file that are reported individually.
const maxFaults = 10

// readLines calls use for each line of a distribution's file, except empty lines and lines that
// begin with #. It reports the faults of all lines, each with its line number.
func readLines(path, form string, use func(line string) error) error {
	if path == "" {
		return fmt.Errorf("want a file: %s", form)
	}
	if info, err := os.Stat(path); err != nil {
		return err
	} else if !info.Mode().IsRegular() || info.Size() > maxFile {
		return fmt.Errorf("%s: want a regular file of at most %d MiB", path, maxFile>>20)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var faults []error
	more := 0
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		switch err := use(line); {
		case err == nil:
		case len(faults) < maxFaults:
			faults = append(faults, fmt.Errorf("%s:%d: %w", path, n, err))
		default:
			more++
		}
	}
	if err := lines.Err(); err != nil {
		faults = append(faults, fmt.Errorf("%s: %w", path, err))
	}
	if more > 0 {
		faults = append(faults, fmt.Errorf("%s: and %d more faults", path, more))
	}
	return errors.Join(faults...)
}

// parseEntry reads a duration from a file: with a unit, or in whole nanoseconds. what names the
// duration in errors.
func parseEntry(what, text string) (time.Duration, error) {
	withUnit := text
	if !strings.ContainsAny(text, "nuµmsh") {
		withUnit += "ns"
	}
	d, err := ParseDuration(withUnit)
	if err != nil {
		return 0, fmt.Errorf("%q is no %s: want a duration from 0s to 1000h, or whole nanoseconds", text, what)
	}
	return d, nil
}

// Files returns the paths of the files that a distribution was read from, in the order of its
// text.
func Files(d Distribution) []string {
	switch d := d.(type) {
	case *LatencyTrace:
		return []string{d.path}
	case empirical:
		return []string{d.path}
	case shifted:
		return Files(d.Distribution)
	case mixture:
		var paths []string
		for _, part := range d.distributions {
			paths = append(paths, Files(part)...)
		}
		return paths
	}
	return nil
}
