package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
)

// A study can be reported from its store even if its file, which is that of its scenario too, has a name that is no
// text.
func TestStudyFileWhoseNameIsNoText(t *testing.T) {
	testkit.NotShort(t)
	t.Chdir(t.TempDir())
	const file = "d\xff.yaml"
	text := shells[:strings.Index(shells, "hosts:")] + `
network: {latency: 5ms}
rules: [{name: late, match: {from: client, record: alert, nth: 1}, latency: alert}]
parameters: [{name: alert, type: latency distribution, follows: uplink, meaning: of the alert}]
fail: [unexpected-message]
probe: alert=0s..100ms
study:
  title: Odd
  figures: [{name: windows, kind: windows, probe: alert=0s..100ms, rows: [{label: none}]}]
`
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Skip(err) // not every file system has such names
	}
	for _, args := range [][]string{
		{"study", file, "--budget", "0.1", "--store", "kept.sqlite", "-o", "out"},
		{"study", file, "--budget", "0.1", "--store", "kept.sqlite", "-o", "again"},
		{"report", "kept.sqlite", "-o", "report"},
	} {
		if code, out, errs := runHere(args...); code != verb.ExitOK {
			t.Fatalf("%q: exit code %d\n%s%s", args, code, out, errs)
		}
	}
	if pages, _ := filepath.Glob("report/*.html"); len(pages) == 0 {
		t.Error("there is no page")
	}
}
