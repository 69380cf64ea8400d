package trace

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/dtlssim/dtlssim/sim/stack"
)

// Reason says what an endpoint made of a record that it received, and why, as far as that is known.
// Reasons stand beside the records of a trace, not among them: they are collected only where
// somebody asks for them, and are part of neither the digest nor the signature.
type Reason struct {
	At   time.Duration
	Host string // empty if it is not known
	// Actor is the endpoint: the actor that its goroutines belong to.
	Actor string
	// Datagram is the one that the endpoint handles; it is zero if none is known.
	Datagram DatagramID

	stack.Explanation
}

// Describe says in a few words what the endpoint makes of the record.
func (r *Reason) Describe() string {
	before, after := r.Deed()
	if r.Record != "" {
		before += " " + r.Name()
	}
	return before + after
}

// line is a line of a table: a record or a reason.
type line struct {
	record *Record
	reason *Reason
	more   string // what the text of a reason says of others like it
}

// text says what the endpoint makes of the record, and whether the endpoint says so itself.
func (l *line) text() string {
	text := l.reason.Describe() + l.more
	if l.reason.Inferred {
		text += "  (inferred)"
	}
	return text
}

// interleave puts each reason behind the arrival of the datagram that it is about, or, if that was
// earlier, behind what had happened by its time.
func interleave(records []Record, reasons []Reason) []line {
	type key struct {
		at   time.Duration
		host string
		id   DatagramID
	}
	arrivals := make(map[key]int)
	for i := range records {
		if r := &records[i]; r.Kind == Arrive {
			arrivals[key{r.At, r.Host, r.ID}] = i
		}
	}
	type placed struct {
		behind int // index of a record
		reason *Reason
	}
	list := make([]placed, 0, len(reasons))
	for i := range reasons {
		r := &reasons[i]
		at, ok := arrivals[key{r.At, r.Host, r.Datagram}]
		if !ok { // before what the endpoint itself does at that time
			at = firstAt(records, r.At)
			for at < len(records) && records[at].At == r.At && records[at].Actor != r.Actor {
				at++
			}
			at--
		}
		list = append(list, placed{at, r})
	}
	slices.SortStableFunc(list, func(a, b placed) int { return cmp.Compare(a.behind, b.behind) })
	lines := make([]line, 0, len(records)+len(reasons))
	for i := -1; i < len(records); i++ {
		if i >= 0 {
			lines = append(lines, line{record: &records[i]})
		}
		for ; len(list) > 0 && list[0].behind == i; list = list[1:] {
			lines = append(lines, line{reason: list[0].reason})
		}
	}
	return lines
}

// endpoint identifies an endpoint in a trace.
type endpoint struct{ host, actor string }

func (r *Reason) endpoint() endpoint { return endpoint{r.Host, r.Actor} }

// mostOpen is the largest number of lines of an endpoint that further reasons may join: a record
// that is repeated may be repeated in turns with others of its flight, and with what answers it.
const mostOpen = 4

// fold leaves out what is of no interest, and joins the reasons of one endpoint that are alike, if
// few others come between them. What is kept or queued and read at the same instant is of no
// interest: every handshake has some.
func fold(lines []line) []line {
	routine := routine(lines)
	open := make(map[endpoint][]int) // lines that further reasons may join
	counts := make(map[int]*alike)
	kept := lines[:0]
	for _, l := range lines {
		if l.reason == nil {
			kept = append(kept, l)
			continue
		}
		if routine[l.reason] {
			continue
		}
		joined := open[l.reason.endpoint()]
		i := slices.IndexFunc(joined, func(at int) bool { return kept[at].reason.like(l.reason) })
		if i >= 0 {
			counts[joined[i]].add(kept[joined[i]].reason, l.reason)
			continue
		}
		joined = append(joined, len(kept))
		open[l.reason.endpoint()] = joined[max(0, len(joined)-mostOpen):]
		counts[len(kept)] = new(alike)
		kept = append(kept, l)
	}
	for at, a := range counts {
		kept[at].more = a.text()
	}
	return kept
}

// alike counts reasons that are like another.
type alike struct {
	copies, others int // of the same record; of other records
	last           *Reason
}

func (a *alike) add(first, r *Reason) {
	if a.last = r; r.named() && first.Name() == r.Name() {
		a.copies++
	} else {
		a.others++
	}
}

// named reports whether the text names a record.
func (r *Reason) named() bool { return r.Record != "" && r.Record != stack.Elsewhere }

