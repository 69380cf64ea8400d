package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/report/summary"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/study"
)

func newStudy() *cobra.Command {
	var (
		pool    verb.Pool
		output  = verb.Folder{Usage: "write the figures and their data to `DIR` (default results/NAME)"}
		storage = verb.Storage{
			Usage: "save the work in `FILE.sqlite`, and take from it what is there",
		}
		budget verb.Budget
		print  bool
		source []byte
		s      *study.Study
	)
	return verb.New(verb.Verb{
		Use:   "study NAME|FILE",
		Short: "Run the windows and sweeps of a study and draw its figures",
		Long: `Run the windows and sweeps that a YAML file lists, draw its figures as SVG, PNG and PDF, write
their data as CSV, and show tables with the sentence that belongs to each figure. Each built-in
scenario has a study of its name; dtlssim study late-close-notify --print shows its file, to copy
and change.

--store saves the work in an SQLite file: the replications of the sweeps, the runs of the window
searches, and the answers. After any interruption, the same command takes what is in the file and
performs the rest; the answer is that of an uninterrupted run. kill -9 loses only the work in
flight, a power failure some thousand replications. A larger --budget performs the additional
replications. It refuses a file of another specification or of another binary, and a second
writer. dtlssim query and dtlssim export show what is in the file.

JSON: {study, title, seed, replications, figures: [{name, kind, title, sentence, files: [],
rows: [labels], windows: [as of dtlssim window, by row], sweeps: [as of dtlssim sweep, by
row], x: [], exact: [[by row and x]], data: of the other kinds, as of the verb that answers the
same question}]}.`,
		Example: "  dtlssim study late-close-notify\n  dtlssim study my-study.yaml -o figures --budget 0.1\n" +
			"  dtlssim study late-close-notify --store late.sqlite",
		Args:  verb.Args(1, 1, "one NAME or FILE"),
		Parts: []verb.Part{&pool, &budget, &output, &storage},
		Flags: func(f *pflag.FlagSet) {
			f.BoolVar(&print, "print", false, "print the study's file and do nothing else")
		},
		Check: func(c *verb.Call, f *verb.Faults) {
			var err error
			if print {
				source, err = study.Source(c.Args[0])
			} else {
				s, err = study.Load(c.Args[0])
			}
			if s != nil && err == nil && study.CheckBudget(float64(budget)) == nil {
				err = errors.Join(s.CheckSteps(float64(budget)), s.Ready())
			}
			f.Add(err)
		},
		Open: func(c *verb.Call) error {
			if print {
				return nil
			}
			if output.Path == "" {
				output.Path = filepath.Join("results", s.Name)
			}
			if err := storage.OpenStudy(c, s, pool.Limits, float64(budget)); err != nil {
				return err
			}
			return output.Make()
		},
		Ask: func(c *verb.Call) (*verb.Answer, error) {
			if print {
				return verb.Print(source), nil
			}
			step, end := c.Progress(s.Steps(float64(budget)), "steps")
			r, stopped := s.Run(c.Context, c.Workers, float64(budget), step)
			end()
			if err := storage.Finish(nil, stopped == nil, r.Answers); err != nil {
				return nil, err
			}
			var aborted *run.AbortedError
			if stopped != nil && c.Context.Err() == nil && !errors.As(stopped, &aborted) {
				return nil, stopped
			}
			sections, err := summary.Sections(r)
			if err != nil {
				return nil, err
			}
			if err := saveSections(output.Path, sections); err != nil {
				return nil, err
			}
			shown := summary.NewAnswer(r, sections, output.Path)
			a := &verb.Answer{JSON: shown, Text: shown.Write, SaysUnmet: true, InParts: true} // each figure by itself
			lost := r.Lost()
			a.Aborted = func(w io.Writer) { text.Aborted(w, &sample.Results{Aborted: lost.First}) }
			done := fmt.Sprintf("%d of %d figures were done", len(r.Figures), len(s.Figures))
			switch {
			case aborted != nil:
				a.End = verb.NoResult("%s: %w", done, stopped)
			case stopped != nil:
				a.End = verb.Interrupted("%s", done)
			case lost.NoResult > 0:
				a.End = verb.NoResult("%d of %d replications gave no result", lost.NoResult, lost.Done)
			}
			return a, nil
		},
	})
}

// saveSections writes the files of a study's figures to a folder.
func saveSections(folder string, sections []summary.Section) error {
	var files []verb.File
	for _, s := range sections {
		for _, file := range s.Files {
			files = append(files, verb.Data(filepath.Join(folder, file.Name), file.Data))
		}
	}
	return verb.Save(files...)
}
