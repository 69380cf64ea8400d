// Package rule says which datagrams a rule selects, what it forges, and what there was to meet if it
// met none.
//
// In: the headers of datagrams, and what was sent in a run. Out: a [Match], and an [Unmet] as text.
package rule

import (
	"strconv"
	"strings"

	"github.com/dtlssim/dtlssim/sim/wire"
)

// Match selects datagrams by their headers. A datagram with several records matches if one of
// them does.
type Match struct {
	From    string // "client", "server", or the name of a host with programs; empty: anybody
	Client  int    // the association: the number of its client, from 1; 0: any
	Record  string // one of RecordTypes; empty: any
	Epoch   int    // -1: any
	Message string // one of MessageTypes; empty: any
	Nth     int    // the n-th of its kind, from 1; 0: all
}

// FromHost reports whether an actor is a program on the host that From names. The actor has the name
// of its host, followed by a hyphen and a number if the host runs several.
func (m Match) FromHost(actor string) bool {
	rest, ok := strings.CutPrefix(actor, m.From)
	return ok && (rest == "" || rest[0] == '-' && strings.Trim(rest[1:], "0123456789") == "")
}

// RecordTypes maps names to content types of records.
var RecordTypes = map[string]uint8{
	"change-cipher-spec": wire.ChangeCipherSpec, "alert": wire.Alert, "handshake": wire.Handshake,
	"application-data": wire.ApplicationData,
}

// MessageTypes maps names to handshake messages (RFC 6347 section 4.3.2).
var MessageTypes = map[string]uint8{
	"hello-request": 0, "client-hello": 1, "server-hello": 2, "hello-verify-request": 3, "new-session-ticket": 4,
	"certificate":         11,
	"server-key-exchange": 12, "certificate-request": 13, "server-hello-done": 14, "certificate-verify": 15,
	"client-key-exchange": 16, Finished: 20,
}

// Finished is the only message that is always encrypted: a handshake record of a later epoch.
const Finished = "finished"

// Forgery is what an on-path attacker sends when a datagram passes: an unprotected record of
// epoch 0.
type Forgery struct {
	Record      string // "alert" or "application-data"
	Alert       string // a description in wire.AlertDescriptions
	Level       string // "warning" or "fatal"
	Data        string
	Sequence    int
	ToTheSender bool
}

// String returns the match as a file has it.
func (m Match) String() string {
	var parts []string
	add := func(key, value string) {
		if value != "" {
			parts = append(parts, key+": "+value)
		}
	}
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	add("client", number(m.Client))
	add("from", m.From)
	add("record", m.Record)
	if m.Epoch >= 0 {
		add("epoch", strconv.Itoa(m.Epoch))
	}
	add("message", m.Message)
	add("nth", number(m.Nth))
	return strings.Join(parts, ", ")
}
