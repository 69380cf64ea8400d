package layout

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Watch notices that files were deleted, replaced or truncated while this process has them open.
// The operating system lets a process write to such a file, and everything it writes is lost.
type Watch struct {
	path  string // of the store
	files []watched
	size  int64 // of the store: it never shrinks
}

type watched struct {
	path string
	info fs.FileInfo
}

// NewWatch watches a store, given with the open file.
func NewWatch(path string, f *os.File) (*Watch, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &Watch{path: path, files: []watched{{path, info}}}, nil
}

// Add watches files beside the store as well, which must exist.
func (w *Watch) Add(paths ...string) error {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return w.lost(path, err)
		}
		w.files = append(w.files, watched{path, info})
	}
	return nil
}

// Check returns an error if a file is no longer where it was, or if the store has become shorter.
func (w *Watch) Check() error {
	for i, f := range w.files {
		info, err := os.Stat(f.path)
		if err != nil {
			return w.lost(f.path, err)
		}
		if !os.SameFile(info, f.info) {
			return fmt.Errorf("%s was replaced by another file while this process wrote to it. What this process "+
				"wrote is lost, and the other file is left as it is", f.path)
		}
		if i > 0 {
			continue
		}
		if info.Size() < w.size {
			return fmt.Errorf("%s was truncated while this process wrote to it: it is damaged. This saves what is "+
				"left of it in a new store: %s", f.path, SalvageCommand(f.path))
		}
		w.size = info.Size()
	}
	return nil
}

func (w *Watch) lost(path string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", w.path, err)
	}
	if path == w.path {
		return fmt.Errorf("%s was deleted while this process wrote to it: what it held is lost. The same command "+
			"makes it again", path)
	}
	return fmt.Errorf("%s was deleted while this process wrote to it and %s: what was written last may be lost. The "+
		"same command goes on from there", path, w.path)
}
