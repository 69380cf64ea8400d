package journal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// written returns the bytes of a file of a journal that holds some records, and where
// each ends.
func written(t *testing.T, path string, identity []byte, list []string) (data []byte, ends []int) {
	t.Helper()
	j, err := Open(path, identity)
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range list {
		err := j.Add([]byte(body))
		if err == nil {
			data, err = os.ReadFile(name(path, 0))
		}
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, len(data))
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return data, ends
}

// Of a journal that ends anywhere, or goes on with something else from there, the whole
// records are read and nothing else; so of one in which any byte is another.
func TestTornJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "study.sqlite")
	identity := []byte("of this file ...")
	list := []string{"the first record", "{}", strings.Repeat("long ", 50), "\x00\x01\xff"}
	data, ends := written(t, path, identity, list)
	check := func(what string, data []byte, whole int) {
		t.Helper()
		var got []string
		j := &Journal{identity: identity}
		if err := j.read(bytes.NewReader(data), func(body []byte) error {
			got = append(got, string(body))
			return nil
		}); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if len(got) != whole || whole > 0 && !slices.Equal(got, list[:whole]) {
			t.Fatalf("%s: there are %d records %q, want the first %d", what, len(got), got, whole)
		}
	}
	for at := range len(data) + 1 {
		whole := 0
		for whole < len(ends) && ends[whole] <= at {
			whole++
		}
		head := data[:at:at]
		check(fmt.Sprintf("torn at %d", at), head, whole)
		check(fmt.Sprintf("zeros from %d", at), append(head, make([]byte, 100)...), whole)
		check(fmt.Sprintf("the beginning again from %d", at), append(head, data[:max(1, ends[0]-1)]...), whole)
		if at < len(data) {
			other := bytes.Clone(data)
			other[at] ^= 0x10
			check(fmt.Sprintf("byte %d is another", at), other, whole)
		}
	}
	j := &Journal{identity: []byte("of another file ")}
	if err := j.read(bytes.NewReader(data),
		func([]byte) error { return errors.New("a record of another file") }); err != nil {
		t.Error(err)
	}
}

// The files take turns, and reading gives the records of both.
func TestFilesTakeTurns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "study.sqlite")
	identity := []byte("of this file ...")
	j, err := Open(path, identity)
	if err != nil {
		t.Fatal(err)
	}
	expect := func(want ...string) {
		t.Helper()
		var got []string
		err := Read(path, identity, func(body []byte) error {
			got = append(got, string(body))
			return nil
		})
		if err != nil || !slices.Equal(got, want) || Pending(path) != (len(want) > 0) {
			t.Errorf("got %q, %v, pending %v; want %q", got, err, Pending(path), want)
		}
	}
	add := func(body string) {
		t.Helper()
		if err := j.Add([]byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	expect()
	add("a")
	empty := j.Turn()
	add("b")
	expect("a", "b")
	if err := empty(); err != nil {
		t.Fatal(err)
	}
	expect("b")
	empty = j.Turn()
	add("c")
	expect("c", "b")
	if err := errors.Join(empty(), j.Close()); err != nil {
		t.Fatal(err)
	}
	expect("c")
	if err := Remove(path); err != nil {
		t.Fatal(err)
	}
	expect()
	if left, err := filepath.Glob(path + "-*"); err != nil || len(left) > 0 {
		t.Errorf("%v, %v lie beside the store", left, err)
	}
}
