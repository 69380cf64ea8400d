package salvage

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"math"
	"os"
	"slices"
)

// file is an SQLite file with its log, read page by page, without SQLite: it needs neither the
// header, nor the schema, nor the tree above a page. See https://www.sqlite.org/fileformat.html.
type file struct {
	main     *os.File
	log      []byte            // of the file FILE-wal; nil: there is none
	size     int               // of a page
	pages    int               // of the main file
	newest   map[uint32][]byte // pages of the log, as last written
	versions [][]byte          // all pages of the log, the last first
}

// maxLog bounds the size of a log that is read.
const maxLog = 1 << 30

// open opens a file with pages of some size.
func open(path string, size int) (*file, error) {
	main, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := main.Stat()
	if err != nil {
		return nil, errors.Join(err, main.Close())
	}
	f := &file{
		main: main, size: size, pages: int((info.Size() + int64(size) - 1) / int64(size)), newest: map[uint32][]byte{},
	}
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() <= maxLog {
		if f.log, err = os.ReadFile(path + "-wal"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Join(err, main.Close())
		}
	}
	f.readLog()
	return f, nil
}

// pageSizes returns the sizes that the pages of a file may have: the one that its header says, and
// the one that stores have.
func pageSizes(path string) ([]int, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	header := make([]byte, 18)
	if _, err := f.ReadAt(header, 0); err != nil {
		return nil, nil // it is shorter than any page
	}
	const usual = 4096
	size := int(binary.BigEndian.Uint16(header[16:]))
	if size == 1 {
		size = 1 << 16
	}
	if size < 512 || size&(size-1) != 0 || size == usual {
		return []int{usual}, nil
	}
	return []int{size, usual}, nil
}

// readLog finds the pages of the log. It ends with the first frame of an earlier use of the log,
// which has another salt. The checksums of frames do not matter: rows have their own.
func (f *file) readLog() {
	const header, frameHeader = 32, 24
	if len(f.log) < header {
		return
	}
	salt := f.log[16:24]
	for at := header; at+frameHeader+f.size <= len(f.log); at += frameHeader + f.size {
		frame := f.log[at:]
		if !slices.Equal(frame[8:16], salt) {
			break
		}
		page := frame[frameHeader : frameHeader+f.size]
		f.newest[binary.BigEndian.Uint32(frame)] = page
		f.versions = append(f.versions, page)
	}
	slices.Reverse(f.versions)
}

// page returns a page of the main file, from 1; nil if there is none.
func (f *file) page(n int) []byte {
	if n < 1 || n > f.pages {
		return nil
	}
	b := make([]byte, f.size)
	read, _ := f.main.ReadAt(b, int64(n-1)*int64(f.size))
	if read == 0 {
		return nil
	}
	return b
}

// row is a row as it lies in a page.
type row struct {
	id     int64 // of a table with row numbers
	values []any // nil, int64, float64, string or []byte
}

// rows calls do for everything that looks like a row: in the log, the last first, and then in the
// file. A row may come more than once, and may be damaged.
func (f *file) rows(do func(row) error) error {
	for _, page := range f.versions {
		if err := f.cells(page, 0, do); err != nil {
			return err
		}
	}
	for n := 1; n <= f.pages; n++ {
		at := 0
		if n == 1 {
			at = 100 // behind the header of the file
		}
		if err := f.cells(f.page(n), at, do); err != nil {
			return err
		}
	}
	return nil
}

// The kinds of pages that have rows: leaves of tables, and pages of tables without row numbers,
// which are indexes to SQLite.
const (
	tableLeaf     = 0x0d
	indexLeaf     = 0x0a
	indexInterior = 0x02
)

