package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// checkFile reports a file that cannot be written because there is no folder for
// it; an empty name is no file. It is asked before the work is done.
func checkFile(path string) error {
	if path == "" {
		return nil
	}
	folder := filepath.Dir(path)
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return fmt.Errorf("%s cannot be written: there is no folder %s", path, folder)
	}
	return nil
}

// writeFile writes a file through a temporary one in the same folder, so that
// nobody ever sees half of it and a failure leaves what was there.
func writeFile(path string, write func(*os.File) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".dtlssim-*")
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, errors.Unwrap(err))
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("%s cannot be written: %w", path, err), os.Remove(f.Name()))
		}
	}()
	if err := errors.Join(write(f), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return errors.Unwrap(err) // without the name of the temporary file
	}
	return nil
}
