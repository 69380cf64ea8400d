package scenarios

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
	NoCloseNotify       = "no-close-notify"
	ServerError         = "server-error"
)

// knownOutcomes is what can go wrong, in the order in which a run lists it.
var knownOutcomes = []Outcome{
	{UnexpectedMessage, "the server reported an unexpected message"},
	{GhostSession, "the server spent a session on a datagram that began none"},
	{AcceptBlocked, "Accept was held up by a handshake that no client had begun, while a client waited"},
	{BacklogOverflow, "a datagram of a new peer was dropped because the listener's backlog was full"},
	{HelloSwallowed, "a client's second hello was dropped with the socket that it had reached, which the server released when it had answered the first"},
	{Stalled, "data that had arrived was kept from the server's application"},
	{CloseStalled, "Close of an endpoint of the server did not return at once: it waited for a timer of the handshake"},
	{AssociationKilled, "an association ended at one side while the other had neither closed nor given up"},
	{HandshakeTimeout, "the handshake of the first client met its time limit"},
	{HandshakeAborted, "the handshake of the first client ended with an error before its time limit"},
	{NextHandshakeFailed, "the handshake of a client after the first failed"},
	{DuplicateFlight, "in a handshake that came about, an endpoint received a flight again that it had received: it was retransmitted for nothing"},
	{DataLost, "a session's data never reached the server's application"},
	{AnswerLost, "a client waited for the server's answer until its time limit"},
	{HalfOpen, "the server kept an association that its client had closed, until its idle timeout"},
	{NoCloseNotify, "an endpoint was closed, and no close_notify of it was ever sent"},
	{ServerError, "the server reported any other error"},
}