// cells calls do for each row of a page whose header is at some place.
func (f *file) cells(page []byte, at int, do func(row) error) error {
	if len(page) < at+12 {
		return nil
	}
	kind := page[at]
	pointers := at + 8
	switch kind {
	case tableLeaf, indexLeaf:
	case indexInterior:
		pointers = at + 12
	default:
		return nil
	}
	n := int(binary.BigEndian.Uint16(page[at+3:]))
	for i := range n {
		pointer := pointers + 2*i
		if pointer+2 > len(page) {
			break
		}
		cell := int(binary.BigEndian.Uint16(page[pointer:]))
		if kind == indexInterior {
			cell += 4 // the page below it
		}
		if cell >= len(page) {
			continue
		}
		if r, ok := f.cell(page, page[cell:], kind == tableLeaf); ok {
			if err := do(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// cell reads a cell that lies in a page.
func (f *file) cell(page, cell []byte, numbered bool) (r row, ok bool) {
	size, n := varint(cell)
	cell = cell[n:]
	// A row is not longer than the file with its log.
	if n == 0 || size < 1 || size > int64(f.pages)*int64(f.size)+int64(len(f.log)) {
		return r, false
	}
	usable := int64(f.size)
	most := (usable-12)*64/255 - 23
	if numbered {
		most = usable - 35
		if r.id, n = varint(cell); n == 0 {
			return r, false
		}
		cell = cell[n:]
	}
	local := size
	if size > most {
		least := (usable-12)*32/255 - 23
		if local = least + (size-least)%(usable-4); local > most {
			local = least
		}
	}
	if int64(len(cell)) < local {
		return r, false
	}
	payload := cell[:local:local]
	if size > local {
		if int64(len(cell)) < local+4 {
			return r, false
		}
		payload = f.overflow(payload, binary.BigEndian.Uint32(cell[local:]), size)
	}
	if int64(len(payload)) < size {
		return r, false
	}
	r.values, ok = record(payload)
	return r, ok
}

// overflow appends the rest of a payload, which is in a chain of pages.
func (f *file) overflow(payload []byte, next uint32, size int64) []byte {
	for int64(len(payload)) < size {
		page, ok := f.newest[next]
		if !ok {
			page = f.page(int(next))
		}
		if page == nil {
			return nil
		}
		rest := page[4:]
		payload = append(payload, rest[:min(int64(len(rest)), size-int64(len(payload)))]...)
		next = binary.BigEndian.Uint32(page)
	}
	return payload
}

// record reads the values of a record.
func record(payload []byte) (values []any, ok bool) {
	size, n := varint(payload)
	if n == 0 || size < int64(n) || size > int64(len(payload)) {
		return nil, false
	}
	types, body := payload[n:size], payload[size:]
	for len(types) > 0 {
		kind, n := varint(types)
		if n == 0 {
			return nil, false
		}
		types = types[n:]
		length := int64(0)
		switch {
		case kind < 0 || kind == 10 || kind == 11:
			return nil, false
		case kind >= 12:
			length = (kind - 12) / 2
		default:
			length = [...]int64{0, 1, 2, 3, 4, 6, 8, 8, 0, 0}[kind]
		}
		if length > int64(len(body)) {
			return nil, false
		}
		values = append(values, value(kind, body[:length]))
		body = body[length:]
	}
	return values, true
}

// value reads a value of a type.
func value(kind int64, b []byte) any {
	switch {
	case kind == 0:
		return nil
	case kind == 7:
		return math.Float64frombits(binary.BigEndian.Uint64(b))
	case kind == 8 || kind == 9:
		return kind - 8
	case kind >= 12 && kind%2 == 0:
		return slices.Clone(b)
	case kind >= 13:
		return string(b)
	}
	n := int64(int8(b[0]))
	for _, digit := range b[1:] {
		n = n<<8 | int64(digit)
	}
	return n
}

// varint reads a variable-length integer; n is 0 if there is none.
func varint(b []byte) (v int64, n int) {
	for i := range min(len(b), 9) {
		if i == 8 {
			return v<<8 | int64(b[i]), 9
		}
		v = v<<7 | int64(b[i]&0x7f)
		if b[i] < 0x80 {
			return v, i + 1
		}
	}
	return 0, 0
}
