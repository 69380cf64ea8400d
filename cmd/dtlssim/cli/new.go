package cli

import (
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/scenarios/format"
	"github.com/dtlssim/dtlssim/scenarios/format/sketch"
	"github.com/dtlssim/dtlssim/scenarios/session/network"
)

func newNew() *cobra.Command {
	var pair sketch.Pair
	var file []byte
	return verb.New(verb.Verb{
		Use:   "new",
		Short: "Print the file of a scenario whose server and client are programs",
		Long: `Print the file of a scenario whose server and client are programs, with comments, ready to run:
unmodified executables for Linux on amd64, under virtual time. A command that needs a shell, such
as a pipeline, becomes sh -c. Where it names localhost, the file has the server's address in the
simulation, 192.0.2.1. Files that it names are given to it. Paths in the file are relative to the
file.

  dtlssim new --server ./dtls_server \
    --client 'echo hello | openssl s_client -dtls1_2 -connect localhost:4433' > pair.yaml
  dtlssim window ./pair.yaml`,
		Example: "  dtlssim new --server ./dtls_server --client ./dtls_client > pair.yaml",
		Args:    verb.Args(0, 0, "no argument"),
		Plain:   true,
		Flags: func(f *pflag.FlagSet) {
			f.StringVar(&pair.Server, "server", "", "the `COMMAND` of the server (required)")
			f.StringVar(&pair.Client, "client", "", "the `COMMAND` of the client (required)")
			f.StringVar(&pair.Name, "name", "", "the scenario's `NAME` (default made from the programs)")
			f.IntVar(&pair.Runs, "runs", 2, "how often the client runs, one after the other")
		},
		Check: func(c *verb.Call, f *verb.Faults) {
			f.Within("runs", pair.Runs, 1, network.MaxClients)
			for _, name := range []string{"server", "client"} {
				if !c.Changed(name) {
					f.Add(errors.New("--" + name + " is missing: want the COMMAND of the " + name))
				}
			}
			if !f.None() {
				return
			}
			var err error
			if file, err = pair.File(); err == nil {
				err = checkSketch(file)
			}
			f.Add(err)
		},
		Ask: func(*verb.Call) (*verb.Answer, error) { return verb.Print(file), nil },
	})
}

// checkSketch reports what is wrong with a file that was made from what the user gave: a name that no
// scenario can have.
func checkSketch(file []byte) error {
	_, err := format.Parse("the file", file)
	return err
}
