package cli

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/sim/program"
)

// pairs are the scenarios of scenarios/programs: at which latency of the first client's close_notify the second
// session fails, and with which outcome.
var pairs = map[string]map[string]string{
	"mbedtls-openssl": {
		"5ms": "FAILED: unexpected-message", "10ms": "passed: clean", "11ms": "passed: clean",
		"11000001ns": "FAILED: unexpected-message", "250ms": "FAILED: unexpected-message",
	},
	"mbedtls28-openssl": {"5ms": "FAILED: server-error", "10ms": "passed: clean", "250ms": "FAILED: server-error"},
	"openssl-openssl":   {"5ms": "passed: clean", "10ms": "passed: clean", "250ms": "passed: clean"},
	"gnutls-openssl":    {"10ms": "passed: clean", "250ms": "passed: clean"},
	"wolfssl-openssl":   {"10ms": "passed: clean", "250ms": "passed: clean"},
	"pion-v2-openssl":   {"10ms": "passed: clean", "250ms": "passed: clean"},
	"pion-v3-openssl":   {"10ms": "passed: clean", "250ms": "passed: clean"},
}

// withPrograms puts the programs of scenarios/programs into PATH, or skips the test.
func withPrograms(t *testing.T) (folder string) {
	t.Helper()
	if err := program.Supported(); err != nil {
		testkit.Missing(t, err.Error())
	}
	folder, err := filepath.Abs("../../../scenarios/programs")
	if err != nil {
		t.Fatal(err)
	}
	bin, err := exec.Command(filepath.Join(folder, "get"), "--bin").Output()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", strings.TrimSpace(string(bin))+":/usr/bin:/bin:/usr/sbin:/sbin")
	for _, name := range []string{
		"mbedtls36-dtls_server", "mbedtls28-dtls_server", "openssl-dtls-server", "gnutls-dtls-server", "wolfssl-server",
		"pion-v2-server", "pion-v3-server",
	} {
		if _, err := exec.LookPath(name); err != nil {
			testkit.Missing(t, name+" is missing; get it with: scenarios/programs/get")
		}
	}
	return folder
}

// The servers of the recipes with piped OpenSSL clients: which fail, and when.
func TestPairsOfPrograms(t *testing.T) {
	testkit.NotShort(t)
	folder := withPrograms(t)
	for name, outcomes := range pairs {
		for latency, want := range outcomes {
			code, out, errs := runHere("run", filepath.Join(folder, name+".yaml"), "--set", "alert-latency="+latency)
			if code != verb.ExitOK || !strings.Contains(out, "outcome  "+want+"\n") {
				_, end, _ := strings.Cut(out, "\noutcome ")
				t.Errorf("%s at %s: exit code %d, want %q in\noutcome %s%s", name, latency, code, want, end, errs)
			}
		}
	}
}

// The remedies of the founding pair help, or do not, as its file says.
func TestRemediesOfTheFoundingPair(t *testing.T) {
	testkit.NotShort(t)
	file := filepath.Join(withPrograms(t), "mbedtls-openssl.yaml")
	for remedy, want := range map[string]string{
		"client-waits": "FAILED: unexpected-message", "server-waits": "passed: clean",
	} {
		for _, latency := range []string{"20ms", "250ms"} {
			code, out, errs := runHere("run", file, "--set", "alert-latency="+latency, "--set", "remedy="+remedy)
			if code != verb.ExitOK || !strings.Contains(out, "outcome  "+want+"\n") {
				t.Errorf("%s at %s: exit code %d, want %q\n%s", remedy, latency, code, want, errs)
			}
		}
	}
}

// The windows of the founding pair, to the nanosecond: the server takes the close_notify for the first datagram of the
// next session if it comes before the data, or after the server has woken for these.
func TestWindowsOfTheFoundingPair(t *testing.T) {
	testkit.OnlyLong(t)
	file := filepath.Join(withPrograms(t), "mbedtls-openssl.yaml")
	code, out, errs := runHere("window", file)
	for _, want := range []string{
		"  [0s, 9ms)\n  [11.000001ms, 300ms)", "Edge at 9ms, its two sides one nanosecond apart", "Searched, not proved: ",
		"60 runs at random values",
	} {
		if code != verb.ExitOK || !strings.Contains(out, want) {
			t.Errorf("exit code %d, want %q in\n%s%s", code, want, out, errs)
		}
	}
}

// Replications of the founding pair repeat to the byte in two workers, whatever they performed before, with random
// latencies and losses.
func TestFoundingPairRepeats(t *testing.T) {
	testkit.NotShort(t)
	file := filepath.Join(withPrograms(t), "mbedtls-openssl.yaml")
	code, out, errs := runHere("sweep", file, "--verify", "--workers", "2", "--replications", countOf(8, 100),
		"--set", "latency=5ms+exponential(mean=5ms)", "--set", "loss=0.05", "--set", "alert-latency=uniform(0s,40ms)")
	if code != verb.ExitOK {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
}

// countOf returns a number for a flag: that of the long form, or the ordinary one.
func countOf(ordinary, long int) string {
	return strconv.Itoa(testkit.Budget(ordinary, ordinary, long))
}
