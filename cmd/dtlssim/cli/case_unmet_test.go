package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/scenarios/rule"
)

// unmetIn returns the rules that an answer in JSON says met no datagram.
func unmetIn(t *testing.T, args ...string) []rule.Unmet {
	t.Helper()
	code, out, errs := runHere(append(args, "--format", "json")...)
	var a struct {
		UnmetRules []rule.Unmet `json:"unmet_rules"`
	}
	if err := json.Unmarshal([]byte(out), &a); err != nil || code != verb.ExitOK {
		t.Fatalf("%v: exit code %d, %v\n%s", args, code, err, errs)
	}
	return a.UnmetRules
}

// Without client certificates, the rule of the case has nothing to meet. Every verb says so, says
// what there was, and claims nothing about the rule.
func TestCaseRuleThatMeetsNothing(t *testing.T) {
	path := testkit.Case(t, "certificate-verify-late/case.yaml")
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	study := filepath.Join(t.TempDir(), "late.yaml")
	if err := os.WriteFile(study, []byte(string(source)+`
study:
  title: Late
  figures:
    - {name: strip, kind: windows, title: Late, probe: late=0s..1s, rows: [{label: as it is}]}
`), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		words("run"), words("window"), words("window --brute 1s"), words("explain"),
		words("map --probe late=0s..1s --probe latency=1ms..4ms"),
		words("bands --vary stack=pion-v2,pion-v3"),
		words("sweep --vary late=1ms,2ms --replications 2"),
		words("measure --measure handshake --replications 2"),
		words("estimate --replications 2"),
		words("compare --vary late=1ms,2ms --replications 2"),
		words("sensitivity --vary late=1ms..2ms --vary latency=1ms..2ms --points 2 --replications 2"),
	} {
		args = append([]string{args[0], path}, args[1:]...)
		code, out, errs := runHere(args...)
		flat := strings.Join(strings.Fields(out), " ")
		if code != verb.ExitOK || !strings.Contains(flat, "verify met no datagram") ||
			!strings.Contains(flat, "certificate-verify") || !strings.Contains(flat, "Client 1 sent: ClientHello") {
			t.Errorf("%v: exit code %d\n%s%s", args, code, out, errs)
		}
		for _, claim := range []string{"no window was missed", "exact", "agree with the map", "nothing is between"} {
			if (args[0] == "window" || args[0] == "map" || args[0] == "bands") && strings.Contains(flat, claim) {
				t.Errorf("%v claims: %s", args, out)
			}
		}
		if args[0] == "explain" || args[0] == "map" || args[0] == "sensitivity" {
			continue // the same as those beside them, and slower
		}
		if u := unmetIn(t, args...); len(u) != 1 || u[0].Rule != "verify" || len(u[0].Sent) != 1 {
			t.Errorf("%v: %+v", args, u)
		}
	}
	code, out, errs := runHere("study", study, "-o", filepath.Join(t.TempDir(), "figures"))
	if code != verb.ExitOK || !strings.Contains(out, "Rule verify met no datagram in any run") {
		t.Errorf("study: exit code %d\n%s%s", code, out, errs)
	}
	// With client certificates, the rule meets its datagram.
	if u := unmetIn(t, "window", path, "--set", "client-certificate=ecdsa"); u != nil {
		t.Errorf("with client certificates: %+v", u)
	}
}

// A match that is legal and selects nothing is a typing error that no reader of the file can see. The
// answer says what there was instead.
func TestMatchesThatSelectNothing(t *testing.T) {
	head := `name: typing
summary: A match selects nothing.
clients: {clients: 2, client: waits}
server: {model: concurrent, filter: client-hello, credentials: psk}
parameters:
  - {name: late, type: latency distribution, default: 5ms, meaning: latency of a datagram}
rules:
  - name: it
    match: `
	for match, why := range map[string]string{
		"{client: 7, from: client, message: client-hello}": "there are 2 clients",
		"{client: 1, from: client, message: client-hello, nth: 40}": "of its kind there were at most 2 in an " +
			"association",
		"{client: 1, from: server, message: certificate}": "no datagram is of this kind",
	} {
		path := filepath.Join(t.TempDir(), "typing.yaml")
		text := head + match + "\n    latency: late\nprobe: late=0s..1s\n"
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{
			{"window", path}, {"sweep", path, "--replications", "4"}, {"run", path},
		} {
			if u := unmetIn(t, args...); len(u) != 1 || u[0].Why != why || "{"+u[0].Match+"}" != match {
				t.Errorf("%s, %s: %+v", args[0], match, u)
			}
		}
		for _, args := range [][]string{
			{"estimate", path, "--method", "exact"},
			{"estimate", path, "--method", "conditional", "--seeds", "2"},
			{"compare", path, "--vary", "linger=0s,1ms", "--method", "conditional", "--seeds", "2"},
			{"sensitivity", path, "--vary", "linger=0s..1ms", "--method", "exact", "--points", "2"},
		} {
			args = append(args, "--probe", "late", "--set", "late=exponential(mean=20ms)")
			code, out, errs := runHere(args...)
			if code == verb.ExitOK || !strings.Contains(errs, "there is no probability over late") ||
				!strings.Contains(errs, why) {
				t.Errorf("%v, %s: exit code %d\n%s%s", args, match, code, out, errs)
			}
		}
	}
}

