package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
)

// environments are settings of everything that the Go runtime, its packages, the stacks and the C
// library read from the environment, at their extremes.
var environments = []string{
	"GOMEMLIMIT=1", "GOMEMLIMIT=off", "GOGC=off", "GOGC=1", "GOGC=100000", "GOMAXPROCS=1", "GOMAXPROCS=64",
	"GOTRACEBACK=crash", "GOTRACEBACK=none", "GORACE=halt_on_error=1", "GOCOVERDIR=/nowhere",
	"GODEBUG=cpu.all=off", "GODEBUG=asyncpreemptoff=0,cryptocustomrand=0", "GODEBUG=gcstoptheworld=2,madvdontneed=1",
	"GODEBUG=asynctimerchan=1", "GODEBUG=randautoseed=0,rsa1024min=1,tlsmlkem=0", "GODEBUG=invalid",
	"SSLKEYLOGFILE=/nowhere/keys", "SSL_CERT_FILE=/dev/zero", "SSL_CERT_DIR=/nowhere", "TZ=Pacific/Kiritimati",
	"TZ=nonsense", "ZONEINFO=/dev/null", "LANG=tr_TR.UTF-8", "LC_ALL=C", "LC_NUMERIC=de_DE.UTF-8",
	"PION_LOG_TRACE=all", "PIONS_LOG_TRACE=all", "RUNEWIDTH_EASTASIAN=1", "GLIBC_TUNABLES=glibc.malloc.check=3",
	"MALLOC_PERTURB_=165", "COLUMNS=1", "NO_COLOR=1", "TERM=dumb", "HOME=/nowhere", "TMPDIR=/nowhere", "USER=",
}

// No variable of the environment changes a byte of an answer: of a run, a sweep, or a window.
func TestEnvironmentChangesNothing(t *testing.T) {
	testkit.NotShort(t)
	const random = "latency=exponential(mean=20ms)"
	commands := [][]string{
		{"run", founding, "--set", random, "--set", "credentials=rsa"},
		{"sweep", founding, "--set", random, "--replications", "20", "--workers", "2", "--measures"},
		{"window", founding, "--workers", "2", "--set", "credentials=psk"},
	}
	with := func(variables []string, args []string) []byte {
		c := exec.Command("dtlssim", args...)
		c.Env = append(slices.Clone(os.Environ()), variables...)
		var errs bytes.Buffer
		c.Stderr = &errs
		out, err := c.Output()
		if err != nil {
			t.Fatalf("%q with %q: %v\n%s", args, variables, err, errs.String())
		}
		return out
	}
	// All together in the ordinary form, of each variable one setting, and each alone in the long one.
	var sets [][]string
	if testkit.Long() {
		for _, e := range environments {
			sets = append(sets, []string{e})
		}
	} else {
		for n := range 2 {
			one := map[string]string{}
			for _, e := range environments {
				name, _, _ := strings.Cut(e, "=")
				if _, set := one[name]; !set || n > 0 {
					one[name] = e
				}
			}
			var set []string
			for _, e := range one {
				set = append(set, e)
			}
			sets = append(sets, set)
		}
	}
	for _, args := range commands {
		want := with(nil, args)
		for _, set := range sets {
			if got := with(set, args); !bytes.Equal(got, want) {
				t.Errorf("%q with %q prints something else:\n%s\nand without\n%s", args, set, got, want)
			}
		}
	}
}

// A process that may have too little says so, instead of a trace of the runtime.
func TestLimitsOfTheProcess(t *testing.T) {
	testkit.NotShort(t)
	for limit, want := range map[string]string{
		"-n 20":      "open files (ulimit -n) is limited to 20, want at least 32",
		"-n 40":      "too many open files",
		"-v 2000000": "address space in KiB (ulimit -v) is limited to 2000000, want at least 2097152",
	} {
		script := fmt.Sprintf("ulimit %s && exec dtlssim sweep %s --replications 40 --workers 30", limit, founding)
		out, err := exec.Command("bash", "-c", script).CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) || bytes.Count(out, []byte("\n")) > 2 {
			t.Errorf("ulimit %s: %v\n%s", limit, err, out)
		}
	}
}
