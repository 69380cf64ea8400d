package outcome_test

import (
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/measure"
	"github.com/dtlssim/dtlssim/scenarios/session/outcome"
)

const ms = time.Millisecond

// A message that a client sends again when it reconnects is one message. The event names what was
// lost, in one line.
func TestMessages(t *testing.T) {
	m := outcome.NewMessages()
	for number := 1; number <= 30; number++ {
		m.Sent(1, number, time.Duration(number)*ms)
	}
	for _, number := range []int{1, 2, 3, 9, 11, 30} {
		m.Read(1, number, time.Duration(number)*ms+10*ms)
	}
	m.Sent(2, 1, 5*ms)
	m.AnswerMissed(2, 1, 105*ms)
	m.Sent(2, 1, 200*ms)
	m.Read(2, 1, 220*ms)
	m.Read(2, 1, 230*ms)
	m.Answered(2, 2, true)
	m.AnswerRead(2, 2, 245*ms)
	m.Sent(3, 1, 7*ms)
	m.Answered(1, 1, false)

	var said []string
	for _, e := range m.Lost() {
		said = append(said, e.Name()+": "+string(e.AppendDetail(nil)))
	}
	if len(said) != 2 ||
		said[0] != "data lost: 25 messages: client 1, messages 4 to 8, 10, 12 to 29 of 30; client 3, message 1 of 1" ||
		said[1] != "answer lost: client 2, answer 1 of 2" {
		t.Errorf("lost: %q", said)
	}
	o := scenarios.Observation{Measures: map[string]int64{}}
	m.Observe(&o, 300*ms, false)
	for name, want := range map[string]int64{
		outcome.DataLost: 25, outcome.AnswerLost: 1, outcome.DataDuplicated: 1, outcome.AnswersUnread: 1,
		outcome.DataDelay: int64(215 * ms), measure.Censored(outcome.DataDelay): int64(296 * ms),
		outcome.AnswerDelay: int64(240 * ms),
	} {
		if o.Measures[name] != want {
			t.Errorf("%s is %d, want %d", name, o.Measures[name], want)
		}
	}
	if _, censored := o.Measures[measure.Censored(outcome.AnswerDelay)]; censored {
		t.Error("the answer came at the second attempt, and is censored")
	}
}

// Nothing is lost when a limit has cut the run short.
func TestMessagesOnTheirWay(t *testing.T) {
	m := outcome.NewMessages()
	m.Sent(1, 1, 0)
	m.Answered(1, 1, true)
	o := scenarios.Observation{Measures: map[string]int64{}}
	m.Observe(&o, time.Second, false)
	if o.Measures[outcome.DataLost] != 0 || o.Measures[outcome.AnswerLost] != 0 {
		t.Errorf("measures %v", o.Measures)
	}
}

// Long lists are cut.
func TestManyLostMessages(t *testing.T) {
	m := outcome.NewMessages()
	for client := 1; client <= 20; client++ {
		for number := 1; number <= 40; number++ {
			m.Sent(client, number, 0)
			if number%2 == 0 || client > 2 && number > 1 {
				m.Read(client, number, ms)
			}
		}
	}
	want := "58 messages: client 1, messages 1, 3, 5, 7, 9, 11, 13, 15 and 12 others of 40; " +
		"client 2, messages 1, 3, 5, 7, 9, 11, 13, 15 and 12 others of 40; client 3, message 1 of 40; " +
		"client 4, message 1 of 40; client 5, message 1 of 40; client 6, message 1 of 40; " +
		"client 7, message 1 of 40; client 8, message 1 of 40; and of 12 other clients"
	if got := string(m.Lost()[0].AppendDetail(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Every line of a client says which message it is.
func TestLines(t *testing.T) {
	for line, want := range map[string][3]int{
		outcome.Greeting(3, 1): {3, 1, 1}, outcome.Greeting(12, 4): {12, 4, 1}, outcome.KeepAlive(7, 50): {7, 1, 50},
		"hello from client 3": {}, "hello from client x\n": {}, "hello from client 3, attempt 0\n": {},
		"client 7 is here\n": {}, outcome.Acknowledgement: {}, "": {}, "\n": {},
	} {
		client, attempt, number := outcome.Sender(line)
		if got := [3]int{client, attempt, number}; got != want {
			t.Errorf("%q: %v, want %v", line, got, want)
		}
	}
}
