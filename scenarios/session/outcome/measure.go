package outcome

import "github.com/dtlssim/dtlssim/scenarios"

// Measures are the measures of sessions. A scenario in Go may report others. Bytes are not ordered:
// the length of a datagram depends on the bits of a signature.
var Measures = []scenarios.Measured{
	{Name: Handshake, Unit: scenarios.Nanoseconds, Ordered: true,
		Meaning: "how long the longest handshake of a client took; censored if one was not completed"},
	{Name: ReadStalled, Unit: scenarios.Nanoseconds, Ordered: true,
		Meaning: "the longest for which data that had arrived was kept from the server's application"},
	{Name: AcceptBlockedFor, Unit: scenarios.Nanoseconds, Ordered: true,
		Meaning: "for how long Accept was held up by handshakes that no client had begun; of listeners"},
	{Name: CloseStalledFor, Unit: scenarios.Nanoseconds, Ordered: true,
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
	{Name: "client-datagrams", Ordered: true, Meaning: "datagrams that clients sent"},
	{Name: "server-datagrams", Ordered: true, Meaning: "datagrams that the server sent"},
	{Name: "client-bytes", Unit: scenarios.Bytes,
		Meaning: "bytes of the clients' datagrams, without headers of IP and UDP"},
	{Name: "server-bytes", Unit: scenarios.Bytes, Meaning: "bytes of the server's, likewise"},
}

// The measures that are durations.
const (
	Handshake        = "handshake"
	ReadStalled      = "read-stalled"
	AcceptBlockedFor = "accept-blocked"
	CloseStalledFor  = "close-stalled"
)
