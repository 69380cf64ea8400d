package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// checkFile reports a file that cannot be written because there is no folder for
// it, or because it is one; an empty name is no file. It is asked before the work is
// done.
func checkFile(path string) error {
	if path == "" {
		return nil
	}
	folder := filepath.Dir(path)
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return fmt.Errorf("%s cannot be written: there is no folder %s", path, folder)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("%s cannot be written: it is a folder", path)
	}
	return nil
}

// writeFile writes a file through a temporary one in the same folder, so that
// nobody ever sees half of it and a failure leaves what was there. A symbolic link is
// followed, and what is no regular file (a device, a pipe) is written as it is.
func writeFile(path string, write func(*os.File) error) error {
	target := path
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		target = resolved
	} else if link, err := os.Readlink(path); err == nil { // to a file that is not there yet
		target = link
		if !filepath.IsAbs(link) {
			target = filepath.Join(filepath.Dir(path), link)
		}
	}
	in := replaceFile
	if info, err := os.Stat(target); err == nil && !info.Mode().IsRegular() {
		in = openFile
	}
	if err := in(target, write); err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	return nil
}

// openFile writes to what is there.
func openFile(path string, write func(*os.File) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return reason(err)
	}
	return errors.Join(write(f), reason(f.Close()))
}

// replaceFile puts a whole file in the place of another, or of none.
func replaceFile(path string, write func(*os.File) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".dtlssim-*")
	if err != nil {
		return reason(err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err := errors.Join(write(f), reason(f.Chmod(0o644)), reason(f.Close())); err != nil {
		return err
	}
	return reason(os.Rename(f.Name(), path))
}

// reason returns why an operation on a file failed, without the name of a file that
// the user has not given.
func reason(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
