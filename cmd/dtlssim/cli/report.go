package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/report/page"
	"github.com/dtlssim/dtlssim/report/summary"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/provenance"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/store"
	"github.com/dtlssim/dtlssim/scenarios/study"
	"github.com/dtlssim/dtlssim/scenarios/study/figures"
)

// report holds the arguments and flags of the verb report, and the answer so far.
type report struct {
	folder verb.Folder
	budget verb.Budget

	studies []reported
	answer  page.Answer
}

// reported is a study to report on.
type reported struct {
	argument string // the argument that named it
	study    *study.Study
	stored   *study.Result      // from a store, shown as it is; nil for a study that is run
	program  provenance.Program // the one that ran it
}

func newReport() *cobra.Command {
	q := report{
		folder: verb.Folder{
			Path: filepath.Join("results", "report"), Usage: "write the pages and their files to `DIR`",
		},
		answer: page.Answer{Studies: []page.StudyAnswer{}},
	}
	return verb.New(verb.Verb{
		Use:   "report STUDY|FILE... | all",
		Short: "Run studies and write an HTML page of each, with an index",
		Long: `Run studies, built-in ones by their names or YAML files, as dtlssim study does, and write a page
DIR/NAME/index.html of each: the question, the answer in a sentence, the figures, tables with
intervals, failure windows with the commands that repeat both witnesses of each edge, method and
limits, seeds and versions. The page needs no network and no JavaScript; its
figures (SVG, PNG, PDF) and their data (CSV) are in the same folder. DIR/index.html lists the
studies of this command. all stands for every built-in study. A store that dtlssim study --store
made is shown as it is, and nothing is run for it.

JSON: {index, studies: [{study, title, answer, complete, replications, page, files: []}]}.`,
		Example: "  dtlssim report late-close-notify\n  dtlssim report all -o report --budget 0.1\n  dtlssim report " +
			"truncation ./my-study.yaml late.sqlite -o report",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("%s takes names or files of studies, or all; see %s --help", c.CommandPath(),
					c.CommandPath())
			}
			return nil
		},
		Parts: []verb.Part{&verb.Pool{}, &q.budget, &q.folder},
		Check: func(c *verb.Call, f *verb.Faults) { q.load(c.Args, f) },
		Open:  func(*verb.Call) error { return q.folder.Make() },
		Ask:   q.run,
	})
}

// load reads the studies and reports every fault in any of them.
func (q *report) load(arguments []string, f *verb.Faults) {
	if len(arguments) == 1 && arguments[0] == "all" {
		arguments = study.Builtin()
	}
	names := map[string]string{}
	for _, argument := range arguments {
		if argument == "all" {
			f.Add(errors.New("all is every built-in study, and stands alone"))
			continue
		}
		s, err := loadReported(argument)
		if err != nil {
			f.Add(err)
			continue
		}
		name := s.study.Name
		if other, ok := names[name]; ok && other == argument {
			f.Add(fmt.Errorf("%s stands there twice", argument))
		} else if ok {
			f.Add(fmt.Errorf("%s and %s are both a study %s: the second page would replace the first", other, argument,
				name))
		}
		names[name] = argument
		if s.stored == nil && study.CheckBudget(float64(q.budget)) == nil {
			f.Add(s.study.CheckSteps(float64(q.budget)), s.study.Ready())
		}
		q.studies = append(q.studies, s)
	}
	runs := func(s reported) bool { return s.stored == nil }
	if q.budget != 1 && len(q.studies) > 0 && !slices.ContainsFunc(q.studies, runs) {
		f.Add(errors.New("--budget does not apply to what a store holds"))
	}
}

// loadReported reads a study by its name, from its file, or with its result from a store.
func loadReported(argument string) (s reported, err error) {
	s.argument = argument
	if !store.Is(argument) {
		if s.study, err = study.Load(argument); err == nil {
			s.program, err = provenance.ThisProgram()
		}
		return s, err
	}
	if s.stored, err = study.FromStore(argument); err == nil {
		s.study = s.stored.Study
		s.program, err = store.LastProgram(argument)
	}
	return s, err
}

// run runs the studies and writes the page of each as soon as it is done.
func (q *report) run(c *verb.Call) (*verb.Answer, error) {
	steps := 0
	for _, s := range q.studies {
		if s.stored == nil {
			steps += s.study.Steps(float64(q.budget))
		}
	}
	step, end := c.Progress(steps, "steps")
	defer end()
	var lost figures.Lost
	var stopped []error
	for _, s := range q.studies {
		r, err := s.stored, error(nil)
		if r == nil {
			r, err = s.study.Run(c.Context, c.Workers, float64(q.budget), step)
		}
		var aborted *run.AbortedError
		if err != nil && c.Context.Err() == nil && !errors.As(err, &aborted) {
			return nil, fmt.Errorf("study %s: %w", s.study.Name, err)
		}
		if err == nil || len(r.Figures) > 0 {
			if err := q.add(r, s); err != nil {
				return nil, err
			}
		}
		if c.Context.Err() != nil {
			break
		}
		if err != nil {
			stopped = append(stopped, fmt.Errorf("study %s, of which %d of %d figures were done: %w", s.study.Name,
				len(r.Figures), len(s.study.Figures), err))
		}
		if of := r.Lost(); of.NoResult > 0 {
			stopped = append(stopped, fmt.Errorf("%d of %d replications gave no result", of.NoResult, of.Done))
			lost.First = append(lost.First, of.First...)
		}
	}
	if err := q.index(); err != nil {
		return nil, err
	}
	a := &verb.Answer{JSON: &q.answer, Text: q.answer.Write, SaysUnmet: true, InParts: true} // each page by itself
	a.Aborted = func(w io.Writer) { text.Aborted(w, &sample.Results{Aborted: lost.First}) }
	switch {
	case c.Context.Err() != nil:
		a.End = verb.Interrupted("%s", q.answer.Done(len(q.studies)))
	case stopped != nil:
		a.End = verb.NoResult("%w", errors.Join(stopped...))
	}
	return a, nil
}

// add writes the page of a study with its files.
func (q *report) add(r *study.Result, s reported) error {
	sections, err := summary.Sections(r)
	if err != nil {
		return err
	}
	commands := page.Commands(s.argument, float64(q.budget), s.stored != nil)
	p := page.Study(r, sections, commands, page.Program(s.program))
	html, err := page.Render(p)
	if err != nil {
		return err
	}
	folder := filepath.Join(q.folder.Path, r.Study.Name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	if err := saveSections(folder, sections); err != nil {
		return err
	}
	q.answer.Add(p, folder, r.Runs, sections)
	return verb.Save(verb.Data(filepath.Join(folder, "index.html"), html)) // last: its links exist
}

// index writes the page that lists the studies.
func (q *report) index() error {
	html, err := q.answer.RenderIndex(q.folder.Path)
	if err != nil || html == nil {
		return err
	}
	return verb.Save(verb.Data(q.answer.Index, html))
}
