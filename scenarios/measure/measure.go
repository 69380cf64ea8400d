// Package measure has what runs measure, with units, and the limits that users set.
//
// In: declarations of measures, and a limit as text. Out: a [Limit], and how a run's measures are beyond
// it.
package measure

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/sim/distribution"
)

// Unit is the unit of a measure.
type Unit string

// The units of measures.
const (
	Count       Unit = ""
	Nanoseconds Unit = "ns"
	Bytes       Unit = "B"
)

// Text returns a value with its unit: "1.06s", "7", "1500 B".
func (u Unit) Text(value int64) string {
	switch u {
	case Nanoseconds:
		return time.Duration(value).String()
	case Bytes:
		return strconv.FormatInt(value, 10) + " B"
	}
	return strconv.FormatInt(value, 10)
}

// Measured is a measure that the runs of a scenario report. It has one name everywhere, without its
// unit: on the command line, in files, in JSON and in stores.
type Measured struct {
	Name    string
	Unit    Unit
	Meaning string

	// Ordered states that the measure follows from the order of the instants that a run reports: a
	// count changes only where this order does, and a duration, or each of the parts of which it is
	// the largest (Observation.Largest), is a sum of differences of instants. Only then does a search
	// prove where the measure crosses a limit.
	Ordered bool
}

// Quantity is a value of a measure. In JSON it is a plain number.
type Quantity struct {
	Value int64
	Unit  Unit
}

// String returns the value with its unit.
func (q Quantity) String() string { return q.Unit.Text(q.Value) }

// MarshalJSON implements json.Marshaler.
func (q Quantity) MarshalJSON() ([]byte, error) { return strconv.AppendInt(nil, q.Value, 10), nil }

// Censored returns the name of the measure that a replication reports when it knows only a lower
// bound of another: handshake-censored for handshake.
func Censored(measure string) string { return measure + "-censored" }

// kind says what has this unit.
func (u Unit) kind() string {
	switch u {
	case Nanoseconds:
		return "duration"
	case Bytes:
		return "number of bytes"
	}
	return "count"
}

// parse reads a value of this unit: a duration with its unit, a whole number, or a whole number of
// bytes, which may end with B.
func (u Unit) parse(text string) (int64, error) {
	if u == Nanoseconds {
		d, err := distribution.ParseDuration(text)
		return int64(d), err
	}
	digits := text
	if u == Bytes {
		digits = strings.TrimSpace(strings.TrimSuffix(text, string(Bytes)))
	}
	value, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || value < 0 {
		return 0, fmt.Errorf("%q is not a whole number from 0 on", text)
	}
	return value, nil
}

// Example returns a limit of this unit.
func (u Unit) Example() string {
	switch u {
	case Nanoseconds:
		return "500ms"
	case Bytes:
		return "1500B"
	}
	return "2"
}
