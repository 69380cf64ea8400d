package hosts

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// What a killed worker has left goes; what belongs to a process that lives, or to somebody else, stays.
func TestStaleDirectories(t *testing.T) {
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Skip("there is no /proc")
	}
	dir := t.TempDir()
	const gone = 1<<31 - 7 // above the largest process ID of Linux
	names := map[string]bool{
		fmt.Sprintf("dtlssim-%010d", gone): false, fmt.Sprintf("dtlssim-%010d", os.Getpid()): true,
		"dtlssim-other": true, "dtlssim-12": true,
	}
	for name := range names {
		if err := os.MkdirAll(filepath.Join(dir, name, "server"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	stale(dir)
	for name, stays := range names {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != stays {
			t.Errorf("%s: stays is %t, want %t", name, err == nil, stays)
		}
	}
}
