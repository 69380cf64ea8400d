package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/scenarios/study"
	"github.com/dtlssim/dtlssim/sim/suggest"
)

func newSchema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema [scenario|study]",
		Short: "Print the JSON Schema of scenario files, or of study files",
		Long: `Print the JSON Schema (draft 2020-12) of scenario files, or of files that hold nothing but a
study: for editors, which then complete keys, explain them and mark faults. An editor with the
YAML language server takes it from the first line of a file:

  # yaml-language-server: $schema=scenario.schema.json

It says what can be said without knowing the names in a file; every verb that takes a file
reports the rest, with line and column.`,
		Example: "  dtlssim schema > scenario.schema.json",
		Args:    argsBetween(0, 1, "at most one of "+strings.Join(study.SchemaKinds, ", ")),
		RunE: func(c *cobra.Command, args []string) error {
			kind := study.SchemaKinds[0]
			if len(args) > 0 {
				kind = args[0]
			}
			if !slices.Contains(study.SchemaKinds, kind) {
				return fmt.Errorf(
					"there is no schema of %q.%s There are %s",
					kind,
					suggest.DidYouMean(kind, study.SchemaKinds),
					strings.Join(study.SchemaKinds, ", "),
				)
			}
			schema, err := study.Schema(kind)
			if err != nil {
				return failure(err)
			}
			_, err = c.OutOrStdout().Write(schema)
			return failure(err)
		},
	}
}
