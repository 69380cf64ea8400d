package run

import (
	"maps"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios/rule"
	"github.com/dtlssim/dtlssim/sim"
)

// Rules says which rules the runs of an answer met. A rule that does not apply in a run, because of its
// condition or its parameter, is not counted there. The zero value has no runs.
type Rules struct{ of map[string]ruleUse }

// ruleUse is what a rule met in the runs in which it applied.
type ruleUse struct {
	met   bool
	unmet rule.Unmet // in the run with the first command, while it has met nothing in any
}

// Add adds a run. Of several runs in which a rule met nothing, the one whose command is first in
// alphabetical order describes it, so the order in which runs end does not matter.
func (r *Rules) Add(o *Replication) {
	if len(o.Rules) > 0 && r.of == nil {
		r.of = map[string]ruleUse{}
	}
	for _, c := range o.Rules {
		use := r.of[c.Rule]
		switch i := slices.IndexFunc(o.UnmetRules, func(u rule.Unmet) bool { return u.Rule == c.Rule }); {
		case use.met:
		case c.Datagrams > 0:
			use = ruleUse{met: true}
		case i >= 0 && (use.unmet.Rule == "" || o.Repeat < use.unmet.Repeat):
			use.unmet = o.UnmetRules[i]
			use.unmet.Repeat = o.Repeat
		}
		r.of[c.Rule] = use
	}
}

// Unmet returns the rules that met no datagram in any run, sorted by name.
func (r Rules) Unmet() (list []rule.Unmet) {
	for _, use := range r.of {
		if !use.met {
			list = append(list, use.unmet)
		}
	}
	slices.SortFunc(list, func(a, b rule.Unmet) int { return strings.Compare(a.Rule, b.Rule) })
	return list
}

// Met reports whether a rule met a datagram in some run.
func (r Rules) Met(name string) bool { return r.of[name].met }

// IsUnmet reports whether a rule applied in a run and met no datagram in any.
func (r Rules) IsUnmet(name string) bool {
	use, applied := r.of[name]
	return applied && !use.met
}

// RulePrefix begins the name of the column in which a store keeps how many datagrams a rule met. Of a
// rule that met none, the negative value is how many were of its kind; see sim.RuleCount.
const RulePrefix = "rule:"

// RuleOf reads a column of a rule.
func RuleOf(column string, value int64) (c sim.RuleCount, ok bool) {
	c.Rule, ok = strings.CutPrefix(column, RulePrefix)
	c.Datagrams, c.Alike = int(max(0, value)), int(max(0, -value))
	return c, ok
}

// Counts returns the columns that a store keeps of a replication: its measures, and what its rules
// met.
func (o *Replication) Counts() map[string]int64 {
	if len(o.Rules) == 0 {
		return o.Measures
	}
	counts := maps.Clone(o.Measures)
	if counts == nil {
		counts = map[string]int64{}
	}
	for _, c := range o.Rules {
		counts[RulePrefix+c.Rule] = int64(c.Datagrams - c.Alike)
	}
	return counts
}
