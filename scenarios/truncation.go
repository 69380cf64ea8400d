package scenarios

import (
	"time"

	"github.com/dtlssim/dtlssim/sim"
)

// truncation is the loss of data to the sender's own close_notify: datagrams are
// reordered, the alert overtakes the data, and an endpoint that has read the alert
// reads nothing any more (RFC 5246 section 7.2.1 wants data behind a close_notify
// ignored, and in DTLS what is behind is a matter of latencies).
var truncation = &Scenario{
	Name: "truncation",
	Summary: "A concurrent server; the client's close_notify overtakes its last data, and the server " +
		"takes the session for closed.",
	Explanation: Explanation{
		Mechanism: "A client sends its data and closes. The close_notify takes another time than the data and arrives " +
			"first. The server's endpoint closes, its application reads the end of the session, and the data, when it " +
			"arrives, is dropped. Neither side is told of an error.",
		Prediction: "With d the gap between data and alert at the sender, and Ld and La their latencies: La + d < Ld.",
		Findings: []string{
			"How far latencies spread does not matter without a delay: with equal medians, half of all sessions lose their data.",
			"No filter, linger or tombstone at the server helps; only the client can wait, for an answer of the application or for as long as latencies differ.",
		},
		References: []string{
			"RFC 5246 section 7.2.1: data received after a closure alert is ignored", "RFC 6347 section 4.2.7: alerts are not retransmitted",
		},
	},
	Parameters: parameters(latencyParameters, alertParameters, faultParameters, clientParameters, []Parameter{
		{Name: "close-delay", Type: DurationType, Default: "0s", Meaning: "pause of a client between its last datagram and its close"},
	}, withDefaults(parameters(serviceParameters, listenerParameters),
		Settings{"linger": "1s", "filter": "client-hello", "handshakes": "concurrent"}), sessionParameters, []Parameter{
		{Name: "remedy", Type: ChoiceType, Default: "none", Choices: []string{"none", "acknowledgement", "close-delay"},
			Meaning: "shorthand: acknowledgement sets client=waits (the client closes when the server's application has answered), close-delay sets close-delay=50ms unless given"},
	}),
	Outcomes: outcomes(GhostSession, AcceptBlocked, NextHandshakeFailed, DataLost, ServerError),
	Probe:    ProbeRange{Name: "alert-latency", From: 0, To: 100 * time.Millisecond},
	Expand: func(given Values) (Settings, error) {
		return expandShorthand(given, "remedy", map[string]Settings{
			"acknowledgement": {"client": "waits"}, "close-delay": {"close-delay": "50ms"},
		}, "close-delay")
	},
	Run: func(v Values, c sim.Config) (sim.Result, Observation) {
		c.Link = networkLink(v, serverAddress)
		c.Link.Rules = alertRule(v)
		return runSessions(v, c, func(s server) serverModel { return &listeningServer{server: s} })
	},
}
