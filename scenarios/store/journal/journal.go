// Package journal keeps records next to a store until their transaction is committed. A record is
// appended with one write(2), which survives kill -9, before it is acknowledged.
//
// In: the bodies of records, encoded by the store. Out: the same bodies, as far as they are
// complete, when the store is next opened. The journal knows neither replications nor SQLite.
package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
)

// Journal is a pair of files next to a store. They hold what was acknowledged but may not be
// committed yet.
//
// Invariant: everything acknowledged is committed or is a record of one of the two files. The files
// take turns: while the records of one are being committed, new ones go to the other; after the
// commit, the first is emptied. A record may be committed twice, so a commit must not change what
// already exists.
//
// A file begins with the identity of the store's file. A record consists of a head and a body. The
// head is the length of the body, a checksum of this length, and a checksum of both (four bytes
// each, CRC-32C, which also cover the identity). So a record that a kill has cut short, which is the
// last, and a damaged one differ: the head of the former is complete or is at the end of the file.
type Journal struct {
	identity []byte
	files    [2]*os.File
	active   int     // the file to which records are appended
	begun    [2]bool // the file has its identity
	buffer   []byte
}

// name returns the path of a journal file of a store.
func name(path string, i int) string { return fmt.Sprintf("%s-pending-%d", path, i) }

// Names returns the paths of the journal files of a store.
func Names(path string) []string { return []string{name(path, 0), name(path, 1)} }

const recordHead = 12

// maxSize bounds the size of a file that is read. The journal of a store is far smaller: it holds some
// thousand records.
const maxSize = 1 << 30

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Open opens the journal files of a store and empties them; their content must have been committed.
func Open(path string, identity []byte) (*Journal, error) {
	j := &Journal{identity: identity}
	for i := range j.files {
		var err error
		if j.files[i], err = os.OpenFile(
			name(path, i), os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o644,
		); err != nil {
			var of *fs.PathError
			if errors.As(err, &of) {
				err = of.Err // omit the file name: the user did not choose it
			}
			return nil, errors.Join(fmt.Errorf("%s cannot be written: %w", path, err), j.Close())
		}
	}
	return j, nil
}

// Add appends a record. After an error, nothing more may be appended: the file may end with half a
// record, and anything after it would be lost.
func (j *Journal) Add(body []byte) error {
	j.buffer = j.buffer[:0]
	if !j.begun[j.active] {
		j.buffer = append(j.buffer, j.identity...)
		j.begun[j.active] = true
	}
	length := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	j.buffer = append(j.buffer, length...)
	j.buffer = binary.BigEndian.AppendUint32(j.buffer, j.sum(length))
	j.buffer = binary.BigEndian.AppendUint32(j.buffer, j.sum(length, body))
	j.buffer = append(j.buffer, body...)
	_, err := j.files[j.active].Write(j.buffer)
	return err
}

// sum returns a checksum of the identity and some content.
func (j *Journal) sum(content ...[]byte) uint32 {
	sum := crc32.Checksum(j.identity, castagnoli)
	for _, part := range content {
		sum = crc32.Update(sum, castagnoli, part)
	}
	return sum
}

// Turn directs new records to the other file, which is empty. It returns a function that empties
// the file used so far.
func (j *Journal) Turn() (empty func() error) {
	i := j.active
	j.active = 1 - i
	return func() error {
		j.begun[i] = false
		return j.files[i].Truncate(0)
	}
}

// Close closes the files.
func (j *Journal) Close() error {
	var faults []error
	for _, f := range j.files {
		if f != nil {
			faults = append(faults, f.Close())
		}
	}
	return errors.Join(faults...)
}

// Remove deletes the journal files of a store. Their records must have been committed.
func Remove(path string) error {
	var faults []error
	for _, name := range Names(path) {
		if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// Pending reports whether a store has journal records.
func Pending(path string) bool {
	for _, name := range Names(path) {
		if info, err := os.Stat(name); err == nil && info.Size() > 0 {
			return true
		}
	}
	return false
}

// Read calls do with the body of each whole record in a store's journal. damaged reports that there
// are others, which a kill cannot explain. A file of another store is left aside.
func Read(path string, identity []byte, do func(body []byte) error) (damaged bool, err error) {
	j := &Journal{identity: identity}
	for _, name := range Names(path) {
		info, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && info.Size() > maxSize {
			return true, fmt.Errorf("%s: %s has %d bytes: it is no journal of a store", path, name, info.Size())
		}
		var content []byte
		if err == nil {
			content, err = os.ReadFile(name)
		}
		if err != nil {
			return damaged, fmt.Errorf("%s: %w", path, err)
		}
		bad, err := j.read(content, do)
		damaged = damaged || bad
		if err != nil {
			return damaged, err
		}
	}
	return damaged, nil
}

// read calls do for each whole record in the content of a file.
func (j *Journal) read(content []byte, do func(body []byte) error) (damaged bool, err error) {
	ours := bytes.HasPrefix(content, j.identity) // if not, it has a damaged record or is another store's
	found := false
	for at := len(j.identity); at+recordHead <= len(content); {
		head := content[at : at+recordHead]
		if j.sum(head[:4]) != binary.BigEndian.Uint32(head[4:]) {
			if len(bytes.Trim(content[at:], "\x00")) == 0 { // a power loss leaves zeros at the end
				break
			}
			damaged = true
			at++ // look for the next record
			continue
		}
		rest := content[at+recordHead:]
		n := binary.BigEndian.Uint32(head)
		if uint64(n) > uint64(len(rest)) { // cut short
			break
		}
		found = true
		at += recordHead + int(n)
		if j.sum(head[:4], rest[:n]) != binary.BigEndian.Uint32(head[8:]) {
			damaged = true
			continue
		}
		if err := do(rest[:n]); err != nil {
			return damaged, err
		}
	}
	if !ours && found {
		damaged = true
	}
	return damaged && (ours || found), nil
}
