// Package journal keeps records next to a store until their transaction is committed. A record is
// appended with one write(2), which survives kill -9, before it is acknowledged.
//
// In: the bodies of records, encoded by the store. Out: the same bodies, as far as they are
// complete, when the store is next opened. The journal knows neither replications nor SQLite.
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

// Journal is a pair of files next to a store. They hold what was acknowledged but may not be
// committed yet.
//
// Invariant: everything acknowledged is committed or is a record of one of the two files. The files
// take turns: while the records of one are being committed, new ones go to the other; after the
// commit, the first is emptied. A record may be committed twice, so a commit must not change what
// already exists.
//
// A record consists of the length of its body, a checksum (four bytes each), and the body. The
// checksum, CRC-32C, covers the identity of the store's file, the length and the body. It
// distinguishes a complete record from a torn one, from zeros, and from a record of another file
// that had the same name.
type Journal struct {
	identity []byte
	files    [2]*os.File
	active   int // the file to which records are appended
	buffer   []byte
}

// name returns the path of a journal file of a store.
func name(path string, i int) string { return fmt.Sprintf("%s-pending-%d", path, i) }

const recordHead = 8

// maxRecord bounds the length of a record. Anything longer is not a record.
const maxRecord = 1 << 30

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

// Turn directs new records to the other file, which is empty. It returns a function that empties
// the file used so far.
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

// Remove deletes the journal files of a store. Their records must have been committed.
func Remove(path string) error {
	var faults []error
	for i := range 2 {
		if err := os.Remove(name(path, i)); !errors.Is(err, fs.ErrNotExist) {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// Pending reports whether a store has journal records.
func Pending(path string) bool {
	for i := range 2 {
		if info, err := os.Stat(name(path, i)); err == nil && info.Size() > 0 {
			return true
		}
	}
	return false
}

// Read calls do with the body of each record in a store's journal, up to the first torn record of
// each file. The body is valid until do returns.
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

// read calls do for each record, up to the first incomplete one.
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

// notTorn returns a read error, unless it is the end of the file.
func notTorn(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// sliceWriter grows only as data arrive, so a false length allocates no memory.
type sliceWriter []byte

func (w *sliceWriter) Write(p []byte) (int, error) {
	*w = append(*w, p...)
	return len(p), nil
}
