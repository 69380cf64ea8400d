package search_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/format"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/search"
)

// randomRules returns a scenario's file with a few random rules. Each has a duration or a latency
// distribution of its own, p1, p2 and so on, unless it drops its datagram.
func randomRules(r *rand.Rand) string {
	of := func(values ...string) string { return values[r.IntN(len(values))] }
	match := func() string {
		m := fmt.Sprintf("client: %d", 1+r.IntN(2))
		switch from := of("client", "server"); {
		case r.IntN(3) == 0:
			m += ", from: " + from + ", record: " + of("application-data", "alert", "change-cipher-spec", "handshake")
		case from == "client":
			m += ", from: client, message: " + of("client-hello", "client-key-exchange", "finished")
		default:
			m += ", from: server, message: " + of("hello-verify-request", "server-hello", "server-hello-done", "finished")
		}
		if r.IntN(2) == 0 {
			m += fmt.Sprintf(", nth: %d", 1+r.IntN(2))
		}
		return "{" + m + "}"
	}
	var parameters, rules strings.Builder
	for i := range 1 + r.IntN(4) {
		p := fmt.Sprintf("p%d", i+1)
		action := of("drop", "latency", "latency", "delay", "duplicate", "hold", "replay", "forge")
		if action != "drop" {
			fmt.Fprintf(&parameters, "  - {name: %s, type: latency distribution, default: %s, meaning: of rule %d}\n", p,
				of("1ms", "10ms", "30ms", "95ms", "1100ms"), i+1)
		}
		fmt.Fprintf(&rules, "  - name: r%d\n    match: %s\n    ", i+1, match())
		switch action {
		case "drop":
			fmt.Fprintln(&rules, "drop: true")
		case "latency", "delay", "duplicate":
			fmt.Fprintf(&rules, "%s: %s\n", action, p)
		case "hold":
			fmt.Fprintf(&rules, "hold: {until: %s, delay: %s}\n", match(), p)
		case "replay":
			fmt.Fprintf(&rules, "replay: {after: %s, delay: %s}\n", match(), p)
		case "forge":
			fmt.Fprintf(&rules, "forge: {record: alert, alert: %s, delay: %s}\n",
				of("close_notify", "unexpected_message"), p)
		}
	}
	text := "name: rules\nsummary: Random rules.\nclients: {clients: 2, client: " +
		of("waits", "closes-first", "acknowledged") + ", gap: " + of("0s", "30ms", "200ms") + "}\nserver: {model: " +
		of("sequential", "listener", "concurrent") + ", credentials: psk}\n"
	if parameters.Len() > 0 {
		text += "parameters:\n" + parameters.String()
	}
	return text + "rules:\n" + rules.String() + "probe: latency=1ms..200ms\n"
}

// Searches of scenarios with random rules, parameters and probes are what runs at random values, and
// next to the bounds of cells, say.
func TestRandomRulesAgainstRuns(t *testing.T) {
	seed := testkit.Seed(t)
	p := fixture.Pool(t, 2)
	asked, fails := 0, 0
	for i := range testkit.Cases(t, 3, 6, 60) {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		source := randomRules(r)
		s, err := format.Parse("rules.yaml", []byte(source))
		if err != nil { // a rule that can meet nothing, such as one of a message that the other side sends
			t.Fatalf("%v\n%s", err, source)
		}
		some := questions{scenarios: []*scenarios.Scenario{s}, draws: maps.Clone(draws)}
		for _, rare := range []string{"loss", "perturb", "bandwidth", "credentials", "client-certificate"} {
			delete(some.draws, rare)
		}
		for _, q := range s.Parameters {
			if q.Group == scenarios.OwnGroup && q.Probeable() {
				some.probes = append(some.probes, q.Name, q.Name)
			}
		}
		some.probes = append(some.probes, "latency", "gap", "service", "linger", "client-pause")
		question := some.random(r, seed%1_000_000+uint64(i))
		w, err := search.FindWindows(context.Background(), p, question)
		if err != nil {
			t.Fatalf("%v\n%s\n%s", err, command(question), source)
		}
		asked++
		if len(w.FailureWindows) > 0 {
			fails++
		}
		if w.Method.PredictionFailures > 0 || w.Method.UnknownTimer != nil {
			t.Errorf("%+v\n%s\n%s", w.Method, command(question), source)
		}
		holdAgainst(t, p, question, w, valuesIn(r, w, 10, 30))
		if t.Failed() {
			t.Fatalf("%s", source)
		}
	}
	if fails == 0 {
		t.Errorf("none of %d searches has a failure window", asked)
	}
}
