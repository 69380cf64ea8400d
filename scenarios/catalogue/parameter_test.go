package catalogue_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// Every default of the founding scenario is as the founding issue has it.
func TestDefaults(t *testing.T) {
	v, err := fixture.Scenario(t).Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"latency": "10ms", "uplink": "10ms", "downlink": "10ms", "alert-latency": "10ms", "loss": "0",
		"uplink-loss": "0", "downlink-loss": "0", "bandwidth": "unlimited", "queue": "100", "mtu": "0",
		"correlation": "0", "reorder": "0", "reorder-delay": "10ms", "endpoint-mtu": "1200",
		"duplicate": "0", "duplicate-delay": "1ms", "down": "never",
		"client": "closes-first", "client-pause": "0s", "service": "1ms", "linger": "0s", "pause-after-release": "0s",
		"first-record": "stack", "server-port": "same", "client-port": "new", "clients": "2", "gap": "100ms",
		"handshake-timeout": "30s", "client-timeout": "10s", "read-timeout": "10s", "flight-interval": "1s",
		"credentials": "ecdsa", "perturb": "0", "remedy": "none",
	}
	for name, want := range want {
		if got := v.Text()[name]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// A remedy sets what it stands for, with a linger of 50 ms unless given.
func TestRemedies(t *testing.T) {
	s := fixture.Scenario(t)
	for _, c := range []struct {
		set  scenarios.Settings
		want map[string]string
	}{
		{scenarios.Settings{"remedy": "none"}, nil},
		{scenarios.Settings{"remedy": "linger"}, map[string]string{"linger": "50ms"}},
		{scenarios.Settings{"remedy": "linger", "linger": "7ms"}, map[string]string{"linger": "7ms"}},
		{scenarios.Settings{"remedy": "recognise"}, map[string]string{"first-record": "discard"}},
		{scenarios.Settings{"remedy": "client-waits"}, map[string]string{"client": "waits"}},
		{scenarios.Settings{"remedy": "server-port"}, map[string]string{"server-port": "rotate"}},
		{scenarios.Settings{"remedy": "linger+recognise"},
			map[string]string{"linger": "50ms", "first-record": "discard"}},
		{scenarios.Settings{"remedy": "linger+recognise", "linger": "1s"},
			map[string]string{"linger": "1s", "first-record": "discard"}},
	} {
		base, err := s.Resolve(nil)
		if err != nil {
			t.Fatal(err)
		}
		want := maps.Clone(base.Text())
		maps.Copy(want, c.want)
		want["remedy"] = c.set["remedy"]
		v, err := s.Resolve(c.set)
		if err != nil || !maps.Equal(v.Text(), want) {
			t.Errorf("%v: %v %v, want %v", c.set, v.Text(), err, want)
		}
	}
	if _, err := s.Resolve(scenarios.Settings{"remedy": "recognise", "first-record": "stack"}); err == nil ||
		!strings.Contains(
			err.Error(), "remedy=recognise sets first-record=discard, and first-record=stack is given as well",
		) {
		t.Errorf("a contradiction gives error %v", err)
	}
}

// The latency of one direction follows that of both unless it is given.
func TestFollowedParameters(t *testing.T) {
	v, err := fixture.Scenario(t).
		Resolve(scenarios.Settings{"latency": "uniform(1ms,2ms)", "downlink": "3ms", "loss": "0.1", "uplink-loss": "0"})
	if err != nil {
		t.Fatal(err)
	}
	text := v.Text()
	for name, want := range map[string]string{
		"uplink": "uniform(from=1ms,to=2ms)", "alert-latency": "uniform(from=1ms,to=2ms)", "downlink": "3ms",
		"uplink-loss": "0", "downlink-loss": "0.1",
	} {
		if text[name] != want {
			t.Errorf("%s is %s, want %s", name, text[name], want)
		}
	}
}

// Every fault is reported, each with what would be accepted.
func TestBadParameters(t *testing.T) {
	s := fixture.Scenario(t)
	_, err := s.Resolve(scenarios.Settings{
		"lingr": "1ms", "linger": "1", "clients": "0", "client": "wait", "loss": "2", "latency": "normale(1ms,1ms)",
		"gap":             "-1s",
		"flight-interval": "0s",
	})
	if err == nil {
		t.Fatal("no error")
	}
	lines := strings.Split(err.Error(), "\n")
	want := []string{
		`parameter client: "wait" is not one of closes-first, waits, acknowledged, vanishes. Did you mean waits?`,
		`parameter clients: 0 is out of range: 1 to 1000`,
		`parameter flight-interval: 0s is out of range: at least 1µs`,
		`parameter gap: -1s is negative`,
		`parameter latency: latency distribution "normale(1ms,1ms)": "normale" is not a distribution. Did you mean ` +
			`normal(mean,sigma)?`,
		`parameter linger: "1" is not a duration (a number with a unit: ns, us, ms, s, m, h)`,
		`late-close-notify has no parameter "lingr". Did you mean linger?`,
		`parameter loss: 2 is out of range: 0 to 1`,
	}
	if len(lines) != len(want) {
		t.Fatalf("%d faults, want %d:\n%s", len(lines), len(want), err)
	}
	for i := range want {
		if !strings.HasPrefix(lines[i], want[i]) {
			t.Errorf("got  %s\nwant %s…", lines[i], want[i])
		}
	}
}

func TestParseSettings(t *testing.T) {
	s, err := scenarios.ParseSettings([]string{"a=1", "b = x=y "})
	if err != nil || s["a"] != "1" || s["b"] != "x=y" {
		t.Errorf("%v %v", s, err)
	}
	for _, bad := range [][]string{{"a"}, {"=1"}, {"a=1", "a=2"}} {
		if s, err := scenarios.ParseSettings(bad); err == nil {
			t.Errorf("%v was read as %v", bad, s)
		}
	}
}

// The command that repeats a run can be pasted into a shell.
func TestRepeatIsQuoted(t *testing.T) {
	s := fixture.Scenario(t)
	v, err := s.Resolve(scenarios.Settings{"latency": "uniform(1ms,2ms)", "linger": "5ms"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.ParsePredicate("data-lost, ghost-session")
	if err != nil {
		t.Fatal(err)
	}
	want := "dtlssim run late-close-notify --seed 18446744073709551615 --set 'latency=uniform(1ms,2ms)' --set " +
		"linger=5ms --fail data-lost,ghost-session"
	if got := v.Repeat(1<<64-1, p).String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// The predicate selects which outcomes count as failure; by default all.
func TestPredicate(t *testing.T) {
	s := fixture.Scenario(t)
	all, err := s.ParsePredicate("")
	if err != nil {
		t.Fatal(err)
	}
	some, err := s.ParsePredicate("next-handshake-failed")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		outcome   []string
		all, some bool
	}{
		{nil, false, false},
		{[]string{"ghost-session"}, true, false},
		{[]string{"ghost-session", "next-handshake-failed"}, true, true},
	} {
		if all.Failed(c.outcome) != c.all || some.Failed(c.outcome) != c.some {
			t.Errorf("%v: all %v, some %v", c.outcome, all.Failed(c.outcome), some.Failed(c.outcome))
		}
	}
	if _, err := s.ParsePredicate("ghost"); err == nil ||
		!strings.Contains(err.Error(), "They are unexpected-message, ghost-session") {
		t.Errorf("an unknown outcome gives error %v", err)
	}
}

func TestFind(t *testing.T) {
	if !slices.ContainsFunc(
		catalogue.All(), func(s *scenarios.Scenario) bool { return s.Name == "late-close-notify" },
	) {
		t.Error("the founding scenario is not listed")
	}
	if _, err := catalogue.Find("late-close-notfy"); err == nil ||
		!strings.Contains(err.Error(), "Did you mean late-close-notify?") {
		t.Errorf("error %v", err)
	}
}

// Intervals and loss models have a canonical text, and bad ones a message.
func TestNetworkParameters(t *testing.T) {
	s := fixture.Scenario(t)
	v, err := s.Resolve(scenarios.Settings{"down": "1000ms..2s", "loss": "gilbert-elliott(0.1,0.20)"})
	if err != nil {
		t.Fatal(err)
	}
	if text := v.Text(); text["down"] != "1s..2s" ||
		text["loss"] != "gilbert-elliott(to-bad=0.1,to-good=0.2,bad=1,good=0)" {
		t.Errorf("%v", text)
	}
	for text, want := range map[string]string{
		"": "want FROM..TO, or never", "1s": "want FROM..TO, or never", "2s..1s": "FROM must be below TO",
		"1s..1s": "FROM must be below TO",
		"a..1s":  `"a" is not a duration`, "1s..b": `"b" is not a duration`, "-1s..1s": "-1s is negative",
	} {
		if _, err := s.Resolve(scenarios.Settings{"down": text}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("down=%s: error %v, want one that says %q", text, err, want)
		}
	}
}

// The n-th client's gap has the n-th draw of a stream of its own, whatever the distribution is, on
// top of what is the same for all.
func TestGapVariation(t *testing.T) {
	s := fixture.Scenario(t)
	starts := func(set scenarios.Settings) (list []time.Duration) {
		v, err := s.Resolve(set.With(
			scenarios.Settings{
				"clients":      "4",
				"arrivals":     "at-intervals",
				"client-hosts": "4",
				"credentials":  "psk",
			},
		))
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		s.Run(v, sim.Config{Scenario: s.Name, Seed: 1, Trace: func(r *trace.Record) {
			if r.Host != "server" && !seen[r.Host] {
				seen[r.Host] = true
				list = append(list, r.At)
			}
		}})
		return list
	}
	const s1 = time.Second
	if got, want := starts(scenarios.Settings{"gap": "1s", "gap-variation": "2s"}),
		[]time.Duration{0, 3 * s1, 6 * s1, 9 * s1}; !slices.Equal(
		got,
		want,
	) {
		t.Errorf("starts at %v, want %v", got, want)
	}
	narrow := starts(scenarios.Settings{"gap": "1s", "gap-variation": "uniform(0s,1s)"})
	wide := starts(scenarios.Settings{"gap": "1s", "gap-variation": "uniform(0s,2s)"})
	for i := 1; i < len(narrow); i++ {
		a, b := narrow[i]-narrow[i-1]-s1, wide[i]-wide[i-1]-s1
		if a <= 0 || a >= s1 || b-2*a < 0 || b-2*a > 1 { // each is rounded down
			t.Errorf("gap %d varies by %v and by %v", i, a, b)
		}
	}
}

// A correlation is below 1: at 1 a flow would have one latency for ever.
func TestCorrelationParameter(t *testing.T) {
	s := fixture.Scenario(t)
	if v, err := s.Resolve(scenarios.Settings{"correlation": "0.90"}); err != nil || v.Text()["correlation"] != "0.9" ||
		v.Correlation("correlation") != 0.9 {
		t.Errorf("%v %v", v.Text()["correlation"], err)
	}
	for text, want := range map[string]string{
		"1": "1 is out of range: 0 to below 1", "-0.1": "out of range", "NaN": "is not a number from 0 to below 1",
		"high": "is not a number",
	} {
		if _, err := s.Resolve(scenarios.Settings{"correlation": text}); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("correlation=%s: error %v, want one that says %q", text, err, want)
		}
	}
}
