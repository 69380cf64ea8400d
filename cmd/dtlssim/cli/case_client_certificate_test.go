package cli

import (
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
)

// With client certificates, the CertificateVerify of the case exists: the rule meets it, and it
// decides what happens. The client repeats its flight after 1 s, whatever the type of its key.
func TestCaseCertificateVerifyLate(t *testing.T) {
	path := testkit.Case(t, "certificate-verify-late/case.yaml")
	for _, stack := range []string{"pion-v2", "pion-v3"} {
		for _, key := range testkit.Few([]string{"ecdsa", "ed25519", "rsa"}, 1, 3) {
			var r run.Replication
			set := []string{"--set", "client-certificate=" + key, "--set", "stack=" + stack}
			answerTo(t, &r, append([]string{"run", path, "--set", "late=5ms"}, set...)...)
			if r.Sessions[0].Handshake != "completed" || len(r.UnmetRules) > 0 {
				t.Errorf("%s, %s: %+v, rules without a datagram: %v", stack, key, r.Sessions[0], r.UnmetRules)
			}
			if stack == "pion-v2" && !testkit.Long() {
				continue // the windows of one stack
			}
			var w search.Windows
			answerTo(t, &w, append([]string{"window", path}, set...)...)
			if len(w.Cells) < 3 || !w.Method.Proved {
				t.Errorf("%s, %s: %d cells, proved %t: the lateness of the message decides nothing", stack, key,
					len(w.Cells), w.Method.Proved)
			}
		}
	}
}

// A server with a pre-shared key requests no certificate, and without one, nothing changes.
func TestNoClientCertificate(t *testing.T) {
	for _, stack := range []string{"pion-v2", "pion-v3"} {
		for _, same := range [][2]string{
			{"--set credentials=psk --set client-certificate=rsa", "--set credentials=psk"},
			{"--set client-certificate=none --set replay-window=64 --set server-start=0s", ""},
		} {
			var one, other run.Replication
			args := "run L --set stack=" + stack + " "
			answerTo(t, &one, words(args+same[0])...)
			answerTo(t, &other, words(args+same[1])...)
			if one.Digest != other.Digest {
				t.Errorf("%s, %s: not the digest without it", stack, same[0])
			}
		}
		code, out, _ := runHere(words("run L --set client-certificate=ed25519 --set stack=" + stack)...)
		if code != verb.ExitOK || !strings.Contains(out, "+CertificateRequest") ||
			!strings.Contains(out, "Certificate+ClientKeyExchange+CertificateVerify") {
			t.Errorf("%s: exit code %d, no client certificate is requested and sent:\n%s", stack, code, out)
		}
	}
}

// The slow record of the case is behind the replay window of 64 records, and inside one of 128.
func TestCaseReplayWindowParameter(t *testing.T) {
	path := testkit.Case(t, "replay-window-multipath/case.yaml")
	for _, stack := range []string{"pion-v2", "pion-v3"} {
		read := map[string]int{}
		for _, size := range []string{"64", "128"} {
			code, out, errs := runHere("run", path, "--set", "slow=500ms", "--set", "replay-window="+size, "--set",
				"stack="+stack)
			if code != verb.ExitOK {
				t.Fatalf("exit code %d: %s", code, errs)
			}
			read[size] = strings.Count(out, "more data")
		}
		if read["128"] != read["64"]+1 {
			t.Errorf("%s: with a window of 64 records the server reads %d, with 128 %d", stack, read["64"], read["128"])
		}
	}
}
