package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/dtlssim/dtlssim/report/figure"
)

// checkFigure reports the name of a figure's file that ends with neither .svg nor .png;
// an empty name is no file.
func checkFigure(path string) error {
	switch filepath.Ext(path) {
	case ".svg", ".png":
		return nil
	}
	if path == "" {
		return nil
	}
	return fmt.Errorf("--output %s: want a FILE.svg or FILE.png", path)
}

// writeFigure writes a figure to a file, by the end of its name.
func writeFigure(path string, f figure.Figure) error {
	draw := f.SVG
	if filepath.Ext(path) == ".png" {
		draw = f.PNG
	}
	data, err := draw()
	if err != nil {
		return err
	}
	return writeFile(path, func(out *os.File) error {
		_, err := out.Write(data)
		return reason(err)
	})
}