func (a *alike) text() string {
	switch {
	case a.last == nil:
		return ""
	case a.others == 0:
		return fmt.Sprintf("; and %s, the last at %s", more(a.copies, "copy", "copies"), Seconds(a.last.At))
	case !a.last.named():
		return fmt.Sprintf("; and %s, the last at %s", more(a.others, "time", "times"), Seconds(a.last.At))
	}
	return fmt.Sprintf("; and %s, the last %d/%d at %s", more(a.copies+a.others, "record", "records"), a.last.Epoch,
		a.last.Sequence, Seconds(a.last.At))
}

func more(n int, one, many string) string {
	if n == 1 {
		return "1 more " + one
	}
	return fmt.Sprintf("%d more %s", n, many)
}

// like reports whether two reasons of one endpoint say the same of their records.
func (r *Reason) like(s *Reason) bool {
	repeated := r.Explanation.Reason == stack.MessageRepeated // any message of a flight
	return r.Explanation.Reason == s.Explanation.Reason && r.Inferred == s.Inferred &&
		(repeated || r.Record == s.Record && r.Message == s.Message) && r.PeerEpoch == s.PeerEpoch &&
		r.Missing == s.Missing && r.Alert == s.Alert && r.Flight == s.Flight && r.State == s.State &&
		r.Unread == s.Unread
}

// routine returns the reasons of what is kept or queued and read at the same instant.
func routine(lines []line) map[*Reason]bool {
	type key struct {
		endpoint
		at       time.Duration
		queue    bool
		epoch    uint16
		sequence uint64
		message  int
	}
	list := make(map[key][]*Reason)
	of := make(map[*Reason]bool)
	for _, l := range lines {
		r := l.reason
		if r == nil {
			continue
		}
		k := key{endpoint: r.endpoint(), at: r.At, message: r.Message}
		switch r.Explanation.Reason {
		case stack.QueuedForEpoch, stack.QueuedForKeys, stack.Unqueued:
			k = key{endpoint: r.endpoint(), at: r.At, queue: true, epoch: r.Epoch, sequence: r.Sequence}
		case stack.FragmentKept, stack.MessageKept, stack.MessageComplete:
		default:
			continue
		}
		switch r.Explanation.Reason {
		case stack.Unqueued, stack.MessageComplete:
			if kept := list[k]; len(kept) > 0 {
				of[r] = true
				for _, r := range kept {
					of[r] = true
				}
			}
		default:
			list[k] = append(list[k], r)
		}
	}
	return of
}

// object returns what stands in a line of JSON for a reason.
func (r *Reason) object() any {
	type about struct {
		Content  string `json:"content"`
		Type     uint8  `json:"type"`
		Epoch    uint16 `json:"epoch"`
		Sequence uint64 `json:"sequence"`
	}
	o := struct {
		At        int64  `json:"at_ns"`
		Host      string `json:"host"`
		Actor     string `json:"actor"`
		Kind      string `json:"kind"`
		Datagram  string `json:"datagram,omitempty"`
		Reason    string `json:"reason"`
		Inferred  bool   `json:"inferred"`
		Record    *about `json:"record,omitempty"`
		Flight    string `json:"flight,omitempty"`
		State     string `json:"state,omitempty"`
		PeerEpoch uint16 `json:"peer_epoch"`
		Window    int    `json:"window,omitempty"`
		Newest    uint64 `json:"newest,omitempty"`
		Message   *int   `json:"message,omitempty"`
		Missing   *int   `json:"missing,omitempty"`
		Alert     string `json:"alert,omitempty"`
		Unread    bool   `json:"unread,omitempty"`
		Detail    string `json:"detail"`
	}{
		At: int64(r.At), Host: r.Host, Actor: r.Actor, Kind: "reason", Reason: r.Explanation.Reason.String(),
		Inferred: r.Inferred, Flight: r.Flight.String(), State: r.State.String(), PeerEpoch: r.PeerEpoch,
		Window: r.Window, Newest: r.Newest, Alert: r.Alert, Unread: r.Unread,
		Detail: r.Describe(),
	}
	if r.Datagram != (DatagramID{}) {
		o.Datagram = r.Datagram.String()
	}
	if r.Record != "" {
		o.Record = &about{r.Record, r.ContentType, r.Epoch, r.Sequence}
	}
	switch r.Explanation.Reason {
	case stack.MessageKept:
		o.Message, o.Missing = &r.Message, &r.Missing
	case stack.FragmentKept, stack.MessageComplete, stack.MessageRepeated:
		o.Message = &r.Message
	}
	return o
}
