package testkit

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Case returns the path of a file of the cases that are made from public reports, such as
// "finished-overtakes-ccs/case.yaml". They stand beside the repository, in shared/cases. A test
// that needs one is skipped where they are missing, but not where DTLSSIM_TOOLS_REQUIRED is set.
func Case(t testing.TB, name string) string {
	t.Helper()
	_, here, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("the source of this test is not known")
	}
	path := filepath.Join(filepath.Dir(here), "..", "..", "..", "shared", "cases", filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("DTLSSIM_TOOLS_REQUIRED") != "" {
			t.Fatal(err)
		}
		t.Skipf("the cases from public reports are not beside the repository: %v", err)
	}
	return path
}
