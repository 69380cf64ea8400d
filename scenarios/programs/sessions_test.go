package programs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
)

// session runs in a network namespace of its own: a server ($1), and a client ($2) two times, one
// after the other. The server's standard input stays open.
const session = `
ip link set lo up || exit 9
exec 3<&0
(eval "exec $1") <&3 >server 2>&1 &
server=$!
for i in $(seq 400); do
	grep -q ':1151 ' /proc/net/udp /proc/net/udp6 && break # port 4433
	sleep 0.05
done
code=0
for i in 1 2; do eval "$2" >client$i 2>&1 </dev/null || code=$?; done
sleep 0.2
kill $server
exit $code
`

// Each program as README.md has it. A server is met by OpenSSL's client, a client by a server of
// Mbed TLS, where they can talk to each other.
func TestProgramsTalkToEachOther(t *testing.T) {
	testkit.NotShort(t)
	needed(t)
	bin := strings.TrimSpace(get(t, ".", nil, "--bin").out)
	if _, err := os.Stat(filepath.Join(bin, "mbedtls36-dtls_server")); err != nil {
		testkit.Missing(t, "the programs are not built; build them with: scenarios/programs/get")
	}
	isolate := []string{"unshare", "--net"}
	if os.Geteuid() != 0 {
		isolate = append(isolate, "--map-root-user")
	}
	testkit.Tool(t, "apt-get install util-linux iproute2",
		slices.Concat(isolate, []string{"ip", "link", "set", "lo", "up"})...)

	const (
		piped = "echo message | timeout 20 openssl s_client -dtls1_2 -connect 127.0.0.1:4433"
		// A server with pion may miss data that a close_notify follows at once.
		waits   = "(echo message; sleep 2) | timeout 20 openssl s_client -dtls1_2 -connect 127.0.0.1:4433"
		mbedtls = "mbedtls36-dtls_server"
		wolfssl = "wolfssl-server -u 8000 -v 3 -p 4433 -b -d -i -x -e"
		psk     = " -psk 0badcafe"
	)
	for _, c := range []struct{ server, client, file, want string }{
		{mbedtls, piped, "server", " 8 bytes read\n\nmessage\n"},
		{"mbedtls28-dtls_server", piped, "server", " 8 bytes read\n\nmessage\n"},
		{"mbedtls36-dtls_server-wait 20ms", piped, "server", " 8 bytes read\n\nmessage\n"},
		{"mbedtls36-ssl_server2 dtls=1 server_port=4433", piped, "server", "message\n"},
		{"openssl-dtls-server -quiet", piped, "server", "message\n"},
		{"gnutls-dtls-server", piped, "server", "Processing 8 bytes command: message\n"},
		{"pion-v2-server", waits, "server", "read \"message\\n\"\n"},
		{"pion-v3-server", waits, "server", "read \"message\\n\"\n"},
		{
			"pion-v3-server" + psk, waits + psk + " -cipher PSK-AES128-GCM-SHA256",
			"server", "read \"message\\n\"\n",
		},
		{wolfssl, "timeout 20 mbedtls36-dtls_client-to 127.0.0.1", "client", " 9 bytes read\n\nEcho this\n"},
		{wolfssl, "timeout 20 wolfssl-client -u 8000 -v 3 -p 4433 -h 127.0.0.1 -d", "client", "\nhello wolfssl!"},
		{mbedtls, "timeout 20 wolfssl-client -u 8000 -v 3 -p 4433 -h 127.0.0.1 -d", "client", "\nhello wolfssl!"},
		{mbedtls, "timeout 20 mbedtls36-dtls_client", "client", " 9 bytes read\n\nEcho this\n"},
		{mbedtls, "timeout 20 mbedtls28-dtls_client", "client", " 9 bytes read\n\nEcho this\n"},
		{
			mbedtls, "timeout 20 mbedtls36-ssl_client2 dtls=1 server_addr=127.0.0.1 server_port=4433 auth_mode=none",
			"server", "GET / HTTP/1.0",
		},
		{
			mbedtls, "echo message | timeout 20 gnutls-cli --udp --insecure -p 4433 127.0.0.1",
			"server", " 8 bytes read\n\nmessage\n",
		},
		{mbedtls, "echo message | timeout 20 pion-v2-client -echo 127.0.0.1:4433", "client", "read \"message\\n\"\n"},
		{mbedtls, "echo message | timeout 20 pion-v3-client -echo 127.0.0.1:4433", "client", "read \"message\\n\"\n"},
	} {
		t.Run(strings.Fields(c.server)[0]+", "+c.client, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			run := exec.Command("env", slices.Concat(isolate, []string{"sh", "-c", session, "sh", c.server, c.client})...)
			run.Dir = folder
			run.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
			open, err := run.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			defer open.Close()
			out, err := run.CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			texts := map[string]string{}
			for _, f := range []string{"server", "client1", "client2"} {
				text, _ := os.ReadFile(filepath.Join(folder, f))
				texts[f] = string(text)
			}
			good := strings.Count(texts["server"], c.want) >= 2
			if c.file == "client" {
				good = strings.Contains(texts["client1"], c.want) && strings.Contains(texts["client2"], c.want)
			}
			if !good {
				t.Errorf("two sessions should have shown %q of the %s", c.want, c.file)
			}
			if t.Failed() {
				t.Logf("%q", texts)
			}
		})
	}
}
