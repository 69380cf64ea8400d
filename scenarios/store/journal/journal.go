// Package journal keeps records beside a store until their transaction is committed. A
// record is appended by one write(2), which outlasts kill -9, before it is acknowledged.
//
// In: the bodies of records, which the store encodes. Out: the same bodies, as far as they
// are whole, when the store is opened next. A journal knows neither replications nor SQLite.
package journal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
)

// Journal is a pair of files beside a store. They hold what was acknowledged and may not be
// committed yet.
//
// Invariant: what was acknowledged is committed, or a record of one of the two files. The
// files take turns: while the records of one are committed, new ones go to the other; after
// the commit the first is emptied. A record may be committed twice, so a commit must leave
// alone what is there already.
//
// A record is the length of its body and a checksum, in four bytes each, and the body. The
// checksum, CRC-32C, covers the identity of the store's file, the length and the body. It
// tells a record from one that was torn off, from zeros, and from one of another file that
// had the same name.
type Journal struct {
	identity []byte
	files    [2]*os.File
	active   int // the file that records are appended to
	buffer   []byte
}

// name is the path of a file of the journal of a store.
func name(path string, i int) string { return fmt.Sprintf("%s-pending-%d", path, i) }

const recordHead = 8

// maxRecord bounds the length of a record. A longer one is not a record.
const maxRecord = 1 << 30

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Open opens the files of the journal of a store, and empties them: what they held has been
// committed.
func Open(path string, identity []byte) (*Journal, error) {
	j := &Journal{identity: identity}
	for i := range j.files {
		var err error
		if j.files[i], err = os.OpenFile(
			name(path, i), os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o644,
		); err != nil {
			var of *fs.PathError
			if errors.As(err, &of) {
				err = of.Err // the file's name is not the user's
			}
			return nil, errors.Join(fmt.Errorf("%s cannot be written: %w", path, err), j.Close())
		}
	}
	return j, nil
}

// Add appends a record. After an error nothing more may be appended: there may be half a
// record, and what follows it would be lost.
func (j *Journal) Add(body []byte) error {
	j.buffer = append(j.buffer[:0], make([]byte, recordHead)...)
	j.buffer = append(j.buffer, body...)
	binary.BigEndian.PutUint32(j.buffer, uint32(len(body)))
	binary.BigEndian.PutUint32(j.buffer[4:], j.sum(j.buffer[:4], body))
	_, err := j.files[j.active].Write(j.buffer)
	return err
}

func (j *Journal) sum(length, body []byte) uint32 {
	return crc32.Update(crc32.Update(crc32.Checksum(j.identity, castagnoli), castagnoli, length), castagnoli, body)
}

// Turn makes the other file, which is empty, the one that records are appended to. It
// returns a function that empties the one until now.
func (j *Journal) Turn() (empty func() error) {
	f := j.files[j.active]
	j.active = 1 - j.active
	return func() error { return f.Truncate(0) }
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

// Remove removes the files of the journal of a store, whose records have been committed.
func Remove(path string) error {
	var faults []error
	for i := range 2 {
		if err := os.Remove(name(path, i)); !errors.Is(err, fs.ErrNotExist) {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// Pending tells whether there are records beside a store.
func Pending(path string) bool {
	for i := range 2 {
		if info, err := os.Stat(name(path, i)); err == nil && info.Size() > 0 {
			return true
		}
	}
	return false
}

// Read calls do with the body of each record of the journal of a store, up to the first of
// each file that is torn off. The body is valid until do returns.
func Read(path string, identity []byte, do func(body []byte) error) error {
	j := &Journal{identity: identity}
	for i := range 2 {
		f, err := os.Open(name(path, i))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		err = j.read(bufio.NewReader(f), do)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// read calls do for each record, up to the first that is not whole.
func (j *Journal) read(r io.Reader, do func(body []byte) error) error {
	var head [recordHead]byte
	var body []byte
	for {
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return notTorn(err)
		}
		n := binary.BigEndian.Uint32(head[:])
		if n > maxRecord {
			return nil
		}
		read, err := io.CopyN((*sliceWriter)(&body), r, int64(n))
		if read < int64(n) {
			return notTorn(err)
		}
		if j.sum(head[:4], body) != binary.BigEndian.Uint32(head[4:]) {
			return nil
		}
		if err := do(body); err != nil {
			return err
		}
		body = body[:0]
	}
}

// notTorn returns an error of reading, unless it is the end of the file.
func notTorn(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// sliceWriter grows as far as there is something to read: a false length asks for no memory.
type sliceWriter []byte

func (w *sliceWriter) Write(p []byte) (int, error) {
	*w = append(*w, p...)
	return len(p), nil
}
