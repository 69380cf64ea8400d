package scenarios

import (
	"time"

	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/stream"
)

// lateCloseNotify is the founding case (Mbed-TLS/mbedtls issue 9652): a server
// serves one client after another, and the first client's close_notify is late.
var lateCloseNotify = &Scenario{
	Name: "late-close-notify",
	Summary: "A sequential server on one UDP port; the first client's close_notify arrives " +
		"when the server already waits for the next session.",
	Parameters: parameters(latencyParameters, []Parameter{
		{Name: "alert-latency", Type: LawType, Follows: "uplink", Meaning: "latency of the first client's first close_notify"},
	}, faultParameters, clientParameters, []Parameter{
		{Name: "service", Type: DurationType, Default: "1ms", Meaning: "server's time from reading the data to answering and closing"},
		{Name: "linger", Type: DurationType, Default: "0s", Meaning: "after closing, before the socket is released: what arrives is read and dropped"},
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
	c.Link.Override = alertLatency(v, stream.New(c.Seed, c.Scenario, "latency/alert"))
	return runSessions(v, c, func(s server) serverModel { return &sequentialServer{server: s} })
}
