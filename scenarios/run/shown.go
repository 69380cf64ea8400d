package run

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"

	"github.com/dtlssim/dtlssim/sim/trace"
)

// shown is what a worker sends before its answer.
type shown struct {
	each    func([]trace.Record, []trace.Reason)
	records ends[trace.Record]
	reasons ends[trace.Reason]
}

func newShown(job *Job) *shown {
	s := &shown{each: job.Each}
	s.records.most, s.reasons.most = job.Ends, job.Ends
	return s
}

func (s *shown) add(records []trace.Record, reasons []trace.Reason) {
	if s.each != nil {
		s.each(records, reasons)
	}
	s.records.add(records)
	s.reasons.add(reasons)
}

// ends keeps a list, or its first and last items.
type ends[T any] struct {
	most        int // how many at each end; 0: all
	first, last []T
	count       int // of all items
}

func (e *ends[T]) add(items []T) {
	e.count += len(items)
	n := len(items)
	if e.most > 0 {
		n = min(n, e.most-len(e.first))
	}
	e.first = append(e.first, items[:n]...)
	e.last = append(e.last, items[n:]...)
	if len(e.last) > 2*e.most {
		n := copy(e.last, e.last[len(e.last)-e.most:])
		clear(e.last[n:])
		e.last = e.last[:n]
	}
}

// items returns what is kept, and how many items it lacks.
func (e *ends[T]) items() (list []T, omitted int) {
	list = append(e.first, e.last[max(0, len(e.last)-e.most):]...)
	return list, e.count - len(list)
}

// readFrame reads a value that writeFrame wrote, and what was sent before it. It returns io.EOF at
// the end of the stream.
func readFrame(r io.Reader, v any, before *shown) error {
	var decoder trace.Decoder
	var body []byte
	for {
		var head [4]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return err
		}
		n := binary.BigEndian.Uint32(head[:])
		part, explained := n&ofTrace != 0, n&ofReasons != 0
		if n &^= ofTrace | ofReasons; n > maxFrame {
			return fmt.Errorf("worker: a frame of %d bytes", n)
		}
		if uint32(cap(body)) < n {
			body = make([]byte, n)
		}
		body = body[:n]
		if _, err := io.ReadFull(r, body); err != nil {
			return fmt.Errorf("worker: a frame was cut short: %w", err)
		}
		switch {
		case part:
			if err := decoder.Add(body); err != nil {
				return err
			}
			before.add(decoder.Take(), nil)
		case explained:
			var reasons []trace.Reason
			if err := json.Unmarshal(body, &reasons); err != nil {
				return err
			}
			before.add(nil, reasons)
		default:
			return json.Unmarshal(body, v)
		}
	}
}
