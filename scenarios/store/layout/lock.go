package layout

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Lock opens a file, locks it against other processes and returns it. Closing it releases the lock.
// create is os.O_CREATE to create a missing file, or 0. The error wraps [ErrLocked] if another
// process has the lock.
func Lock(path string, create int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|create, 0o644)
	if err != nil {
		var of *fs.PathError
		if errors.As(err, &of) {
			err = of.Err
		}
		return nil, fmt.Errorf("%s cannot be written: %w", path, err)
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(&MismatchError{path, "is no store of dtlssim: it is no regular file"}, f.Close())
	}
	if err := lock(f); err != nil {
		return nil, errors.Join(fmt.Errorf("%s cannot be written: %w", path, err), f.Close())
	}
	return f, nil
}
