package trace

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"io"
	"slices"
	"time"
)

// WriteJSONLines writes a trace as JSON Lines: one object per record, payloads in hexadecimal,
// times in whole nanoseconds. Each reason is an object too, behind the datagram that it is about.
func WriteJSONLines(w io.Writer, records []Record, reasons []Reason) error {
	l := NewJSONLines(w)
	l.Add(records, reasons)
	return l.Close()
}

// JSONLines writes what [WriteJSONLines] writes, in parts, as the trace comes. It holds the records of
// one instant, and those of the last part.
type JSONLines struct {
	encoder *json.Encoder
	records []Record
	reasons []Reason
	err     error // the first
}

// NewJSONLines returns a writer of JSON Lines.
func NewJSONLines(w io.Writer) *JSONLines {
	l := &JSONLines{encoder: json.NewEncoder(w)}
	l.encoder.SetEscapeHTML(false)
	return l
}

// Add writes the next records and reasons. Reasons of an instant must come before the records of a
// later one, or with them.
func (l *JSONLines) Add(records []Record, reasons []Reason) {
	l.records, l.reasons = append(l.records, records...), append(l.reasons, reasons...)
	if len(records) == 0 {
		return
	}
	last := l.records[len(l.records)-1].At
	n := firstAt(l.records, last)
	if n == 0 {
		return
	}
	var now, later []Reason
	for _, r := range l.reasons {
		if r.At < last {
			now = append(now, r)
		} else {
			later = append(later, r)
		}
	}
	l.write(l.records[:n], now)
	l.records, l.reasons = slices.Delete(l.records, 0, n), later
}

// firstAt returns the index of the first record at or after a time.
func firstAt(records []Record, at time.Duration) int {
	n, _ := slices.BinarySearchFunc(records, at, func(r Record, t time.Duration) int { return cmp.Compare(r.At, t) })
	return n
}

// Close writes what is left, and returns the first error.
func (l *JSONLines) Close() error {
	l.write(l.records, l.reasons)
	l.records, l.reasons = nil, nil
	return l.err
}

func (l *JSONLines) write(records []Record, reasons []Reason) {
	for _, line := range interleave(records, reasons) {
		var object any
		if line.reason != nil {
			object = line.reason.object()
		} else {
			object = line.record.object()
		}
		if l.err == nil {
			l.err = l.encoder.Encode(object)
		}
	}
}

// object returns the record as it stands in JSON.
func (r *Record) object() any {
	line := struct {
		At       int64  `json:"at_ns"`
		Host     string `json:"host"`
		Actor    string `json:"actor"`
		Kind     string `json:"kind"`
		Datagram string `json:"datagram,omitempty"`
		From     string `json:"from,omitempty"`
		To       string `json:"to,omitempty"`
		Label    string `json:"label,omitempty"`
		Latency  *int64 `json:"latency_ns,omitempty"`
		Length   int    `json:"length,omitempty"`
		Payload  string `json:"payload,omitempty"`
		Event    string `json:"event,omitempty"`
		Detail   string `json:"detail,omitempty"`
	}{
		At: int64(r.At), Host: r.Host, Actor: r.Actor, Kind: r.Kind.String(), Label: r.Label(),
		Length: r.Length(), Payload: hex.EncodeToString(r.Payload()), Event: r.Name(), Detail: r.Detail(),
	}
	if r.Kind != Note {
		line.Datagram, line.From, line.To = r.ID.String(), r.From.String(), r.To.String()
	}
	switch r.Kind {
	case Send, Copy, Hold, HoldCopy, Forge, Queue, Leave:
		latency := int64(r.Latency)
		line.Latency = &latency
	}
	return line
}
