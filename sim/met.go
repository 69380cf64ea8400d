package sim

import (
	"maps"
	"slices"
	"strings"
)

// RuleCount says how many datagrams a rule met.
type RuleCount struct {
	Rule      string `json:"rule"`
	Datagrams int    `json:"datagrams"`

	// Alike, of a rule that met none, is how many datagrams of one association, at most, match but for
	// their position, Match.Nth.
	Alike int `json:"alike,omitempty"`
}

// Sent lists what an actor sent: the contents of its first datagrams, each once, in order.
type Sent struct {
	Actor  string   `json:"actor"`
	Labels []string `json:"labels"`
}

// mostRemembered is how many datagrams of each actor are remembered, and mostActors of how many
// actors, for what a rule could have met.
const (
	mostRemembered = 40
	mostActors     = 8
)

// remember keeps the first datagrams of each actor. The caller holds mu.
func (l *link) remember(p *Packet) {
	if len(l.rules) == 0 || p.forged || len(l.first[p.Sender]) == mostRemembered {
		return
	}
	if l.first == nil {
		l.first = map[string][]*Packet{}
	}
	l.first[p.Sender] = append(l.first[p.Sender], p)
}

// met returns what each rule met, except one whose datagram is taken out of the run.
func (l *link) met() (list []RuleCount) {
	for _, r := range l.rules {
		if r.Without {
			continue
		}
		c := RuleCount{Rule: r.Name, Datagrams: r.met}
		if r.met == 0 {
			for flow, f := range r.flows {
				if flow.ordinal <= 1 {
					c.Alike = max(c.Alike, f.seen)
				}
			}
		}
		list = append(list, c)
	}
	return list
}

// sent returns what the actors sent, if a rule met nothing of it. The order of two actors who send
// at one instant is random, so each is listed by itself.
func (l *link) sent(rules []RuleCount) (list []Sent) {
	if !slices.ContainsFunc(rules, func(c RuleCount) bool { return c.Datagrams == 0 }) {
		return nil
	}
	for _, actor := range slices.Sorted(maps.Keys(l.first)) {
		if len(list) == mostActors {
			break
		}
		s := Sent{Actor: actor}
		for _, p := range l.first[actor] {
			if name, _, _ := strings.Cut(p.Datagram.Label(), " epoch="); !slices.Contains(s.Labels, name) {
				s.Labels = append(s.Labels, name)
			}
		}
		list = append(list, s)
	}
	return list
}
