package rule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dtlssim/dtlssim/sim"
)

// Unmet is a rule that was to apply in a run, or in the runs of an answer, and met no datagram.
// So what the runs show is not about the rule.
type Unmet struct {
	Rule  string `json:"rule"`
	Match string `json:"match"` // what it selects, as a file says it
	Why   string `json:"why"`   // what there was to meet
	Sent  []Sent `json:"sent,omitempty"`

	// Repeat is the command of a run that shows what was sent, if Sent does not.
	Repeat string `json:"repeat,omitempty"`
}

// Sent lists what a client, or the server, sent: the contents of its first datagrams, each once.
type Sent struct {
	By        string   `json:"by"`
	Datagrams []string `json:"datagrams"`
}

// String says what the rule is about and what there was.
func (u Unmet) String() string {
	text := fmt.Sprintf("rule %s met no datagram. It is about {%s}; %s.", u.Rule, u.Match, u.Why)
	for _, s := range u.Sent {
		text += fmt.Sprintf(" %s sent: %s.", strings.ToUpper(s.By[:1])+s.By[1:], strings.Join(s.Datagrams, ", "))
	}
	if u.Repeat != "" {
		text += " This run shows what was sent: " + u.Repeat
	}
	return text
}

// clientActor is what the names of the actors that are clients begin with, unless the scenario says
// otherwise; see package network.
const clientActor = "client-"

// sender describes an actor that sends datagrams. number is that of a client, 0 for a server. clients is as
// in [Match.Sent].
func sender(actor string, clients map[string]int) (by string, number int) {
	if clients == nil {
		text, isClient := strings.CutPrefix(actor, clientActor)
		if !isClient {
			return "the server", 0
		}
		number, _ = strconv.Atoi(text)
		return "client " + text, number
	}
	switch number = clients[actor]; {
	case number == 0 && actor == "server":
		return "the server", 0
	case number == 0:
		return "server " + actor, 0
	case actor == clientActor+strconv.Itoa(number):
		return "client " + strconv.Itoa(number), number
	}
	return fmt.Sprintf("client %d (%s)", number, actor), number
}

// Sent returns what those sent who could have sent what the match selects. clients has the numbers of
// the clients by their actors; nil: client N is client-N.
func (m Match) Sent(all []sim.Sent, clients map[string]int) (list []Sent) {
	for _, s := range all {
		by, client := sender(s.Actor, clients)
		switch {
		case m.From == "client" && (client == 0 || m.Client > 0 && client != m.Client),
			m.From == "server" && client > 0,
			m.From != "" && m.From != "client" && m.From != "server" && !m.FromHost(s.Actor):
			continue
		}
		i := slices.IndexFunc(list, func(s Sent) bool { return s.By == by })
		if i < 0 {
			list, i = append(list, Sent{By: by}), len(list)
		}
		for _, label := range s.Labels {
			if !slices.Contains(list[i].Datagrams, label) {
				list[i].Datagrams = append(list[i].Datagrams, label)
			}
		}
	}
	return list
}
