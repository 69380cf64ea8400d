// Package sketch writes scenario files for two programs: a start for a user's own.
//
// In: the command lines of a server and a client. Out: a file with comments, ready to run.
package sketch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Pair is a server and its client.
type Pair struct {
	Name           string // of the scenario; empty: made from the programs
	Server, Client string // command lines, as a shell takes them
	Runs           int    // how often the client runs, one after the other
}

// command is a command line as a file has it.
type command struct {
	arguments []string // with sh -c before a line that needs a shell
	program   string   // the name of what the line is about
	files     []string // arguments that name files here
	moved     bool     // an address of the machine itself was replaced
}

// serverAddress is the address of the server; see package network.
const serverAddress = "192.0.2.1"

// itself matches the machine's own address, which is another one in a simulation.
var itself = regexp.MustCompile(`(^|[\s'"=/@])(localhost|127\.0\.0\.1|\[::1\]|::1)($|[\s'":,/])`)

// read reads a command line.
func read(what, line string) (c command, err error) {
	if strings.TrimSpace(line) == "" {
		return c, fmt.Errorf("the %s's command is empty: want a program and its arguments", what)
	}
	if strings.ContainsFunc(line, func(r rune) bool { return r != '\t' && r != '\n' && unicode.IsControl(r) }) {
		return c, fmt.Errorf("the %s's command %q has a control character", what, line)
	}
	for moved := ""; moved != line; {
		moved = line
		if line = itself.ReplaceAllString(line, "${1}"+serverAddress+"${3}"); line != moved {
			c.moved = true
		}
	}
	words, simple, err := split(line)
	switch {
	case err != nil:
		return c, fmt.Errorf("the %s's command %q: %w", what, line, err)
	case simple:
		c.arguments = words
	default:
		c.arguments = []string{"sh", "-c", line}
	}
	c.program = about(line, words)
	for _, word := range words {
		info, err := os.Stat(word)
		if err == nil && info.Mode().IsRegular() && filepath.IsLocal(word) && info.Mode()&0o111 == 0 &&
			!slices.Contains(c.files, word) {
			c.files = append(c.files, word)
		}
	}
	return c, nil
}

// split splits a command line into words, as a shell does. simple reports that it needs no shell.
func split(line string) (words []string, simple bool, err error) {
	var word strings.Builder
	var quote rune
	begun, escaped := false, false
	simple = true
	end := func() {
		if begun {
			words = append(words, word.String())
		}
		word.Reset()
		begun = false
	}
	for _, r := range line {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			begun, escaped = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			begun, quote = true, r
		case quote == 0 && unicode.IsSpace(r):
			end()
			simple = simple && r != '\n'
		case quote == 0 && strings.ContainsRune("|&;<>()", r):
			simple = false
			end()
		default:
			if quote != '\'' && (r == '$' || r == '`') || quote == 0 && strings.ContainsRune("*?[]~#{}", r) {
				simple = false
			}
			begun = true
			word.WriteRune(r)
		}
	}
	if end(); quote != 0 || escaped {
		return nil, false, errors.New("a quotation does not end")
	}
	if len(words) == 0 {
		return nil, false, errors.New("it has no program")
	}
	return words, simple && !strings.Contains(words[0], "="), nil
}

// about returns the name of the program that a line is about: the first word of the last part of a
// pipeline that is no helper.
func about(line string, words []string) string {
	helpers := []string{"echo", "printf", "sleep", "cat", "sh", "exec", "env", "timeout", "true", "("}
	name := filepath.Base(words[0])
	for part := range strings.FieldsFuncSeq(line, func(r rune) bool { return strings.ContainsRune("|;&()\n", r) }) {
		if fields := strings.Fields(part); len(fields) > 0 && !slices.Contains(helpers, fields[0]) {
			name = filepath.Base(strings.Trim(fields[0], `"'`))
			if name == "openssl" && len(fields) > 1 {
				name = fields[1]
			}
		}
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '-' {
			return r
		}
		return -1
	}, name)
}

// flow returns a list of texts as YAML, on one line. ${ is no parameter here.
func flow(list []string) string {
	var parts []string
	for _, text := range list {
		parts = append(parts, quoted(strings.ReplaceAll(text, "${", "$${")))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// quoted returns a text in double quotes. What JSON takes, YAML takes too.
func quoted(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		panic(err) // a text has JSON
	}
	return strings.TrimSpace(b.String())
}

// File returns the file of the pair.
func (p Pair) File() ([]byte, error) {
	server, err := read("server", p.Server)
	client, err2 := read("client", p.Client)
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	name := p.Name
	if name == "" {
		name = server.program + "-" + client.program
	}
	var b strings.Builder
	line := func(format string, a ...any) { fmt.Fprintf(&b, format+"\n", a...) }
	host := func(c command) {
		line("    program: %s", flow(c.arguments))
		if len(c.files) > 0 {
			var files []string
			for _, f := range c.files {
				files = append(files, quoted(f)+": "+quoted(f))
			}
			line("    files: {%s}    # copied into its private directory, where it runs", strings.Join(files, ", "))
		}
	}
	line("# A server and a client, unmodified programs under virtual time. Paths are relative to this file.")
	line("name: %s", quoted(name))
	line("summary: %s", quoted("The client "+client.program+" against the server "+server.program+"."))
	line("")
	if server.moved || client.moved {
		line("# Each host has an address of its own. The server's is %s; localhost was replaced by it.", serverAddress)
	} else {
		line("# Each host has an address of its own. The server's is %s.", serverAddress)
	}
	line("hosts:")
	line("  server:")
	host(server)
	b.WriteString(ofServer)
	line("  client:")
	host(client)
	line("    runs: %d", p.Runs)
	b.WriteString(rest)
	return []byte(b.String()), nil
}

const ofServer = `    processing: 1ms    # from an arrival that wakes it to its next instruction; or uniform(1ms,2ms)
    # env: {NAME: value}
    # signals: [{at: 10s, signal: TERM}]
`

const rest = `    # gap: 100ms       # from the end of one to the start of the next; or every: 1s, from start to start
    # at: [0s, 500ms]  # or the starts, instead of runs
    # input: "text\n"  # standard input, which then ends; or [{at: 1s, text: "text\n"}, {at: 2s, end: true}]

# What can go wrong. A condition is about the output of a host's programs: a line contains the text, or matches
# the /expression/. Or it is about their end: 0, "!= 0", signal, "signal SEGV" or never. Conditions combine:
# {not: ...}, {all: [...]}, {any: [...]}.
outcomes:
  - {name: client-failed, meaning: a client did not exit 0, when: {host: client, exit: "!= 0"}}
  - {name: server-ended, meaning: the server ended by itself, when: {not: {host: server, exit: never}}}
  # - {name: server-error, meaning: the server reported an error, when: {host: server, output: /error|failed/}}

# Parameters of your own may stand in arguments, input, env and times as ${NAME}, or ${NAME:ms} in a unit.
# Their types are duration, latency distribution, count, choice and text.
parameters:
  - name: alert-latency
    type: latency distribution
    follows: uplink
    meaning: latency of the first client's first alert

# Which datagrams are singled out: here the close_notify of the first client.
rules:
  - name: alert
    match: {client: 1, from: client, record: alert, nth: 1}
    latency: alert-latency

# remedies:
#   - {name: fast-network, set: {latency: 1ms}, helps: partly}

# network: {latency: 10ms, loss: 0.01}    # dtlssim list FILE shows all parameters
# run: {settle: 30s}                      # how long it goes on when all clients have ended
probe: alert-latency=0s..300ms
`
