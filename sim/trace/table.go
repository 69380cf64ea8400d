package trace

import (
	"bytes"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Seconds writes a virtual time as seconds with nine decimal places, so that columns align.
func Seconds(d time.Duration) string {
	return fmt.Sprintf("%d.%09d", d/time.Second, d%time.Second)
}

// Describe summarises a record in a few words, without its time and host.
func (r *Record) Describe() string {
	what := fmt.Sprintf("%s  %d B", r.Label(), r.Length())
	switch r.Kind {
	case Send:
		return fmt.Sprintf("-> %s  %s  (arrives %s%s)", r.To, what, Seconds(r.At+r.Latency), r.rule())
	case Copy:
		return fmt.Sprintf("=> %s  %s  (a copy arrives %s%s)", r.To, what, Seconds(r.At+r.Latency), r.rule())
	case Hold:
		return fmt.Sprintf("-| %s  %s  (held%s)", r.To, what, r.rule())
	case HoldCopy:
		return fmt.Sprintf("=| %s  %s  (a copy is held%s)", r.To, what, r.rule())
	case Forge:
		return fmt.Sprintf("~> %s  %s  (as %s; arrives %s%s)", r.To, what, r.From, Seconds(r.At+r.Latency), r.rule())
	case Queue:
		return fmt.Sprintf("-> %s  %s  (to the queue%s)", r.To, what, r.rule())
	case Enter:
		return fmt.Sprintf(">| %s  %s  enters the queue", r.To, what)
	case Leave:
		return fmt.Sprintf("|> %s  %s  (arrives %s%s)", r.To, what, Seconds(r.At+r.Latency), r.rule())
	case Lose:
		return fmt.Sprintf("-x %s  %s  lost: %s", r.To, what, r.Detail())
	case Arrive:
		return fmt.Sprintf("<- %s  %s  to %s", r.From, what, r.Detail())
	case Drop:
		return fmt.Sprintf("<x %s  %s  dropped: %s", r.From, what, r.Detail())
	}
	if detail := r.Detail(); detail != "" {
		return r.Name() + ": " + detail
	}
	return r.Name()
}

// rule names the rule that caused the record.
func (r *Record) rule() string {
	if r.Event == nil {
		return ""
	}
	return ", " + r.Detail()
}

// WriteTable writes a trace as a table with one line per record: virtual time in seconds, host,
// actor, what happened. Reasons stand behind the datagrams that they are about. Those that are alike
// share a line, and those of what is kept or queued and read at the same instant are left out.
func WriteTable(w io.Writer, records []Record, reasons []Reason) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, l := range fold(interleave(records, reasons)) {
		if r := l.reason; r != nil {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", Seconds(r.At), r.Host, r.Actor, ".. "+l.text())
			continue
		}
		r := l.record
		actor := r.Actor
		if actor == "" {
			actor = "network"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", Seconds(r.At), r.Host, actor, r.Describe())
	}
	return t.Flush()
}

// Reasons returns a sentence for each line that WriteTable has for reasons: "at 9.010000000, session 1
// (server) drops ...".
func Reasons(records []Record, reasons []Reason) []string {
	var list []string
	for _, l := range fold(interleave(records, reasons)) {
		if r := l.reason; r != nil {
			list = append(list, fmt.Sprintf("at %s, %s (%s) %s", Seconds(r.At), r.Actor, r.Host, l.text()))
		}
	}
	return list
}

// FirstDifference returns the index of the first record at which two traces differ, or -1 if they
// are equal.
func FirstDifference(a, b []Record) int {
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || !bytes.Equal(a[i].appendCanonical(nil), b[i].appendCanonical(nil)) {
			return i
		}
	}
	return -1
}
