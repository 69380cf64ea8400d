package store

import (
	"bytes"
	"io"
	"os"
)

// header is what every SQLite file begins with (https://www.sqlite.org/fileformat.html,
// section 1.3).
var header = []byte("SQLite format 3\x00")

// Is tells whether a path is that of an SQLite file, and so may be a store.
func Is(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	begins := make([]byte, len(header))
	_, err = io.ReadFull(f, begins)
	return err == nil && bytes.Equal(begins, header)
}

// LastProgram returns the program that wrote to a store last.
func LastProgram(path string) (Program, error) {
	r, err := Read(path)
	if err != nil {
		return Program{}, err
	}
	defer r.Close()
	list, err := r.Programs()
	if err != nil || len(list) == 0 {
		return Program{}, err
	}
	return list[len(list)-1], nil
}
