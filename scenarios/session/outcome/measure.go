package outcome

import "github.com/dtlssim/dtlssim/scenarios"

// Measures are the measures of sessions. A scenario in Go may report others.
var Measures = []scenarios.Measured{
	{Name: Handshake,
		Meaning: "how long the longest handshake of a client took; censored if one was not completed"},
	{Name: "read_stalled_ns",
		Meaning: "the longest for which data that had arrived was kept from the server's application"},
	{Name: "accept_blocked_ns",
		Meaning: "for how long Accept was held up by handshakes that no client had begun; of listeners"},
	{Name: "close_stalled_ns",
		Meaning: "the longest that Close of an endpoint of the server took, if it did not return at once"},
	{Name: "retransmissions", Meaning: "flights of handshakes that were sent again"},
	{Name: "duplicate_flights", Meaning: "of them, those that arrived where they had arrived before"},
	{Name: "longest_backlog",
		Meaning: "the most new peers that waited for Accept at a time; of listeners, where clients arrive at " +
			"intervals"},
	{Name: "backlog_drops", Meaning: "first datagrams that were dropped because the backlog was full, likewise"},
	{Name: "client_datagrams", Meaning: "datagrams that clients sent"},
	{Name: "server_datagrams", Meaning: "datagrams that the server sent"},
	{Name: "client_bytes", Meaning: "bytes of the clients' datagrams, without headers of IP and UDP"},
	{Name: "server_bytes", Meaning: "bytes of the server's, likewise"},
}

// Handshake is the measure for the duration of the longest handshake.
const Handshake = "handshake_ns"
