package outcome

import (
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/measure"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// Messages follows every message that the applications of a run send, from sending to reading.
//
// A message of a client has the numbers of the client and of the message, from 1. It is delivered
// when the server's application first reads it. Data that a client sends again when it reconnects is
// the same message: it is lost if no attempt delivered it, and duplicated if several did.
//
// An answer has the numbers of the client and of the attempt that waits for it, from 1. It is lost if
// it was sent and never read, or if the client waited for it until its time limit. An answer that no
// client waits for is not lost, but unread.
//
// Its methods may be called from any goroutine of the replication. Times are virtual times.
type Messages struct {
	mu      sync.Mutex // held for a few instructions only
	clients map[int]*exchange
	unread  int64
	over    bool // the run ended by itself: what is not read by now is lost
}

// exchange is what a client and the server send to each other.
type exchange struct {
	data    []message
	answers []answer // by attempt
}

type message struct {
	sent, took   time.Duration // when it was first sent, and how long until it was first read
	sends, reads int32
}

type answer struct {
	sent, read, missed bool
	at                 time.Duration // when it was read, or when the client gave up
}

// NewMessages returns the messages of a run that has just begun.
func NewMessages() *Messages { return &Messages{clients: map[int]*exchange{}} }

// of returns what a client and the server send to each other. The caller holds mu.
func (m *Messages) of(client int) *exchange {
	e := m.clients[client]
	if e == nil {
		e = &exchange{}
		m.clients[client] = e
	}
	return e
}

// Sent records that a client has sent a message.
func (m *Messages) Sent(client, number int, now time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.of(client)
	for len(e.data) < number {
		e.data = append(e.data, message{})
	}
	d := &e.data[number-1]
	if d.sends++; d.sends == 1 {
		d.sent = now
	}
}

// Read records that the server's application has read a message of a client.
func (m *Messages) Read(client, number int, now time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.of(client); number <= len(e.data) {
		d := &e.data[number-1]
		if d.reads++; d.reads == 1 {
			d.took = now - d.sent
		}
	}
}

// answer returns the answer to an attempt. The caller holds mu.
func (m *Messages) answer(client, attempt int) *answer {
	e := m.of(client)
	for len(e.answers) < attempt {
		e.answers = append(e.answers, answer{})
	}
	return &e.answers[attempt-1]
}

// Answered records that the server has sent an answer, for which the client waits or does not.
func (m *Messages) Answered(client, attempt int, awaited bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if awaited {
		m.answer(client, attempt).sent = true
	} else {
		m.unread++
	}
}

// AnswerRead records that a client has read the answer for which it waits.
func (m *Messages) AnswerRead(client, attempt int, now time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.answer(client, attempt)
	a.read, a.at = true, now
}

// AnswerMissed records that a client has waited for an answer until its time limit.
func (m *Messages) AnswerMissed(client, attempt int, now time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.answer(client, attempt)
	a.missed, a.at = true, now
}

// lost reports whether an answer was lost.
func (a *answer) lost() bool { return a.missed || a.sent && !a.read }

// Lost returns the events of the messages that were lost: at most one for each direction. To be
// called when the run has ended by itself.
func (m *Messages) Lost() []trace.Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.over = true
	var data, answers Lost
	for _, client := range slices.Sorted(maps.Keys(m.clients)) {
		e := m.clients[client]
		var numbers, attempts []int
		for i, d := range e.data {
			if d.sends > 0 && d.reads == 0 {
				numbers = append(numbers, i+1)
			}
		}
		for i := range e.answers {
			if e.answers[i].lost() {
				attempts = append(attempts, i+1)
			}
		}
		data.add(client, numbers, len(e.data))
		answers.add(client, attempts, len(e.answers))
	}
	var events []trace.Event
	if len(data.list) > 0 {
		data.what, data.each, data.of = "data lost", "message", "messages"
		events = append(events, &data)
	}
	if len(answers.list) > 0 {
		answers.what, answers.each, answers.of = "answer lost", "answer", "answers"
		events = append(events, &answers)
	}
	return events
}

// Lost is the event that messages were sent and never read, known at the end of a run.
type Lost struct {
	what, each, of string
	list           []lostOf
	total          int
}

type lostOf struct {
	client  int
	numbers []int
	count   int // of all that were sent
}

func (l *Lost) add(client int, numbers []int, count int) {
	if len(numbers) > 0 {
		l.list = append(l.list, lostOf{client, numbers, count})
		l.total += len(numbers)
	}
}

// Name implements trace.Event.
func (l *Lost) Name() string { return l.what }

