package outcome

import (
	"github.com/dtlssim/dtlssim/scenarios/measure"
	"github.com/dtlssim/dtlssim/scenarios/session/network"
)

// Measures are the measures of sessions. A scenario in Go may report others. Bytes are not ordered:
// the length of a datagram depends on the bits of a signature.
var Measures = append([]measure.Measured{
	{Name: Handshake, Unit: measure.Nanoseconds, Ordered: true,
		Meaning: "how long the longest handshake of a client took; censored if one was not completed"},
	{Name: DataDelay, Unit: measure.Nanoseconds, Ordered: true,
		Meaning: "the longest from a client's sending a message to its reading by the server's application; censored " +
			"if one was lost"},
	{Name: AnswerDelay, Unit: measure.Nanoseconds, Ordered: true,
		Meaning: "the longest from a client's sending its data to its reading the answer that it waits for, over all " +
			"its attempts; censored if it never got one"},
	{Name: DataLost, Ordered: true,
		Meaning: "messages of clients that the server's application never read; the first client's data counts also " +
			"if its handshake failed"},
	{Name: AnswerLost, Ordered: true,
		Meaning: "answers that a client waited for, and never read: one for each of its attempts at most"},
	{Name: DataDuplicated, Ordered: true,
		Meaning: "how often the server's application read a message again, after a reconnect"},
	{Name: AnswersUnread, Ordered: true, Meaning: "answers that the server sent to clients that wait for none"},
	{Name: ReadStalled, Unit: measure.Nanoseconds, Ordered: true,
		Meaning: "the longest for which data that had arrived was kept from the server's application"},
	{Name: AcceptBlocked, Unit: measure.Nanoseconds, Ordered: true,
		Meaning: "for how long a client waited for Accept while another handshake held it, whoever had begun that; of " +
			"listeners"},
	{Name: AcceptWasted, Unit: measure.Nanoseconds, Ordered: true,
		Meaning: "for how long Accept performed handshakes that did not complete, whether a client waited or not; of " +
			"listeners"},
	{Name: CloseStalledFor, Unit: measure.Nanoseconds, Ordered: true,
		Meaning: "the longest that Close of an endpoint of the server took, if it did not return at once"},
	{Name: "retransmissions", Ordered: true,
		Meaning: "flights of handshakes that were sent again, each counted once, in however many datagrams"},
	{Name: "duplicate-flights", Ordered: true,
		Meaning: "of them, those for nothing, in handshakes that completed: the peer had all that they repeat, and no " +
			"part of its answer was lost"},
	{Name: "longest-backlog", Ordered: true,
		Meaning: "the most new peers that waited for Accept at a time; of listeners, where clients arrive at " +
			"intervals"},
	{Name: "backlog-drops", Ordered: true,
		Meaning: "first datagrams that were dropped because the backlog was full, likewise"},
}, network.TrafficMeasures...)

// The measures that have constants: durations, and counts of messages. AcceptBlocked, DataLost and
// AnswerLost are names of outcomes as well.
const (
	Handshake       = "handshake"
	DataDelay       = "data"
	AnswerDelay     = "answer"
	DataDuplicated  = "data-duplicated"
	AnswersUnread   = "answers-unread"
	ReadStalled     = "read-stalled"
	AcceptWasted    = "accept-wasted"
	CloseStalledFor = "close-stalled"
)
