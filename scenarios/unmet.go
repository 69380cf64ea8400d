package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dtlssim/dtlssim/sim"
)

// UnmetRule is a rule that was to apply in a run, or in the runs of an answer, and met no datagram.
// So what the runs show is not about the rule.
type UnmetRule struct {
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
func (u UnmetRule) String() string {
	text := fmt.Sprintf("rule %s met no datagram. It is about {%s}; %s.", u.Rule, u.Match, u.Why)
	for _, s := range u.Sent {
		text += fmt.Sprintf(" %s sent: %s.", strings.ToUpper(s.By[:1])+s.By[1:], strings.Join(s.Datagrams, ", "))
	}
	if u.Repeat != "" {
		text += " This run shows what was sent: " + u.Repeat
	}
	return text
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

// Unmet describes the rules of a scenario that met nothing in a run with these values.
func (v Values) Unmet(rules []sim.RuleCount, sent []sim.Sent) (list []UnmetRule) {
	for _, c := range rules {
		i := slices.IndexFunc(v.Scenario().Rules, func(r Rule) bool { return r.Name == c.Rule })
		switch {
		case c.Datagrams > 0:
		case i < 0: // of a scenario in Go
			list = append(list, UnmetRule{Rule: c.Rule, Why: "none was selected", Sent: sentBy(Match{}, sent)})
		default:
			m := v.Scenario().Rules[i].Match
			list = append(list, UnmetRule{
				Rule: c.Rule, Match: m.String(), Why: v.whyUnmet(m, c.Alike), Sent: sentBy(m, sent),
			})
		}
	}
	return list
}

// whyUnmet says why a match selected nothing. alike is how many datagrams of one association match but for
// their position.
func (v Values) whyUnmet(m Match, alike int) string {
	switch clients := v.value("clients"); {
	case alike > 0:
		return fmt.Sprintf("of its kind there were at most %d in an association", alike)
	case clients != nil && int64(m.Client) > clients.(int64):
		return fmt.Sprintf("there are %d clients", clients)
	}
	return "no datagram is of this kind"
}

// clientActor is what the names of the actors that are clients begin with; see package network.
const clientActor = "client-"

// sentBy returns what those sent who could have sent what a match selects.
func sentBy(m Match, all []sim.Sent) (list []Sent) {
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
