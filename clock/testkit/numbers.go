package testkit

import (
	"bytes"
	"encoding/json"
	"math"
	"os/exec"
	"strings"
	"testing"
)

// Apart returns the distance of two numbers as a share of the larger.
func Apart(a, b float64) float64 {
	if a == b {
		return 0
	}
	return math.Abs(a-b) / math.Max(math.Abs(a), math.Abs(b))
}

// AtLeast reports whether a share of n simulations reaches want, with a tolerance of five standard
// deviations.
func AtLeast(share, want float64, n int) bool {
	return share >= want-5*math.Sqrt(want*(1-want)/float64(n))
}

// Scipy runs a Python program with Debian's scipy. It passes the program a value as rows and reads
// one from its output. It names Python by its path, because another one may come first in PATH.
func Scipy(t testing.TB, program string, in, out any) {
	t.Helper()
	const python = "/usr/bin/python3"
	NotShort(t)
	if !scipyFound {
		Tool(t, "apt-get install python3-scipy", python, "-c", "import scipy")
		scipyFound = true
	}
	input, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(python, "-c", "import json, sys\nfrom scipy import stats\nrows = json.load(sys.stdin)\n"+program)
	c.Stdin = bytes.NewReader(input)
	var errs strings.Builder
	c.Stderr = &errs
	output, err := c.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	if err := json.Unmarshal(output, out); err != nil {
		t.Fatal(err)
	}
}

// scipyFound spares the tests of a package a second check for scipy.
var scipyFound bool
