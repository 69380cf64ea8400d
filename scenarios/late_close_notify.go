package scenarios

import (
	"time"

	"github.com/dtlssim/dtlssim/sim"
)

// lateCloseNotify is the founding case (Mbed-TLS/mbedtls issue 9652): a server
// serves one client after another, and the first client's close_notify is late.
var lateCloseNotify = &Scenario{
	Name: "late-close-notify",
	Summary: "A sequential server on one UDP port; the first client's close_notify arrives " +
		"when the server already waits for the next session.",
	Explanation: Explanation{
		Mechanism: "The server serves one client after another on one UDP port. The first client sends its data " +
			"and a close_notify, and is gone. The server has answered, closed and released the session, and waits for a " +
			"ClientHello, when the alert arrives. It is encrypted for a session that is no more, and the server takes it " +
			"for the first datagram of the next: it reports an unexpected message, or spends a session on it that nobody " +
			"has begun, while the next client's handshake times out.",
		Prediction: "With d the gap between data and alert at the sender, Ld and La their latencies, P the server's time " +
			"from the arrival of the data to the release, and W the linger: a client that closes first fails the next " +
			"session for d + La - Ld > P + W. If the server closes first, the alert is the client's answer to the server's, " +
			"and fails it for reply path + La + client time > W.",
		Findings: []string{
			"An alert that overtakes the data costs the data (La < Ld), and the data then begins a ghost session itself unless the socket lingers or the server recognises it.",
			"Waiting after the release changes nothing: the edge is where it is without.",
			"A client that waits for its echo, with linger 0, fails the next session at every latency.",
			"A client's pause before its close adds nothing to the condition: the endpoint answers the server's close_notify by itself.",
			"An alert that arrives during the next session is deferred in the queue of the new listening socket, and makes a ghost of the session after it.",
			"If the next client reuses the 5-tuple, its hello reaches the ghost, which completes the handshake with it: the session is rescued.",
		},
		References: []string{
			"Mbed-TLS/mbedtls issue 9652, with 1830, 3722, 3050 and 9656", "Mbed TLS programs/ssl/dtls_server.c, library/net_sockets.c",
			"RFC 6347 section 4.2.7: alerts are not retransmitted", "RFC 6347 section 4.1.2.7: invalid records should be discarded silently",
			"RFC 9147 section 5.10: closure should not depend on alerts",
		},
	},
	Parameters: parameters(latencyParameters, alertParameters, faultParameters, clientParameters, serviceParameters, []Parameter{
		{Name: "pause-after-release", Type: DurationType, Default: "0s", Meaning: "the remedy in the wrong place: released, then waiting before the next accept"},
		{Name: "first-record", Type: ChoiceType, Default: "stack", Choices: []string{"stack", "reject", "discard"},
			Meaning: "what the server does with a first datagram that is no epoch-0 handshake record: stack hands it to DTLS, reject reports unexpected-message and listens again, discard drops it and goes on waiting"},
		{Name: "server-port", Type: ChoiceType, Default: "same", Choices: []string{"same", "rotate"}, Meaning: "rotate: a new port each session, known to the client"},
	}, sessionParameters, []Parameter{
		{Name: "remedy", Type: ChoiceType, Default: "none",
			Choices: []string{"none", "linger", "recognise", "client-waits", "server-port", "linger+recognise"},
			Meaning: "shorthand that sets linger=50ms unless given, first-record=discard, client=waits, server-port=rotate, or the first two together (the report's recommendation)"},
	}),
	Outcomes: outcomes(UnexpectedMessage, GhostSession, NextHandshakeFailed, DataLost, ServerError),
	Probe:    ProbeRange{Name: "alert-latency", From: 0, To: 300 * time.Millisecond},
	Expand:   expandRemedy,
	Run:      runLateCloseNotify,
}

// expandRemedy returns the settings that a remedy stands for.
func expandRemedy(given Values) (Settings, error) {
	return expandShorthand(given, "remedy", map[string]Settings{
		"linger":           {"linger": "50ms"},
		"recognise":        {"first-record": "discard"},
		"client-waits":     {"client": "waits"},
		"server-port":      {"server-port": "rotate"},
		"linger+recognise": {"linger": "50ms", "first-record": "discard"},
	}, "linger")
}

func runLateCloseNotify(v Values, c sim.Config) (sim.Result, Observation) {
	c.Link = networkLink(v, serverAddress)
	c.Link.Rules = alertRule(v)
	return runSessions(v, c, func(s server) serverModel { return &sequentialServer{server: s} })
}
