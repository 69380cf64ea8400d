package scenarios

import (
	"time"

	"github.com/dtlssim/dtlssim/sim"
)

// staleCopy makes a scenario of a listener that meets a copy of one of the first
// client's datagrams: a retransmission or a duplicate, which the network delivers
// late. Its probe is the copy's delay behind the datagram.
func staleCopy(name, summary string, e Explanation, defaults Settings, to time.Duration) *Scenario {
	return &Scenario{
		Name: name, Summary: summary, Explanation: e,
		Parameters: withDefaults(parameters(latencyParameters, copyParameters, faultParameters, clientParameters, serviceParameters, listenerParameters, sessionParameters, []Parameter{
			{Name: "remedy", Type: ChoiceType, Default: "none",
				Choices: []string{"none", "linger", "filter", "tombstone", "concurrent", "new-client-port", "filter+new-client-port", "tombstone+new-client-port"},
				Meaning: "shorthand that sets linger=4m (twice the MSL, RFC 6347 section 4.2.4) unless given, filter=client-hello, tombstone=4m unless given, handshakes=concurrent, client-port=new, or two of these together"},
		}), Settings{"filter": "handshake", "client": "waits"}.With(defaults)),
		Outcomes: outcomes(GhostSession, AcceptBlocked, Stalled, NextHandshakeFailed, DataLost, ServerError),
		Probe:    ProbeRange{Name: "copied-delay", From: 0, To: to},
		Expand: func(given Values) (Settings, error) {
			return expandShorthand(given, "remedy", map[string]Settings{
				"linger": {"linger": "4m"}, "filter": {"filter": "client-hello"}, "tombstone": {"tombstone": "4m"},
				"concurrent": {"handshakes": "concurrent"}, "new-client-port": {"client-port": "new"},
				"filter+new-client-port":    {"filter": "client-hello", "client-port": "new"},
				"tombstone+new-client-port": {"tombstone": "4m", "client-port": "new"},
			}, "linger", "tombstone")
		},
		Run: func(v Values, c sim.Config) (sim.Result, Observation) {
			c.Link = networkLink(v, serverAddress)
			c.Link.Rules = copyRule(v)
			return runSessions(v, c, func(s server) serverModel { return &listeningServer{server: s} })
		},
	}
}

// The references that all of them share.
var staleReferences = []string{
	"RFC 6347 section 4.2.4: the sender of the last flight answers retransmissions for at least twice the MSL",
	"RFC 9147 section 5.11: records may be ambiguous between associations", "pion/transport v2.2.10, udp/conn.go",
}

// ghostFlight5 is entry 4 of the catalogue.
var ghostFlight5 = staleCopy("ghost-flight5",
	"A copy of the client's last flight arrives when its session is over, passes the filter of dtls.Listen, and holds up Accept.",
	Explanation{
		Mechanism: "The client's last flight, ClientKeyExchange, ChangeCipherSpec and Finished, is sent again: because the " +
			"answer was slow, or lost, or because the network copies it. It arrives when the session is over and its " +
			"connection released. Its first record is a handshake record of epoch 0, so the filter of dtls.Listen lets it in, and " +
			"Accept waits for a ClientHello on that connection.",
		Prediction: "With D the delay of the copy behind the flight, and R the release: arrival of the flight + D > R. Accept is " +
			"lost for the handshake timeout.",
		Findings: []string{
			"The copy fails the next handshake until the next client's own hello has arrived; after that it waits in the backlog and costs a ghost session.",
			"A filter that wants a ClientHello is enough.",
			"Concurrent handshakes leave the ghost where it is, but it holds nobody up.",
		},
		References: staleReferences,
	}, Settings{"copied": "flight-5"}, 300*time.Millisecond)