// The longest list of an event: so many clients, and so many ranges of numbers of each.
const (
	mostClients = 8
	mostRanges  = 8
)

// AppendDetail implements trace.Event: "client 1, message 50 of 400", or "20 messages: client 1,
// messages 2 to 20 of 20; client 3, message 1 of 1".
func (l *Lost) AppendDetail(b []byte) []byte {
	if l.total > 1 {
		b = append(append(strconv.AppendInt(b, int64(l.total), 10), ' '), l.of+": "...)
	}
	for i, c := range l.list {
		if i == mostClients {
			b = strconv.AppendInt(append(b, "; and of "...), int64(len(l.list)-i), 10)
			return append(b, " other clients"...)
		}
		if i > 0 {
			b = append(b, "; "...)
		}
		b = strconv.AppendInt(append(b, "client "...), int64(c.client), 10)
		b = append(append(b, ", "...), l.each...)
		if len(c.numbers) > 1 {
			b = append(b, 's')
		}
		b = appendRanges(append(b, ' '), c.numbers)
		b = strconv.AppendInt(append(b, " of "...), int64(c.count), 10)
	}
	return b
}

// appendRanges appends numbers in ascending order: "3, 7 to 12, 20".
func appendRanges(b []byte, numbers []int) []byte {
	for ranges := 0; len(numbers) > 0; ranges++ {
		if ranges == mostRanges {
			return append(strconv.AppendInt(append(b, " and "...), int64(len(numbers)), 10), " others"...)
		}
		if ranges > 0 {
			b = append(b, ", "...)
		}
		n := 1
		for n < len(numbers) && numbers[n] == numbers[0]+n {
			n++
		}
		b = strconv.AppendInt(b, int64(numbers[0]), 10)
		if n > 1 {
			b = strconv.AppendInt(append(b, " to "...), int64(numbers[n-1]), 10)
		}
		numbers = numbers[n:]
	}
	return b
}

// SentBy reports whether a client has sent a message.
func (m *Messages) SentBy(client int) bool {
	e := m.clients[client]
	return e != nil && len(e.data) > 0
}

// Observe adds what became of the messages to an observation of a run that ended at a given time.
// watched says whether a search asks what the run depends on.
func (m *Messages) Observe(o *scenarios.Observation, end time.Duration, watched bool) {
	data, answers := delays{o, DataDelay, watched}, delays{o, AnswerDelay, watched}
	for _, client := range slices.Sorted(maps.Keys(m.clients)) { // the parts of a measure are numbered
		e := m.clients[client]
		for _, d := range e.data {
			switch {
			case d.reads > 0:
				data.add(d.took)
				o.Measures[DataDuplicated] += int64(d.reads - 1)
			case d.sends > 0 && m.over:
				data.miss(end - d.sent)
				o.Measures[DataLost]++
			}
		}
		got, missed, waited := false, false, time.Duration(0)
		for i := range e.answers {
			a := &e.answers[i]
			switch {
			case a.read:
				answers.add(a.at - e.data[0].sent)
				got = true
			case a.missed:
				missed, waited = true, max(waited, a.at-e.data[0].sent)
			case a.sent && m.over:
				missed, waited = true, max(waited, end-e.data[0].sent)
			}
			if a.lost() && m.over {
				o.Measures[AnswerLost]++
			}
		}
		if missed && !got {
			answers.miss(waited)
		}
	}
	for name, value := range map[string]int64{
		DataLost: 0, AnswerLost: 0, DataDuplicated: 0, AnswersUnread: m.unread,
	} {
		o.Measures[name] += value
	}
	data.end()
	answers.end()
}

// delays are the delays of messages.
type delays struct {
	o       *scenarios.Observation
	measure string
	all     bool // a search needs every delay, and not the longest alone
}

func (d *delays) add(delay time.Duration) {
	if d.all {
		d.o.Largest(d.measure, int64(delay))
	}
	d.o.Measures[d.measure] = max(d.o.Measures[d.measure], int64(delay))
}

// miss adds a message that was not delivered. least is a lower bound of its delay.
func (d *delays) miss(least time.Duration) {
	censored := measure.Censored(d.measure)
	d.o.Measures[d.measure] += 0
	d.o.Measures[censored] = max(d.o.Measures[censored], int64(least))
}

// end makes the lower bound of all delays at least the longest that is known.
func (d *delays) end() {
	censored := measure.Censored(d.measure)
	if least, missed := d.o.Measures[censored]; missed {
		d.o.Measures[censored] = max(least, d.o.Measures[d.measure])
	}
}
