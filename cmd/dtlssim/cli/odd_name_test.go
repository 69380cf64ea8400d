package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
)

// A store keeps the name of a study's file as text. A name that is none is refused, before anything is written:
// the study could not be reported from its store.
func TestStudyFileWhoseNameIsNoText(t *testing.T) {
	_, text, _ := runHere("list", "--yaml", "late-close-notify")
	dir := t.TempDir()
	file, kept := filepath.Join(dir, "d\xff.yaml"), filepath.Join(dir, "kept.sqlite")
	if err := os.WriteFile(file, []byte(strings.Replace(text, "late-close-notify", "odd", 1)), 0o644); err != nil {
		t.Skip(err) // not every file system has such names
	}
	code, _, errs := runHere("study", file, "--budget", "0.001", "--store", kept, "-o", filepath.Join(dir, "out"))
	if code != verb.ExitUsage || !strings.Contains(errs, `d\xff.yaml: the name of the file is not valid UTF-8`) {
		t.Errorf("exit code %d, %s", code, errs)
	}
	if _, err := os.Stat(kept); err == nil {
		t.Error("it has begun a store")
	}
}
