package scenarios

import (
	"time"

	"github.com/dtlssim/dtlssim/sim"
)

// unfilteredListener is a listener that lets anything in (pion/dtls issue 255, which
// gave dtls.Listen its filter; dtls.NewListener has none): a late close_notify makes
// a connection, and its handshake, which never comes, holds up Accept.
var unfilteredListener = &Scenario{
	Name: "unfiltered-listener",
	Summary: "A listener that demultiplexes by remote address and lets any datagram in; a late close_notify " +
		"becomes a connection, whose handshake holds up Accept.",
	Explanation: Explanation{
		Mechanism: "The listener makes a connection of any datagram from a remote address that it does not know. A " +
			"close_notify that arrives after the release of its session is one. Accept performs handshakes inline, so it " +
			"waits for a ClientHello on that connection until the handshake timeout, and everybody else waits in the backlog.",
		Prediction: "As in late-close-notify: d + La - Ld > P + W. Accept is lost for the handshake timeout.",
		Findings: []string{
			"The filter of dtls.Listen, a first record of type handshake, is enough against alerts and data.",
			"A tombstone must last from the release to the alert's arrival; at the very nanosecond at which it ends it is gone.",
			"Concurrent handshakes leave the ghost where it is, but it holds nobody up.",
			"A shorter handshake timeout helps if the ghost ends while the next client still repeats its hello.",
		},
		References: []string{
			"pion/dtls issue 255, and listener.go and config.go of pion/dtls v2.2.12", "pion/transport v2.2.10, udp/conn.go",
			"RFC 6347 section 4.1.2.7: invalid records should be discarded silently",
		},
	},
	Parameters: parameters(latencyParameters, alertParameters, faultParameters, clientParameters, serviceParameters, listenerParameters, sessionParameters, []Parameter{
		{Name: "remedy", Type: ChoiceType, Default: "none", Choices: []string{"none", "linger", "filter", "tombstone", "concurrent", "short-timeout"},
			Meaning: "shorthand that sets linger=50ms unless given, filter=client-hello, tombstone=4m unless given (twice the MSL, RFC 793), handshakes=concurrent, or handshake-timeout=1s unless given"},
	}),
	Outcomes: outcomes(GhostSession, AcceptBlocked, NextHandshakeFailed, DataLost, ServerError),
	Probe:    ProbeRange{Name: "alert-latency", From: 0, To: 300 * time.Millisecond},
	Expand: func(given Values) (Settings, error) {
		return expandShorthand(given, "remedy", map[string]Settings{
			"linger": {"linger": "50ms"}, "filter": {"filter": "client-hello"}, "tombstone": {"tombstone": "4m"},
			"concurrent": {"handshakes": "concurrent"}, "short-timeout": {"handshake-timeout": "1s"},
		}, "linger", "tombstone", "handshake-timeout")
	},
	Run: func(v Values, c sim.Config) (sim.Result, Observation) {
		c.Link = networkLink(v, serverAddress)
		c.Link.Rules = alertRule(v)
		return runSessions(v, c, func(s server) serverModel { return &listeningServer{server: s} })
	},
}
