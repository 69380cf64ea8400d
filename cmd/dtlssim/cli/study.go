package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/report/summary"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/study"
)

// studyJSON is the answer of study.
type studyJSON struct {
	Study        string       `json:"study"`
	Title        string       `json:"title"`
	Seed         uint64       `json:"seed"`
	Replications int          `json:"replications"`
	Figures      []figureJSON `json:"figures"`
}

type figureJSON struct {
	Name     string   `json:"name"`
	Kind     string   `json:"kind"`
	Title    string   `json:"title"`
	Sentence string   `json:"sentence"`
	Files    []string `json:"files"`
	Rows     []string `json:"rows"`
	summary.Values
}

func newStudy() *cobra.Command {
	var (
		f       format
		p       pool
		output  string
		budget  float64
		storage string
	)
	c := &cobra.Command{
		Use:   "study NAME|FILE",
		Short: "Run the windows and sweeps of a study and draw its figures",
		Long: `Run the windows and sweeps that a YAML file lists, draw its figures as SVG, PNG and PDF, write
their data as CSV, and show tables with the sentence that stands under each figure.
Each built-in scenario has a study of its name; dtlssim study late-close-notify --print shows
the file of one, to copy and change.

--store keeps what is performed in an SQLite file: the replications of the sweeps, the runs of
the window searches, and the answers. The same command, after an interruption of whatever kind,
takes what is there from the file and performs the rest; the answer is that of an uninterrupted
run. kill -9 loses what is in flight, a loss of power some thousand replications. A larger --budget
performs as many replications more. A file of another specification, or of another binary, is
refused, and so is a second writer. dtlssim query and dtlssim export show what is in the file.

JSON: {study, title, seed, replications, figures: [{name, kind, title, sentence, files: [],
rows: [labels], windows: [as of dtlssim window, by row], sweeps: [as of dtlssim sweep, by
row], x: [], exact: [[by row and x]], data: of the other kinds, as of the verb that answers the
like}]}.`,
		Example: "  dtlssim study late-close-notify\n  dtlssim study my-study.yaml -o figures --budget 0.1\n" +
			"  dtlssim study late-close-notify --store late.sqlite",
		Args: argsBetween(1, 1, "one NAME or FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			if show, _ := c.Flags().GetBool("print"); show {
				source, err := study.Source(args[0])
				if err != nil {
					return err
				}
				_, err = c.OutOrStdout().Write(source)
				return failure(err)
			}
			s, err := study.Load(args[0])
			faults := []error{err, p.check(), checkBudget(budget), checkFolder(output)}
			if err := errors.Join(faults...); err != nil {
				return err
			}
			if output == "" {
				output = filepath.Join("results", s.Name)
			}
			if err := checkFile(storage); err != nil {
				return failure(err)
			}
			kept, err := keepStudy(storage, s, p.limits, budget)
			if err != nil {
				return err
			}
			defer kept.Close()
			if err := os.MkdirAll(output, 0o755); err != nil {
				return failure(err)
			}
			workers, err := p.start()
			if err != nil {
				return err
			}
			defer workers.Close()
			bar := newProgress(c.ErrOrStderr(), s.Steps(budget), "steps")
			r, runErr := s.Run(c.Context(), workers, budget, bar.increment)
			bar.finish()
			if runErr == nil {
				err = kept.finish(r.Answers())
			}
			if err := firstError(err, kept.Close()); err != nil {
				return failure(err)
			}
			var aborted *run.AbortedError
			lost := errors.As(runErr, &aborted)
			if runErr != nil && c.Context().Err() == nil && !lost {
				return failure(runErr)
			}
			if err := show(c, f, r, output); err != nil {
				return failure(err)
			}
			if lost {
				return &codeError{
					exitNoResult,
					fmt.Errorf("%d of %d figures were done: %w", len(r.Figures), len(s.Figures), runErr),
				}
			}
			if runErr != nil {
				return &codeError{
					exitInterrupted,
					fmt.Errorf("interrupted: %d of %d figures were done", len(r.Figures), len(s.Figures)),
				}
			}
			return noResult(c, r)
		},
	}
	f.addTo(c)
	p.addTo(c)
	c.Flags().StringVarP(&output, "output", "o", "", "write the figures and their data to `DIR` (default results/NAME)")
	c.Flags().StringVar(&storage, "store", "",
		"keep what is performed in `FILE.sqlite`, and take what is there from it")
	c.Flags().Float64Var(&budget, "budget", 1, "factor on the numbers of replications")
	c.Flags().Bool("print", false, "print the study's file and do nothing else")
	return c
}

// show writes the files of the finished figures and shows their tables.
func show(c *cobra.Command, f format, r *study.Result, output string) error {
	sections, err := summary.Sections(r)
	if err != nil {
		return err
	}
	result := studyJSON{
		Study:        r.Study.Name,
		Title:        r.Study.Title,
		Seed:         r.Study.Seed,
		Replications: r.Runs,
		Figures:      []figureJSON{},
	}
	var written []string
	for i, s := range sections {
		figure := r.Figures[i].Figure()
		j := figureJSON{Name: s.Name, Kind: figure.Kind().Name, Title: s.Title, Sentence: s.Sentence, Values: s.Values}
		for _, row := range figure.Common().Rows {
			j.Rows = append(j.Rows, row.Label)
		}
		for _, file := range s.Files {
			path := filepath.Join(output, file.Name)
			err := writeFile(path, func(f *os.File) error {
				_, err := f.Write(file.Data)
				return err
			})
			if err != nil {
				return err
			}
			j.Files = append(j.Files, path)
			written = append(written, path)
		}
		result.Figures = append(result.Figures, j)
	}
	out := c.OutOrStdout()
	if f == "json" {
		return text.JSON(out, result)
	}
	fmt.Fprintf(out, "%s\n\n", r.Study.Title)
	if err := summary.Write(out, sections); err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%d replications, from seed %d. Written:\n", r.Runs, r.Study.Seed)
	for _, path := range written {
		fmt.Fprintf(out, "  %s\n", path)
	}
	return nil
}

// noResult reports the replications of a study that gave no result.
func noResult(c *cobra.Command, r *study.Result) error {
	lost, done := 0, 0
	for _, f := range r.Figures {
		for _, sweep := range f.Sweeps() {
			text.Aborted(c.ErrOrStderr(), sweep.Results)
			lost += sweep.Results.NoResult()
			done += sweep.Results.Done
		}
	}
	if lost > 0 {
		return &codeError{exitNoResult, fmt.Errorf("%d of %d replications gave no result", lost, done)}
	}
	return nil
}
