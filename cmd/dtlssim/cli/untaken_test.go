package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
)

// A limit of a measure that no run takes decides nothing: a client that closes first waits for no
// answer. Every verb says so; a measure that some run takes, or that never ended, is no news.
func TestLimitOfAMeasureThatNoRunTakes(t *testing.T) {
	const remark = "No run took the measure answer, so the limit answer>1s decided nothing."
	for _, args := range [][]string{
		words("run L"), words("window L"), words("sweep L --vary linger=0s,1ms --replications 2"),
		words("measure L --measure handshake --replications 2"),
		words("estimate L --replications 2"), words("bands L --vary linger=0s,1ms"),
		words("compare L --vary linger=0s,1ms --replications 2"),
		words("map L --probe alert-latency=0s..4ms --probe linger=0s..1ms"),
	} {
		args = append(args, "--set", "credentials=psk", "--fail", "answer>1s,handshake>1s")
		code, out, errs := runHere(args...)
		if code != verb.ExitOK || !strings.Contains(out, remark) || strings.Contains(out, "measure handshake,") {
			t.Errorf("%v: exit code %d\n%s%s", args, code, out, errs)
		}
		code, out, errs = runHere(append(args, "--format", "json")...)
		var a struct {
			Limits []string `json:"untaken_limits"`
		}
		if err := json.Unmarshal([]byte(out), &a); code != verb.ExitOK || err != nil ||
			!slices.Equal(a.Limits, []string{"answer>1s"}) {
			t.Errorf("%v: exit code %d, %v, %v\n%s", args, code, err, a.Limits, errs)
		}
	}
	for _, args := range [][]string{
		words("sweep L --vary client=closes-first,waits --replications 2 --fail answer>1s"), // some runs take it
		words("run L --set uplink-loss=1 --set clients=1 --fail handshake>1s"),              // it never ended
	} {
		if code, out, errs := runHere(args...); code != verb.ExitOK || strings.Contains(out, "No run took") {
			t.Errorf("%v: exit code %d\n%s%s", args, code, out, errs)
		}
	}
}

// A figure of a study says it of its own runs, also if a store has them.
func TestUntakenLimitsOfAStudy(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "study.yaml")
	if err := os.WriteFile(path, []byte(`name: untaken
title: Untaken
scenario: late-close-notify
figures:
  - name: table
    kind: table
    title: Table
    replications: 2
    fail: answer > 1s
    rows: [{label: closes first}]
  - name: waits
    kind: table
    title: Table
    replications: 2
    fail: answer > 1s
    rows: [{label: waits, set: {client: waits}}]
`), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		code, out, errs := runHere("study", path, "-o", folder, "--store", filepath.Join(folder, "s.sqlite"),
			"--format", "json")
		var a struct {
			Figures []struct {
				Limits   []string `json:"untaken_limits"`
				Sentence string
			}
		}
		if err := json.Unmarshal([]byte(out), &a); code != verb.ExitOK || err != nil || len(a.Figures) != 2 ||
			!slices.Equal(a.Figures[0].Limits, []string{"answer>1s"}) || a.Figures[1].Limits != nil ||
			!strings.Contains(a.Figures[0].Sentence, "No run took the measure answer") {
			t.Errorf("exit code %d, %v, %+v\n%s", code, err, a.Figures, errs)
		}
	}
}
