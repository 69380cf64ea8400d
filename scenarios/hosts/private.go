package hosts

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// private returns the private directory of a host in this replication, with the files that its
// program is given. It is made when the first program starts. Its path has the same length in every
// process, because a program may ask for it.
func (r *replication) private(h *Host) (string, error) {
	if r.folder == "" {
		r.folder = privateOf(os.Getpid())
		removeStale.Do(func() { stale(os.TempDir()) })
		if err := errors.Join(os.RemoveAll(r.folder), os.Mkdir(r.folder, 0o700)); err != nil {
			return "", err
		}
	}
	folder := filepath.Join(r.folder, h.Name)
	if _, err := os.Stat(folder); err == nil {
		return folder, nil // of an earlier program of the host
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return "", err
	}
	for _, f := range h.Files {
		if err := copyTo(filepath.Join(folder, f.Name.Of(r.v)), r.relative(f.Source.Of(r.v))); err != nil {
			return "", err
		}
	}
	return folder, nil
}

// privateOf returns where a process has its private directories.
func privateOf(process int) string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("dtlssim-%010d", process))
}

// RemovePrivate removes the private directories of a process that has ended, in whatever way.
func RemovePrivate(process int) { _ = os.RemoveAll(privateOf(process)) } // there is nobody to tell

// removeStale is done once in a process.
var removeStale sync.Once

// stale removes the private directories of processes that were killed. It does so only where it can see which
// processes live.
func stale(in string) {
	const live = "/proc/"
	if _, err := os.Stat(live + "self"); err != nil {
		return
	}
	folders, _ := filepath.Glob(filepath.Join(in, "dtlssim-"+strings.Repeat("[0-9]", 10)))
	for _, f := range folders {
		id := strings.TrimLeft(strings.TrimPrefix(filepath.Base(f), "dtlssim-"), "0")
		if _, err := os.Stat(live + id); errors.Is(err, os.ErrNotExist) {
			_ = os.RemoveAll(f) // there is nobody to tell
		}
	}
}

// clean removes the private directories.
func (r *replication) clean() {
	if r.folder != "" {
		_ = os.RemoveAll(r.folder) // there is nobody to tell
	}
}

// copyTo copies a file, or a folder with what is in it.
func copyTo(target, source string) error {
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return err
	}
	info, err := os.Stat(source)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return os.CopyFS(target, os.DirFS(source))
	}
	from, err := os.Open(source)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, info.Mode().Perm()|0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close())
}
