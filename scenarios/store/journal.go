package store

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
)

// A journal is a pair of files beside a store that hold what was acknowledged and may
// not be committed yet: each replication, and each run, is appended to one of them by
// one write(2), which outlasts kill -9, before it is acknowledged.
//
// Invariant: what was acknowledged is committed, or a record of one of the two files.
// The files take turns: while the records of one are committed, new ones go to the other;
// behind the commit the first is emptied. Records may be committed a second time, for
// replications are repeatable and the first to come stays.
//
// A record is the length of its body and a checksum, in four bytes each, and the body. The
// checksum, CRC-32C, is of the identity of the store's file, the length and the
// body, so that neither a record that was torn off, nor zeros, nor a record of another
// file that had the same name is taken for one.
type journal struct {
	identity []byte
	files    [2]*os.File
	active   int // which one is appended to
	buffer   []byte
}

// journalName is the path of a file of the journal of a store.
func journalName(path string, i int) string { return fmt.Sprintf("%s-pending-%d", path, i) }

const recordHead = 8

// maxRecord bounds a record: one that claims to be longer is none.
const maxRecord = 1 << 30

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// openJournal opens the files of a journal, empty. What they held has been committed.
func openJournal(path string, identity []byte) (*journal, error) {
	j := &journal{identity: identity}
	for i := range j.files {
		var err error
		if j.files[i], err = os.OpenFile(journalName(path, i), os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND,
			0o644); err != nil {
			return nil, errors.Join(fmt.Errorf("%s cannot be written: %w", path, reason(err)), j.close())
		}
	}
	return j, nil
}

// add appends a record. After an error nothing may be appended any more: there may be
// half a record, and what is behind it would be lost.
func (j *journal) add(body []byte) error {
	j.buffer = append(j.buffer[:0], make([]byte, recordHead)...)
	j.buffer = append(j.buffer, body...)
	binary.BigEndian.PutUint32(j.buffer, uint32(len(body)))
	binary.BigEndian.PutUint32(j.buffer[4:], j.sum(j.buffer[:4], body))
	_, err := j.files[j.active].Write(j.buffer)
	return err
}

func (j *journal) sum(length, body []byte) uint32 {
	return crc32.Update(crc32.Update(crc32.Checksum(j.identity, castagnoli), castagnoli, length), castagnoli, body)
}

// turn has new records appended to the other file, which is empty, and returns how to
// empty the one until now.
func (j *journal) turn() (empty func() error) {
	f := j.files[j.active]
	j.active = 1 - j.active
	return func() error { return f.Truncate(0) }
}

// close closes the files.
func (j *journal) close() error {
	var faults []error
	for _, f := range j.files {
		if f != nil {
			faults = append(faults, f.Close())
		}
	}
	return errors.Join(faults...)
}

// removeJournal removes the files of a journal, whose records have been committed.
func removeJournal(path string) error {
	var faults []error
	for i := range 2 {
		if err := os.Remove(journalName(path, i)); !errors.Is(err, fs.ErrNotExist) {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// pending tells whether there are records beside a store.
func pending(path string) bool {
	for i := range 2 {
		if info, err := os.Stat(journalName(path, i)); err == nil && info.Size() > 0 {
			return true
		}
	}
	return false
}

// readJournal calls do for each record of a journal, up to the first of each file that
// is torn off.
func readJournal(path string, identity []byte, do func(kept) error) error {
	j := &journal{identity: identity}
	for i := range 2 {
		f, err := os.Open(journalName(path, i))
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

// read calls do for each record up to the first that is none.
func (j *journal) read(r io.Reader, do func(kept) error) error {
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
		k, err := decode(body)
		if err == nil {
			err = do(k)
		}
		if err != nil {
			return err
		}
		body = body[:0]
	}
}

// notTorn returns an error of reading that is not the end of the file.
func notTorn(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// sliceWriter grows as far as there is something to read: a length that is none asks
// for no memory.
type sliceWriter []byte

func (w *sliceWriter) Write(p []byte) (int, error) {
	*w = append(*w, p...)
	return len(p), nil
}

// record is the body of a record that is a replication, as JSON.
type record struct {
	Key        int64              `json:"k,omitempty"`
	Status     run.Status         `json:"s,omitempty"`
	Limit      string             `json:"l,omitempty"`
	Flags      string             `json:"f,omitempty"`
	Dump       string             `json:"d,omitempty"`
	Outcome    []string           `json:"o,omitempty"`
	Failed     bool               `json:"x,omitempty"`
	Virtual    int64              `json:"v,omitempty"`
	Events     int                `json:"e,omitempty"`
	Digest     string             `json:"h,omitempty"`
	Measures   map[string]int64   `json:"m,omitempty"`
	Difference *sample.Difference `json:"different,omitempty"`
}

// The body of a record that is a run is runMark, its key and what is kept of it.
const (
	runMark   = 'r'
	keyLength = 16
)

// encode returns a replication or a run as the body of a record.
func (k *kept) encode() ([]byte, error) {
	if k.run != nil {
		return slices.Concat([]byte{runMark}, k.run, k.value), nil
	}
	o := &k.outcome
	return json.Marshal(record{
		Key: k.key, Status: o.Status, Limit: o.Limit, Flags: o.Flags, Dump: o.Dump, Outcome: o.Outcome,
		Failed:  o.Failed,
		Virtual: o.Virtual, Events: o.Events, Digest: shortDigest(o.Digest), Measures: o.Measures,
		Difference: k.difference,
	})
}

func decode(body []byte) (kept, error) {
	if len(body) > keyLength && body[0] == runMark {
		body = bytes.Clone(body)
		return kept{run: body[1 : 1+keyLength], value: body[1+keyLength:]}, nil
	}
	var r record
	if err := json.Unmarshal(body, &r); err != nil {
		return kept{}, fmt.Errorf("a pending replication cannot be read: %w", err)
	}
	return kept{
		key: r.Key, difference: r.Difference,
		outcome: run.Result{
			Replication: run.Replication{
				Outcome: r.Outcome, Failed: r.Failed, Virtual: r.Virtual, Events: r.Events, Digest: r.Digest,
				Measures: r.Measures, Limit: r.Limit,
			},
			Status: r.Status, Dump: r.Dump, Flags: r.Flags,
		},
	}, nil
}

// reason returns why an operation on a file failed, without the file's name.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
