package run

import (
	"fmt"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios/command"
)

// Aborted is a replication that gave no result.
type Aborted struct {
	Status string `json:"status"`          // crashed, timed out or limited
	Limit  string `json:"limit,omitempty"` // if limited: horizon, event-limit or memory-limit
	Repeat string `json:"repeat"`
	Dump   string `json:"dump,omitempty"`

	At int `json:"-"` // index of the replication in its sweep, over all points
}

// NewAborted returns the record of a replication that gave no result. repeat is the command that
// repeats it; NewAborted adds the flags of the limit that it reached, unless this is the default.
func NewAborted(o *Result, repeat command.Line) Aborted {
	return Aborted{
		Status: string(o.Status), Limit: o.Limit, Repeat: repeat.With(o.Flags...).String(), Dump: o.Dump,
	}
}

// Fate says how the replication ended: "crashed", for example, or "met a limit: memory-limit".
func (t *Aborted) Fate() string {
	switch t.Status {
	case string(Limited):
		return "met a limit: " + t.Limit
	case string(TimedOut):
		return "timed out"
	}
	return t.Status
}

// dumpLines is how many lines of a dump ShortDump shows.
const dumpLines = 40

// ShortDump returns the beginning of the dump, short enough for a terminal.
func (t *Aborted) ShortDump() string {
	lines := strings.Split(strings.TrimRight(t.Dump, "\n"), "\n")
	if len(lines) <= dumpLines {
		return t.Dump
	}
	return strings.Join(
		lines[:dumpLines],
		"\n",
	) + fmt.Sprintf(
		"\n... and %d lines more; sweep --format json has them all",
		len(lines)-dumpLines,
	)
}

// AbortedError says that a replication needed by a search gave no result.
type AbortedError struct{ Aborted }

// Error implements error.
func (e *AbortedError) Error() string {
	text := fmt.Sprintf("a replication %s; repeat it with:\n  %s", e.Fate(), e.Repeat)
	if e.Dump != "" {
		text += "\n" + e.ShortDump()
	}
	return text
}
