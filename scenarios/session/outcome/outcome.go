// Package outcome defines what can go wrong when a server serves sessions, and what is measured.
// It names the outcomes and measures, defines the events that applications record in the trace,
// and reads from a trace what the applications do not report.
//
// In: the records of a run. Out: outcomes and measures of an observation.
package outcome

import "github.com/dtlssim/dtlssim/scenarios"

// What can go wrong when a server serves sessions.
const (
	UnexpectedMessage   = "unexpected-message"
	GhostSession        = "ghost-session"
	AcceptBlocked       = "accept-blocked"
	BacklogOverflow     = "backlog-overflow"
	HelloSwallowed      = "hello-swallowed"
	Stalled             = "stalled"
	CloseStalled        = "close-stalled"
	AssociationKilled   = "association-killed"
	HandshakeTimeout    = "handshake-timeout"
	HandshakeAborted    = "handshake-aborted"
	NextHandshakeFailed = "next-handshake-failed"
	DuplicateFlight     = "duplicate-flight"
	DataLost            = "data-lost"
	AnswerLost          = "answer-lost"
	HalfOpen            = "half-open"
	StaleAssociation    = "stale-association"
	NoCloseNotify       = "no-close-notify"
	ServerError         = "server-error"
)

// All lists everything that can go wrong, in the order in which a run lists it.
var All = []scenarios.Outcome{
	{Name: UnexpectedMessage, Meaning: "the server reported an unexpected message"},
	{Name: GhostSession, Meaning: "the server spent a session on a datagram with which no client had begun one"},
	{Name: AcceptBlocked,
		Meaning: "another handshake held Accept while a client waited for it, whoever had begun that handshake"},
	{Name: BacklogOverflow, Meaning: "a datagram of a new peer was dropped because the listener's backlog was full"},
	{Name: HelloSwallowed,
		Meaning: "a client's second hello was dropped with the socket it had reached: the server had released it " +
			"after answering the first"},
	{Name: Stalled, Meaning: "data that had arrived was withheld from the server's application"},
	{Name: CloseStalled,
		Meaning: "Close of a server's endpoint did not return at once: it waited for a handshake timer"},
	{Name: AssociationKilled,
		Meaning: "an association ended on one side while the other had neither closed nor given up"},
	{Name: HandshakeTimeout, Meaning: "the handshake of the first client met its time limit"},
	{Name: HandshakeAborted, Meaning: "the handshake of the first client ended with an error before its time limit"},
	{Name: NextHandshakeFailed, Meaning: "the handshake of a client after the first failed"},
	{Name: DuplicateFlight,
		Meaning: "in a handshake that completed, an endpoint received a flight again although it had all of it, and " +
			"no part of its answer was lost: the retransmission was unnecessary"},
	{Name: DataLost,
		Meaning: "a message that a client sent never reached the server's application; or the first client's data, if " +
			"its handshake failed"},
	{Name: AnswerLost,
		Meaning: "a client that waits for the server's answer did not get it, although it was sent, or until its time " +
			"limit"},
	{Name: HalfOpen, Meaning: "the server kept an association that its client had closed until the idle timeout"},
	{Name: StaleAssociation,
		Meaning: "a client sent data on an association that the server had dropped, and had not heard of it"},
	{Name: NoCloseNotify, Meaning: "an endpoint closed without ever sending a close_notify"},
	{Name: ServerError, Meaning: "the server reported any other error"},
}
