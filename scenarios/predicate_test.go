package scenarios_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/measure"
)

// measuring is a scenario with a measure of each unit.
var measuring = &scenarios.Scenario{
	Name:     "measuring",
	Outcomes: []scenarios.Outcome{{Name: "data-lost"}, {Name: "close-stalled"}},
	Fail:     []string{"data-lost", "handshake>2s"},
	Measures: []measure.Measured{
		{Name: "handshake", Unit: measure.Nanoseconds}, {Name: "read-stalled", Unit: measure.Nanoseconds},
		{Name: "retransmissions"}, {Name: "client-bytes", Unit: measure.Bytes},
	},
}

// A predicate reads back as it is written, whatever spaces and units it was given with.
func TestPredicateText(t *testing.T) {
	for text, want := range map[string]string{
		"handshake>500ms":                             "handshake>500ms",
		" handshake  >=  0.5s , data-lost ":           "handshake>=500ms,data-lost",
		"handshake<1m":                                "handshake<1m0s",
		"handshake>0":                                 "handshake>0s",
		"retransmissions<=3":                          "retransmissions<=3",
		"client-bytes > 1500 B, client-bytes>1500":    "client-bytes>1500B",
		"all,handshake>1s":                            "all,handshake>1s",
		"read-stalled>1ns,read-stalled>2ns,data-lost": "read-stalled>1ns,read-stalled>2ns,data-lost",
	} {
		p, err := measuring.ParsePredicate(text)
		if err != nil || p.Text() != want {
			t.Errorf("%q is %q, %v; want %q", text, p.Text(), err, want)
		}
		if again, err := measuring.ParsePredicate(p.Text()); err != nil || again.Text() != want {
			t.Errorf("%q reads back as %q, %v", want, again.Text(), err)
		}
	}
}

// Every fault is reported, with what would be right.
func TestPredicateFaults(t *testing.T) {
	for text, want := range map[string]string{
		"handshak>1s":          `"handshak>1s": measuring has no measure "handshak". Did you mean handshake? It has`,
		"handshake_ns>1s":      "Did you mean handshake?",
		"read_stalled_ns>1s":   "Did you mean read-stalled?",
		"handshake>":           "the limit is missing",
		">500ms":               "the measure is missing",
		"handshake>500":        `handshake is a duration: "500" is not a duration (a number with a unit`,
		"handshake>-1s":        "is negative",
		"retransmissions>3ms":  `retransmissions is a count: "3ms" is not a whole number`,
		"retransmissions>-3":   "is not a whole number from 0 on",
		"client-bytes>3ms":     "client-bytes is a number of bytes",
		"retransmissions==3":   "== is not one of >, >=, < and <=",
		"retransmissions=>3":   "=> is not one of",
		"data-lost>3":          "data-lost is an outcome, which has no value to compare",
		"handshake":            `"handshake" is a measure, not an outcome: give it a limit, as in handshake>500ms`,
		"retransmissions":      "as in retransmissions>2",
		"handshake>1s>2s":      `"1s>2s" is not a duration`,
		"data-los,handshak>1s": "Did you mean data-lost?",
		"handshake>1s,":        `"" is not an outcome`,
	} {
		if _, err := measuring.ParsePredicate(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", text, err, want)
		}
	}
}

// What never ended was not ready in time, however early it was given up; what was not measured is
// beyond no limit.
func TestExceeded(t *testing.T) {
	cut := map[string]int64{"handshake": 60e6, measure.Censored("handshake"): 300e6}
	for _, c := range []struct {
		text     string
		measures map[string]int64
		want     []string
	}{
		{"handshake>500ms", map[string]int64{"handshake": 500e6}, nil},
		{"handshake>=500ms", map[string]int64{"handshake": 500e6}, []string{"handshake 500ms >= 500ms"}},
		{"handshake>500ms", map[string]int64{"handshake": 500e6 + 1}, []string{"handshake 500.000001ms > 500ms"}},
		{"handshake<500ms", map[string]int64{"handshake": 499e6}, []string{"handshake 499ms < 500ms"}},
		{"handshake<=500ms", map[string]int64{"handshake": 500e6}, []string{"handshake 500ms <= 500ms"}},
		{"handshake>500ms", cut, []string{"handshake not over after 300ms, so it is > 500ms"}},
		{"handshake<500ms", cut, nil},
		{"read-stalled>0s", cut, nil},
		{"read-stalled<1h", cut, nil},
		{"client-bytes>10,retransmissions>1", map[string]int64{"client-bytes": 11, "retransmissions": 2},
			[]string{"client-bytes 11 B > 10B", "retransmissions 2 > 1"}},
		{"", map[string]int64{"handshake": 3e9}, []string{"handshake 3s > 2s"}},
		{"data-lost", map[string]int64{"handshake": 3e9}, nil},
	} {
		p, err := measuring.ParsePredicate(c.text)
		if err != nil {
			t.Fatal(err)
		}
		var got, outcome []string
		for _, e := range p.Exceeded(c.measures) {
			got, outcome = append(got, e.String()), append(outcome, e.Limit)
		}
		if !slices.Equal(got, c.want) || p.Failed(outcome) != (c.want != nil) {
			t.Errorf("%q of %v: %v, want %v", c.text, c.measures, got, c.want)
		}
	}
	if all, _ := measuring.ParsePredicate("all,handshake>1s"); !all.Failed([]string{"close-stalled"}) ||
		!all.Failed([]string{"handshake>1s"}) || all.Failed(nil) {
		t.Error("all does not count every outcome")
	}
}
