// Package hostfile says which keys a file has for hosts with programs and for their outcomes, and
// describes them in JSON Schema.
package hostfile

import (
	"regexp"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/dtlssim/dtlssim/scenarios/format/schema"
	"github.com/dtlssim/dtlssim/scenarios/hosts"
	"github.com/dtlssim/dtlssim/scenarios/session/network"
)

// The keys of a host with a program, and of its parts.
var (
	HostKeys = []string{
		"program", "role", "address", "processing", "runs", "at", "every", "gap", "after", "input", "signals", "env",
		"dir", "files",
	}
	InputKeys  = []string{"at", "text", "end"}
	SignalKeys = []string{"at", "signal"}
	Roles      = []string{"server", "client"}
)

// The keys of an outcome of a scenario with programs, and of its condition.
var (
	OutcomeKeys   = []string{"name", "meaning", "when"}
	Connectives   = []string{"not", "all", "any"}
	ConditionKeys = append([]string{"host", "run", "output", "exit"}, Connectives...)
)

// HostName matches the name of a host, VariableName that of a variable of an environment.
var (
	HostName     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)
	VariableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// wordPattern matches what scenarios.IsWord accepts.
const wordPattern = `^[^= \t\n,]+$`

// named returns the schema of a mapping from names to what of describes.
func named(description, pattern string, of *jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{
		Type: "object", Description: description, MinProperties: schema.Bound(1), AdditionalProperties: of,
		PropertyNames: &jsonschema.Schema{Pattern: pattern},
	}
}

// Either returns the schema of what one of several describes.
func Either(description string, of ...*jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{Description: description, AnyOf: of}
}

// HostsSchema returns the schema of hosts with programs.
func HostsSchema() *jsonschema.Schema {
	text, time := schema.Scalar(""), schema.Text("")
	anything := schema.Scalar("${NAME} stands for a parameter's value, $${ for ${ itself.")
	host := schema.Object("", HostKeys, []string{"program"}, map[string]*jsonschema.Schema{
		"program": Either("The program and its arguments: a path relative to this file, or a name in PATH. ${NAME} "+
			"stands for a parameter's value, ${NAME:ms} for a duration in a unit, $${ for ${ itself.",
			schema.List("", anything), schema.Text("A program without arguments.")),
		"role": schema.OneOf("Whether its datagrams are those of a server; default client, except of a host that is "+
			"called server.", Roles),
		"address": schema.Text("Default 192.0.2.1 of the server, and from 192.0.2.2 on of the others."),
		"processing": schema.Described(time, "From an arrival that wakes the program to its next instruction: a "+
			"duration, a latency distribution, or a parameter; default 0s."),
		"runs": Either("How often the program runs, one after the other; default 1.",
			schema.Whole("", 1, network.MaxClients), schema.Text("A parameter of type count.")),
		"at":    schema.List("When the program starts, once for each.", time),
		"every": schema.Described(time, "With runs: from one start to the next."),
		"gap":   schema.Described(time, "With runs: from the end of a program to the next start; default 100ms."),
		"after": schema.Described(time, "When the program starts first; default 0s."),
		"input": Either("What arrives at standard input. A text arrives at the start, and end of file follows it. "+
			"Without input, standard input is open and empty.", text,
			schema.List("", schema.Object("", InputKeys, nil, map[string]*jsonschema.Schema{
				"at":   schema.Described(time, "Since the start of the program; default 0s."),
				"text": text,
				"end":  {Description: "End of file follows.", Enum: []any{true, false, "true", "false"}},
			}))),
		"signals": schema.List("Signals that are sent to the program.",
			schema.Object("", SignalKeys, []string{"signal"}, map[string]*jsonschema.Schema{
				"at": schema.Described(time, "Since the start of the program; default 0s."),
				"signal": schema.Matching("One of "+strings.Join(hosts.SignalNames(), ", ")+".",
					`^[A-Za-z0-9]+$`),
			})),
		"env": named("Variables of its environment, besides those that every program has.", VariableName.String(),
			anything),
		"dir": schema.Text("Its working directory, relative to this file; default a private directory, which is " +
			"removed at the end."),
		"files": Either("Files and folders that it finds in its private directory, with paths relative to this file.",
			schema.List("", schema.Text("")), named("From names there to paths.", "", anything)),
	})
	return named("The hosts, each with a program. A file with hosts has neither clients nor server.",
		HostName.String(), host)
}

// OutcomesSchema returns the schema of what can go wrong with programs.
func OutcomesSchema() *jsonschema.Schema {
	return schema.List("With hosts: what can go wrong, and when it did.",
		schema.Object("", OutcomeKeys, OutcomeKeys, map[string]*jsonschema.Schema{
			"name": schema.Matching("As --fail has it.", wordPattern), "meaning": schema.Text("For dtlssim list."),
			"when": conditionSchema(2),
		}))
}

// conditionSchema returns the schema of a condition. Only so many levels of conditions within
// conditions are described.
func conditionSchema(levels int) *jsonschema.Schema {
	inner := &jsonschema.Schema{Type: "object"}
	if levels > 0 {
		inner = conditionSchema(levels - 1)
	}
	s := schema.Object("A condition on one program of a host, or one of not, all and any.", ConditionKeys, nil,
		map[string]*jsonschema.Schema{
			"host": schema.Text("On which host."),
			"run":  schema.Whole("Which of its programs, from 1; default any.", 1, network.MaxClients),
			"output": schema.Text("What a line of its standard output or error contains; /REGULAR EXPRESSION/ is " +
				"matched (RE2)."),
			"exit": schema.Scalar(`How it ended: CODE, "!= CODE" (also by a signal, or never), signal, ` +
				`"signal NAME", or never.`),
			"not": inner, "all": schema.List("All of these hold.", inner),
			"any": schema.List("One of these holds.", inner),
		})
	s.OneOf = schema.Either(append([]string{"host"}, Connectives...)...)
	return s
}
