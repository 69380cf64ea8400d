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

// clientActor is what the names of the actors that are clients begin with; see package network.
const clientActor = "client-"

// Sent returns what those sent who could have sent what the match selects.
func (m Match) Sent(all []sim.Sent) (list []Sent) {
	for _, s := range all {
		number, isClient := strings.CutPrefix(s.Actor, clientActor)
		by := "the server"
		if isClient {
			by = "client " + number
		}
		if m.From == "client" && (!isClient || m.Client > 0 && number != strconv.Itoa(m.Client)) ||
			m.From == "server" && isClient {
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
