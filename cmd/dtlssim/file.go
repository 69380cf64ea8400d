package main

import (
	"errors"
	"os"
	"path/filepath"
)

// writeFile writes a file through a temporary one in the same folder, so that
// nobody ever sees half of it and a failure leaves what was there.
func writeFile(path string, write func(*os.File) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".dtlssim-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err := errors.Join(write(f), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