// A study draws no exact curve, and lists no estimate but that of crude Monte Carlo, over the duration
// of a rule that met nothing.
func TestStudyOfARuleThatMeetsNothing(t *testing.T) {
	for match, idle := range map[string]bool{"nth: 9, ": true, "": false} {
		path := filepath.Join(t.TempDir(), "typing.yaml")
		if err := os.WriteFile(path, []byte(`name: typing
summary: A match selects nothing.
clients: {clients: 1, client: waits}
server: {model: concurrent, credentials: psk}
parameters:
  - {name: late, type: latency distribution, default: 5ms, meaning: latency of a datagram}
rules:
  - {name: it, match: {`+match+`client: 1, from: client, record: application-data}, latency: late}
fail: [answer > 100ms]
probe: late=0s..1s
study:
  title: Typing
  figures:
    - name: curve
      kind: curves
      title: Curve
      probe: late
      replications: 2
      x: {label: mean, from: 1, to: 2, steps: 1}
      rows: [{label: row, set: {late: "exponential(mean={x}ms)"}}]
    - name: estimates
      kind: estimates
      title: Estimates
      probe: late
      replications: 2
      seeds: 2
      rows:
        - {label: exact, set: {late: exponential(mean=9ms)}}
        - {label: conditional, set: {late: exponential(mean=9ms), latency: "uniform(1ms,2ms)"}}
`), 0o644); err != nil {
			t.Fatal(err)
		}
		code, out, errs := runHere("study", path, "-o", t.TempDir(), "--format", "json")
		var a struct {
			Figures []struct {
				Sentence string
				Exact    [][]float64
				Data     []struct{ Method string }
			}
		}
		if err := json.Unmarshal([]byte(out), &a); code != verb.ExitOK || err != nil || len(a.Figures) != 2 {
			t.Fatalf("exit code %d, %v\n%s", code, err, errs)
		}
		if curve := a.Figures[0]; idle != (curve.Exact == nil) || idle != strings.Contains(curve.Sentence, "no exact") {
			t.Errorf("idle %t: %+v", idle, curve)
		}
		others := 0
		for _, e := range a.Figures[1].Data {
			if e.Method != "monte-carlo" {
				others++
			}
		}
		if idle != (others == 0) || idle != strings.Contains(a.Figures[1].Sentence, "no probability over late") {
			t.Errorf("idle %t: %+v", idle, a.Figures[1])
		}
	}
}

// A rule that meets nothing in some runs of an answer is no news: its study may be about that.
func TestRuleThatMeetsSomethingSomewhere(t *testing.T) {
	for _, args := range [][]string{
		words("sweep retransmit-collision --set credentials=psk --vary latency=10ms,600ms --replications 2"),
		words("window L --set credentials=psk"),
		words("bands L --set credentials=psk --vary remedy=none,linger"),
	} {
		if u := unmetIn(t, args...); u != nil {
			t.Errorf("%v: %+v", args, u)
		}
	}
}

// A store keeps what the rules met, so an answer that is resumed says the same as a whole one.
func TestUnmetRulesOfAStore(t *testing.T) {
	path := testkit.Case(t, "certificate-verify-late/case.yaml")
	store := filepath.Join(t.TempDir(), "s.sqlite")
	sweep := []string{
		"sweep", path, "--set", "latency=uniform(1ms,2ms)", "--vary", "late=1ms,2ms", "--format", "json",
		"--replications",
	}
	if code, _, errs := runHere(append(sweep, "2", "--store", store)...); code != verb.ExitOK {
		t.Fatal(errs)
	}
	_, resumed, _ := runHere(append(sweep, "4", "--store", store)...)
	_, whole, _ := runHere(append(sweep, "4")...)
	_, again, _ := runHere(append(sweep, "4", "--store", store)...)
	if resumed != whole || again != whole || !strings.Contains(whole, "unmet_rules") {
		t.Errorf("resumed:\n%s\nagain:\n%s\nwhole:\n%s", resumed, again, whole)
	}
	code, out, _ := runHere("export", store, "--format", "csv")
	if code != verb.ExitOK || !strings.Contains(out, "rule:verify") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}
