package scenarios

// Measures are all of them. A scenario in Go may report others.
var Measures = []Measured{
	{handshakeMeasure, "how long the longest handshake of a client took; censored if one did not come about"},
	{"read_stalled_ns", "the longest for which data that had arrived was kept from the server's application"},
	{"accept_blocked_ns", "for how long Accept was held up by handshakes that no client had begun; of listeners"},
	{"close_stalled_ns", "the longest that Close of an endpoint of the server took, if it did not return at once"},
	{"retransmissions", "flights of handshakes that were sent again"},
	{"duplicate_flights", "of them, those that arrived where they had arrived before"},
	{"longest_backlog", "the most new peers that waited for Accept at a time; of listeners, where clients arrive at intervals"},
	{"backlog_drops", "first datagrams that were dropped because the backlog was full, likewise"},
	{"client_datagrams", "datagrams that clients sent"},
	{"server_datagrams", "datagrams that the server sent"},
	{"client_bytes", "bytes of the clients' datagrams, without headers of IP and UDP"},
	{"server_bytes", "bytes of the server's, likewise"},
}

const handshakeMeasure = "handshake_ns"