// duplicateHello is entry 5 of the catalogue.
var duplicateHello = staleCopy("duplicate-hello",
	"A copy of the client's first hello arrives when its session is over, and begins one that nobody wants.",
	Explanation{
		Mechanism: "A copy of the first ClientHello arrives when the session that it began is over. It is a hello like any " +
			"other: every filter lets it in, the endpoint answers with a HelloVerifyRequest to nobody, and Accept waits.",
		Prediction: "With D the delay of the copy behind the hello, and R the release: arrival of the hello + D > R. A ghost session " +
			"for the handshake timeout.",
		Findings: []string{
			"No filter on the first datagram helps, and a new client port does not either.",
			"A tombstone on the peer does, and so does a connection that lingers. A stateless cookie would too: pion checks cookies behind Accept.",
		},
		References: append([]string{"RFC 6347 section 4.2.1: the cookie exchange is meant to need no state"}, staleReferences...),
	}, Settings{"copied": "hello"}, 300*time.Millisecond)

// hello2Poison is entry 7 of the catalogue.
var hello2Poison = staleCopy("hello2-poison",
	"A stale second hello, with its cookie, arrives on the 5-tuple that the next client reuses, and fails its handshake.",
	Explanation{
		Mechanism: "The next client has the same address and port. A copy of the last client's second hello arrives after the " +
			"release and begins an association, in which the new client's hellos lead nowhere; or it arrives between the new " +
			"client's two hellos, its cookie is not the one that was just given out, and the server ends the handshake with a " +
			"fatal alert, which the client believes.",
		Prediction: "A stale second hello arrives before the new first one, on the same 5-tuple: both sides fail.",
		Findings: []string{
			"It fails as well between the new client's first and second hello; behind the second it is harmless, until the release.",
			"A filter does not help: it is a hello.",
			"A tombstone keeps the new client itself out, and a lingering connection swallows it. A new client port saves the new client from the poison, not the server from the ghost: the two together do.",
		},
		References: append([]string{"RFC 6347 section 4.2.8: a ClientHello on the 5-tuple of an open association"}, staleReferences...),
	}, Settings{"copied": "second-hello", "client-port": "same"}, 300*time.Millisecond)

// flight5Poison is entry 8 of the catalogue.
var flight5Poison = staleCopy("flight5-poison",
	"A stale last flight arrives on the 5-tuple that the next client reuses, before its own.",
	Explanation{
		Mechanism: "The next client has the same address and port. A copy of the last client's ClientKeyExchange, " +
			"ChangeCipherSpec and Finished arrives after the release, and before the new client's. The association takes the " +
			"stale key exchange for the new one's.",
		Prediction: "A stale flight 5 arrives before the new ClientKeyExchange, on the same 5-tuple: what happens depends on the key exchange.",
		Findings: []string{
			"With certificates the handshake fails: the keys come from another client's share. With a pre-shared key the key exchange says the same in both sessions, and the new client completes its handshake.",
			"A filter that wants a ClientHello stops the ghost, not a copy that arrives during the new handshake. With a new client port as well, nothing fails.",
			"A tombstone keeps the new client itself out, and a lingering connection swallows it.",
		},
		References: append([]string{"RFC 6347 section 4.2.8: a ClientHello on the 5-tuple of an open association"}, staleReferences...),
	}, Settings{"copied": "flight-5", "client-port": "same"}, 300*time.Millisecond)

// hello1Mixing is entry 9 of the catalogue.
var hello1Mixing = staleCopy("hello1-mixing",
	"A copy of the last client's first hello arrives on the 5-tuple that the next client reuses, before its own.",
	Explanation{
		Mechanism: "The next client has the same address and port. A copy of the last client's first hello arrives after the " +
			"release and begins an association. The new client's own first hello has the same record number and is taken for a " +
			"replay; its repetitions are answered, flight by flight, but the handshake never completes.",
		Prediction: "A duplicate of the first hello arrives before the new one, on the same 5-tuple: what happens depends on the key exchange.",
		Findings: []string{
			"With pion it does not depend on the key exchange: the handshake fails with a pre-shared key and with certificates alike.",
			"A filter does not help: it is a hello. A tombstone with a new client port does.",
		},
		References: append([]string{"RFC 6347 section 4.2.8: a ClientHello on the 5-tuple of an open association"}, staleReferences...),
	}, Settings{"copied": "hello", "client-port": "same"}, 300*time.Millisecond)
