package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/scenarios/study"
)

func newSchema() *cobra.Command {
	kind := study.SchemaKinds[0]
	return verb.New(verb.Verb{
		Use:   "schema [scenario|study]",
		Short: "Print the JSON Schema of scenario files, or of study files",
		Long: `Print the JSON Schema (draft 2020-12) of scenario files, or of files that hold nothing but a
study: for editors, which then complete keys, explain them and mark faults. An editor with the
YAML language server takes it from the first line of a file:

  # yaml-language-server: $schema=scenario.schema.json

It checks what does not depend on the names in a file. Every verb that takes a file checks
the rest, and reports faults with line and column.`,
		Example: "  dtlssim schema > scenario.schema.json",
		Args:    verb.Args(0, 1, "at most one of "+strings.Join(study.SchemaKinds, ", ")),
		Plain:   true,
		Check: func(c *verb.Call, f *verb.Faults) {
			if len(c.Args) > 0 {
				kind = c.Args[0]
				f.Add(verb.OneOf("schema of", kind, study.SchemaKinds))
			}
		},
		Ask: func(*verb.Call) (*verb.Answer, error) {
			schema, err := study.Schema(kind)
			return verb.Print(schema), err
		},
	})
}
