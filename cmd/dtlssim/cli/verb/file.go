package verb

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/dtlssim/dtlssim/report/figure"
)

// File is a file to write.
type File struct {
	Path  string
	Write func(*os.File) error
}

// Data returns a file with the given content.
func Data(path string, data []byte) File {
	return File{path, func(f *os.File) error {
		_, err := f.Write(data)
		return err
	}}
}

// Picture returns a figure as a file, in the format that its name implies. If the figure could not
// be drawn, writing the file fails with err.
func Picture(path string, drawn figure.Figure, err error) File {
	return File{path, func(f *os.File) error {
		if err != nil {
			return err
		}
		as := drawn.SVG
		if filepath.Ext(path) == ".png" {
			as = drawn.PNG
		}
		data, err := as()
		if err == nil {
			_, err = f.Write(data)
		}
		return err
	}}
}

// Save writes files, each completely or not at all. It stops at the first that it cannot write.
func Save(files ...File) error {
	for _, f := range files {
		if err := f.write(); err != nil {
			return err
		}
	}
	return nil
}

// Output is the flag --output, or another flag that names a file to write.
type Output struct {
	Path string

	Flag    string // empty: output, with the short form o
	Usage   string
	Picture bool // the file is a figure, SVG or PNG
}

// AddTo implements [Part].
func (o *Output) AddTo(f *pflag.FlagSet) {
	if o.Flag != "" {
		f.StringVar(&o.Path, o.Flag, "", o.Usage)
	} else {
		f.StringVarP(&o.Path, "output", "o", "", o.Usage)
	}
}

// Check implements [Part].
func (o *Output) Check(_ *Call, f *Faults) {
	if e := filepath.Ext(o.Path); o.Picture && o.Path != "" && e != ".svg" && e != ".png" {
		f.Add(fmt.Errorf("--output %s: want FILE.svg or FILE.png", o.Path))
	}
}

// unwritable implements target.
func (o *Output) unwritable() error { return checkFile(o.Path) }

// checkFile reports a file that cannot be written, before the work for it starts. An empty name
// means no file.
func checkFile(path string) error {
	if path == "" {
		return nil
	}
	folder := filepath.Dir(path)
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return fmt.Errorf("%s cannot be written: there is no folder %s", path, folder)
	}
	target, info := resolve(path)
	switch {
	case info != nil && info.IsDir():
		return fmt.Errorf("%s cannot be written: it is a folder", path)
	case info != nil && !info.Mode().IsRegular():
		return nil // opening a device or a pipe a second time might change it
	}
	if err := checkFolder(filepath.Dir(target)); err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	return nil
}

// checkFolder reports a folder in which no file can be created.
func checkFolder(folder string) error {
	f, err := os.CreateTemp(folder, ".dtlssim-*")
	if err != nil {
		return reason(err)
	}
	return errors.Join(reason(f.Close()), reason(os.Remove(f.Name())))
}

// resolve follows a symbolic link, even to a file that does not exist. If the file exists, info
// describes it.
func resolve(path string) (target string, info fs.FileInfo) {
	target = path
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		target = resolved
	} else if link, err := os.Readlink(path); err == nil {
		target = link
		if !filepath.IsAbs(link) {
			target = filepath.Join(filepath.Dir(path), link)
		}
	}
	if info, err := os.Stat(target); err == nil {
		return target, info
	}
	return target, nil
}

// write writes the file through a temporary file in the same folder. A reader never sees half of
// it, and a failure leaves the old file in place. It follows a symbolic link, and writes directly
// to anything that is not a regular file (a device, a pipe).
func (f File) write() error {
	target, info := resolve(f.Path)
	in := replaceFile
	if info != nil && !info.Mode().IsRegular() {
		in = openFile
	}
	err := in(target, f.Write)
	var source SourceError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &source):
		return source.Err
	}
	return fmt.Errorf("%s cannot be written: %w", f.Path, err)
}

// SourceError is what [File].Write returns if the content cannot be had. The file that is written is
// not to blame.
type SourceError struct{ Err error }

// Error implements error.
func (e SourceError) Error() string { return e.Err.Error() }

// openFile writes to an existing file.
func openFile(path string, write func(*os.File) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return reason(err)
	}
	return errors.Join(reason(write(f)), reason(f.Close()))
}

// replaceFile creates a file, or replaces the old one, in one step.
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
	if err := errors.Join(reason(write(f)), reason(f.Chmod(0o644)), reason(f.Close())); err != nil {
		return err
	}
	return reason(os.Rename(f.Name(), path))
}

// reason returns why an operation on a file failed, without the file name, which the user may not
// have given.
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

// Folder is the flag --output of verbs that write several files.
type Folder struct {
	Path  string
	Usage string
}

// AddTo implements [Part].
func (d *Folder) AddTo(f *pflag.FlagSet) { f.StringVarP(&d.Path, "output", "o", d.Path, d.Usage) }

// Check implements [Part].
func (d *Folder) Check(_ *Call, f *Faults) {
	if info, err := os.Stat(d.Path); err == nil && !info.IsDir() {
		f.Add(fmt.Errorf("--output %s: it is a file, not a folder", d.Path))
	}
}

// Make creates the folder, and reports a folder in which no file can be created.
func (d *Folder) Make() error {
	err := os.MkdirAll(d.Path, 0o755)
	if err == nil {
		err = checkFolder(d.Path)
	}
	if err != nil {
		return fmt.Errorf("--output %s: it cannot be written: %w", d.Path, reason(err))
	}
	return nil
}
