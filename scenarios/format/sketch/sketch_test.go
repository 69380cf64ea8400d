package sketch_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios/format"
	"github.com/dtlssim/dtlssim/scenarios/format/sketch"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// The file of a pair, to read.
func TestFile(t *testing.T) {
	data, err := sketch.Pair{
		Server: "./dtls_server", Client: "echo 'message' | openssl s_client -dtls1_2 -connect localhost:4433", Runs: 2,
	}.File()
	if err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "testdata/pair.yaml", data)
}

// Whatever commands there are, the file is a scenario, and the programs get what a shell would give
// them.
func TestCommands(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("key.pem", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for command, want := range map[string]string{
		"./server":                         `["./server"]`,
		"openssl s_server -key key.pem":    `["openssl", "s_server", "-key", "key.pem"]`,
		`a 'b c' "d e" f\ g 'h"i' "j'k"`:   `["a", "b c", "d e", "f g", "h\"i", "j'k"]`,
		`a "" ''`:                          `["a", "", ""]`,
		"a | b":                            `["sh", "-c", "a | b"]`,
		"a 'b | c'":                        `["a", "b | c"]`,
		"(echo x; sleep 1) | c":            `["sh", "-c", "(echo x; sleep 1) | c"]`,
		"a $HOME":                          `["sh", "-c", "a $HOME"]`,
		`a "$HOME"`:                        `["sh", "-c", "a \"$HOME\""]`,
		"a '$HOME'":                        `["a", "$HOME"]`,
		"a ${X}":                           `["sh", "-c", "a $${X}"]`,
		"a '${X}'":                         `["a", "$${X}"]`,
		"A=1 b":                            `["sh", "-c", "A=1 b"]`,
		"a *.pem":                          `["sh", "-c", "a *.pem"]`,
		"a\nb":                             `["sh", "-c", "a\nb"]`,
		"a -connect localhost:4433":        `["a", "-connect", "192.0.2.1:4433"]`,
		"a --connect=127.0.0.1:44 [::1]:1": `["a", "--connect=192.0.2.1:44", "192.0.2.1:1"]`,
		"a localhost localhost ::1":        `["a", "192.0.2.1", "192.0.2.1", "192.0.2.1"]`,
		"a notlocalhost 127.0.0.11":        `["a", "notlocalhost", "127.0.0.11"]`,
		"gnutls-cli --udp -p 1 'ü <&>'":    `["gnutls-cli", "--udp", "-p", "1", "ü <&>"]`,
	} {
		for _, pair := range []sketch.Pair{
			{Server: command, Client: "c", Runs: 1}, {Server: "s", Client: command, Runs: 7},
		} {
			data, err := pair.File()
			if err != nil {
				t.Errorf("%q: %v", command, err)
				continue
			}
			if !strings.Contains(string(data), "    program: "+want+"\n") {
				t.Errorf("%q: no program %s in\n%s", command, want, data)
			}
			if given := strings.Contains(string(data), `files: {"key.pem": "key.pem"}`); given !=
				strings.Contains(command, "key.pem") {
				t.Errorf("%q: it is given its file: %t", command, given)
			}
			s, err := format.Parse("pair.yaml", data)
			if err != nil {
				t.Errorf("%q: %v", command, err)
				continue
			}
			if v, err := s.Resolve(nil); err != nil || len(s.Clients(v)) != pair.Runs {
				t.Errorf("%q: it has the clients %v, %v", command, s.Clients(v), err)
			}
		}
	}
}

// A name is made from the programs, unless it is given.
func TestNames(t *testing.T) {
	for _, test := range [][3]string{
		{"./dtls_server", "echo x | openssl s_client -connect a:1", "dtls_server-s_client"},
		{"/usr/bin/gnutls-serv --udp", "(echo x; sleep 1) | ./a.out", "gnutls-serv-aout"},
	} {
		data, err := sketch.Pair{Server: test[0], Client: test[1], Runs: 1}.File()
		if err != nil || !slices.Contains(strings.Split(string(data), "\n"), `name: "`+test[2]+`"`) {
			t.Errorf("%q and %q: %v\n%s", test[0], test[1], err, data)
		}
	}
}

// What is no command is said to be none.
func TestNoCommands(t *testing.T) {
	for _, command := range []string{"", "  ", "a 'b", `a "b`, `a \`, "a\x00b", "a\x1b", "| ;"} {
		_, err := sketch.Pair{Server: command, Client: command, Runs: 1}.File()
		if err == nil || !strings.Contains(err.Error(), "server's") || !strings.Contains(err.Error(), "client's") {
			t.Errorf("%q: %v", command, err)
		}
	}
}
