package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/scenarios/search/plane"
)

// map says in which regions the plane falls, and draws them in the format of the file's name.
func TestMapVerb(t *testing.T) {
	testkit.NotShort(t)
	t.Chdir(t.TempDir())
	command := "map L --set credentials=psk --probe alert-latency=5ms..40ms --probe linger=20ms..25ms"
	code, out, errs := runHere(words(command + " -o map.svg")...)
	if code != verb.ExitOK {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	for _, want := range []string{"alert-latency = linger + 11.000001ms", "linger in [20ms, 25ms)", "Sessions fail in ",
		"300 runs at random points agree"} {
		if !strings.Contains(out, want) {
			t.Errorf("nothing says %q:\n%s", want, out)
		}
	}
	if svg, err := os.ReadFile("map.svg"); err != nil || !bytes.HasPrefix(svg, []byte("<?xml")) ||
		!bytes.Contains(svg, []byte("late-close-notify")) {
		t.Errorf("map.svg: %v", err)
	}
	code, out, errs = runHere(words(command + " --format json")...)
	var r plane.Regions
	if err := json.Unmarshal([]byte(out), &r); code != verb.ExitOK || err != nil {
		t.Fatalf("exit code %d: %s %v", code, errs, err)
	}
	if g, ok := r.At(36_000_001, 25_000_000-1); !ok || !g.Failed {
		t.Errorf("a map read from JSON has %+v where a session fails", g)
	}
	if g, ok := r.At(36_000_000-1, 25_000_000-1); !ok || g.Failed {
		t.Errorf("a map read from JSON has %+v where none fails", g)
	}
}

// bands says in which windows of the probe a session fails at each level.
func TestBandsVerb(t *testing.T) {
	t.Chdir(t.TempDir())
	code, out, errs := runHere(
		words("bands L --set credentials=psk --probe alert-latency=10ms..80ms --vary linger=20ms,30ms -o bands.png")...)
	if code != verb.ExitOK {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	for _, want := range []string{"20ms    from 31.000001ms on", "30ms    from 41.000001ms on",
		"Between all neighbouring levels the edges are straight lines"} {
		if !strings.Contains(out, want) {
			t.Errorf("nothing says %q:\n%s", want, out)
		}
	}
	if png, err := os.ReadFile("bands.png"); err != nil || !bytes.HasPrefix(png, []byte("\x89PNG")) {
		t.Errorf("bands.png: %v", err)
	}
}
