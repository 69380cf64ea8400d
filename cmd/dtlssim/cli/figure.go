package cli

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/dtlssim/dtlssim/report/figure"
)

// checkPicture reports a figure that cannot be written; an empty name is none.
func checkPicture(path string) error {
	if err := checkFormat(path); err != nil {
		return err
	}
	return checkFile(path)
}

// checkFormat reports a name that says no format of figures; an empty name is none.
func checkFormat(path string) error {
	if e := filepath.Ext(path); path != "" && e != ".svg" && e != ".png" {
		return fmt.Errorf("--output %s: want FILE.svg or FILE.png", path)
	}
	return nil
}

// writePicture writes a figure in the format that its name says.
func writePicture(path string, drawn figure.Figure) error {
	as := drawn.SVG
	if filepath.Ext(path) == ".png" {
		as = drawn.PNG
	}
	data, err := as()
	if err != nil {
		return err
	}
	return writeFile(path, func(f *os.File) error {
		_, err := f.Write(data)
		return err
	})
}
