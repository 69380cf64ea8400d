package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

type goPackage struct {
	ImportPath string
	Imports    []string
}

const module = "github.com/dtlssim/dtlssim/"

func packages(t *testing.T) []goPackage {
	t.Helper()
	c := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	c.Dir = "../.."
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var list []goPackage
	for dec := json.NewDecoder(out); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	if err := c.Wait(); err != nil {
		t.Fatal(err)
	}
	return list
}

// layer returns the folder at the top that a package of this module stands in.
func layer(path string) (string, bool) {
	rest, ok := strings.CutPrefix(path, module)
	top, _, _ := strings.Cut(rest, "/")
	return top, ok
}

// Imports run one way: cmd -> report -> scenarios -> sim -> clock. What is shown
// does not run anything, what is simulated does not know how it is shown, and one
// replication does not know what it is part of.
func TestImportsRunOneWay(t *testing.T) {
	order := []string{"clock", "sim", "scenarios", "report", "cmd"}
	list := packages(t)
	if len(list) < 10 {
		t.Fatalf("only %d packages were found", len(list))
	}
	for _, p := range list {
		from, ok := layer(p.ImportPath)
		if !ok || !slices.Contains(order, from) {
			t.Errorf("package %s stands in none of %v", p.ImportPath, order)
		}
		for _, imported := range p.Imports {
			if to, ok := layer(imported); ok && slices.Index(order, to) > slices.Index(order, from) {
				t.Errorf("%s imports %s, against the direction %v", p.ImportPath, imported, order)
			}
		}
	}
}

// What must stay in one place is imported in one place.
func TestGuardedImports(t *testing.T) {
	for _, guard := range []struct {
		imported, only, reason string
	}{
		{"github.com/pion/dtls/v2", "sim/stack/pionv2", "one package knows each DTLS stack"},
		{"github.com/pion/dtls/v3", "sim/stack/pionv3", "one package knows each DTLS stack"},
		{"testing/synctest", "clock", "one package knows how virtual time is made"},
		{"github.com/dtlssim/dtlssim/clock/testkit", "", "only tests use what supports tests"},
		{"pgregory.net/rapid", "clock/testkit", "only tests use what supports tests"},
		{"math/rand", "", "randomness comes from named streams"},
		{"math/rand/v2", "sim/stream", "randomness comes from named streams"},
	} {
		for _, p := range packages(t) {
			for _, imported := range p.Imports {
				inside := imported == guard.imported || strings.HasPrefix(imported, guard.imported+"/") && guard.imported != "math/rand"
				if inside && p.ImportPath != module+guard.only {
					t.Errorf("%s imports %s: %s", p.ImportPath, imported, guard.reason)
				}
			}
		}
	}
}
