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

// Of a journal that ends anywhere, the whole records are read, and it is not called damaged: a kill
// ends it so. Of one in which any byte is another, all records but that one are read, and it is
// called damaged.
func TestTornAndDamagedJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "study.sqlite")
	identity := []byte("of this file ...")
	list := []string{"the first record", "{}", strings.Repeat("long ", 50), "\x00\x01\xff"}
	data, ends := written(t, path, identity, list)
	check := func(what string, data []byte, want []string, damaged bool) {
		t.Helper()
		var got []string
		j := &Journal{identity: identity}
		bad, err := j.read(data, func(body []byte) error {
			got = append(got, string(body))
			return nil
		})
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if !slices.Equal(got, want) || bad != damaged {
			t.Fatalf("%s: there are the records %q, damaged %v; want %q, %v", what, got, bad, want, damaged)
		}
	}
	for at := range len(data) + 1 {
		whole := 0
		for whole < len(ends) && ends[whole] <= at {
			whole++
		}
		check(fmt.Sprintf("torn at %d", at), data[:at:at], list[:whole], false)
		if at == len(data) {
			break
		}
		other := bytes.Clone(data)
		other[at] ^= 0x10
		rest := slices.Clone(list)
		if at >= len(identity) {
			rest = slices.Delete(rest, whole, whole+1)
		}
		check(fmt.Sprintf("byte %d is another", at), other, rest, true)
	}
	check("zeros at the end", append(bytes.Clone(data), make([]byte, 100)...), list, false)
	j := &Journal{identity: []byte("of another file ")}
	if damaged, err := j.read(data, func([]byte) error {
		return errors.New("a record of another file")
	}); err != nil || damaged {
		t.Error(damaged, err)
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
		damaged, err := Read(path, identity, func(body []byte) error {
			got = append(got, string(body))
			return nil
		})
		if err != nil || damaged || !slices.Equal(got, want) || Pending(path) != (len(want) > 0) {
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
