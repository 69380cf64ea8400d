package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
)

// A table of a long trace has its beginning and its end, and says how many records it lacks. The file
// has all of them.
func TestRunShowsTheEndsOfALongTrace(t *testing.T) {
	testkit.NotShort(t)
	path := filepath.Join(t.TempDir(), "trace.jsonl")
	code, out, errs := runHere(append(words("run L --set client=waits --set client-pause=9s --set keep-alive=500us "+
		"--set ends=peer --set credentials=psk --set clients=1 --trace"), path)...)
	if code != verb.ExitOK {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	left := regexp.MustCompile(`\n(\d+) records between are left out`).FindStringSubmatch(out)
	if left == nil {
		t.Fatal("the table does not say what it lacks")
	}
	omitted, _ := strconv.Atoi(left[1])
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	records := bytes.Count(data, []byte("\n")) - bytes.Count(data, []byte(`"kind":"reason"`))
	if records != 2*mostShown+omitted || omitted == 0 || strings.Count(out, "\n") > 2*mostShown+100 {
		t.Errorf("%d records in the file, %d lines in the table, %d left out", records, strings.Count(out, "\n"),
			omitted)
	}
}
