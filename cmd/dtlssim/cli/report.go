package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/report/page"
	"github.com/dtlssim/dtlssim/report/summary"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/provenance"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/store"
	"github.com/dtlssim/dtlssim/scenarios/study"
)

// reportJSON is the answer of report.
type reportJSON struct {
	Index   string            `json:"index"`
	Studies []reportStudyJSON `json:"studies"`
}

type reportStudyJSON struct {
	Study        string   `json:"study"`
	Title        string   `json:"title"`
	Answer       string   `json:"answer"`
	Complete     bool     `json:"complete"`
	Replications int      `json:"replications"`
	Page         string   `json:"page"`
	Files        []string `json:"files"`
}

func newReport() *cobra.Command {
	var (
		f format
		p pool
		q = report{}
	)
	c := &cobra.Command{
		Use:   "report STUDY|FILE... | all",
		Short: "Run studies and write an HTML page of each, with an index",
		Long: `Run studies, each a built-in one by its name or a YAML file, as dtlssim study does, and write
of each DIR/NAME/index.html: the question, the answer in a sentence, the figures, tables with
intervals, failure windows with the commands that repeat both witnesses of each edge, method and
limits, seeds and versions. The page needs no network and no JavaScript; beside it stand its
figures (SVG, PNG, PDF) and their data (CSV). DIR/index.html lists the studies of this command,
also if there is but one. all stands for every built-in study. A store that dtlssim study
--store made is shown as it is, and nothing is run for it.

JSON: {index, studies: [{study, title, answer, complete, replications, page, files: []}]}.`,
		Example: "  dtlssim report late-close-notify\n  dtlssim report all -o report --budget 0.1\n  dtlssim report " +
			"truncation ./my-study.yaml late.sqlite -o report",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf(
					"%s takes names or files of studies, or all; see %s --help",
					c.CommandPath(),
					c.CommandPath(),
				)
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			faults := []error{q.load(args), p.check(), checkBudget(q.budget), checkFolder(q.folder)}
			if err := errors.Join(faults...); err != nil {
				return err
			}
			workers, err := p.start()
			if err != nil {
				return err
			}
			defer workers.Close()
			return q.run(c, f, workers)
		},
	}
	f.addTo(c)
	p.addTo(c)
	c.Flags().StringVarP(&q.folder, "output", "o", filepath.Join("results", "report"),
		"write the pages and their files to `DIR`")
	c.Flags().Float64Var(&q.budget, "budget", 1, "factor on the numbers of replications")
	return c
}

// checkFolder reports a folder to write to that is a file.
func checkFolder(path string) error {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return fmt.Errorf("--output %s: it is a file, not a folder", path)
	}
	return nil
}

func checkBudget(budget float64) error {
	if !(budget > 0 && budget <= 1000) {
		return fmt.Errorf("--budget %g is out of range: above 0, at most 1000", budget)
	}
	return nil
}

// report is a question for pages, and what is known of the answer.
type report struct {
	folder string
	budget float64

	studies   []*study.Study
	arguments []string             // that named them
	kept      []*study.Result      // of those that a store holds; nil of those that are run
	programs  []provenance.Program // that ran them
	pages     []page.Page
	answer    reportJSON
}

// load reads the studies, and reports every fault of all of them.
func (q *report) load(arguments []string) error {
	if len(arguments) == 1 && arguments[0] == "all" {
		arguments = study.Builtin()
	}
	var faults []error
	names := map[string]string{}
	for _, argument := range arguments {
		if argument == "all" {
			faults = append(faults, errors.New("all is every built-in study, and stands alone"))
			continue
		}
		s, kept, program, err := loadStudy(argument)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		if other, ok := names[s.Name]; ok && other == argument {
			faults = append(faults, fmt.Errorf("%s stands there twice", argument))
		} else if ok {
			faults = append(faults,
				fmt.Errorf("%s and %s are both a study %s: the second page would replace the first", other, argument,
					s.Name))
		}
		names[s.Name] = argument
		q.studies = append(q.studies, s)
		q.arguments, q.kept, q.programs = append(
			q.arguments,
			argument,
		), append(
			q.kept,
			kept,
		), append(
			q.programs,
			program,
		)
	}
	if q.budget != 1 && !slices.Contains(q.kept, nil) && len(q.kept) > 0 {
		faults = append(faults, errors.New("--budget means nothing to what a store holds"))
	}
	return errors.Join(faults...)
}

// loadStudy reads a study: by its name, from its file, or with its result from a store.
func loadStudy(argument string) (*study.Study, *study.Result, provenance.Program, error) {
	if !store.Is(argument) {
		s, err := study.Load(argument)
		if err != nil {
			return nil, nil, provenance.Program{}, err
		}
		p, err := provenance.ThisProgram()
		return s, nil, p, err
	}
	r, err := study.FromStore(argument)
	if err != nil {
		return nil, nil, provenance.Program{}, err
	}
	p, err := store.LastProgram(argument)
	return r.Study, r, p, err
}

// obtain returns the result of the i-th study; an incomplete one with an error.
func (q *report) obtain(ctx context.Context, runner run.Runner, i int, progress func()) (*study.Result, error) {
	if r := q.kept[i]; r != nil {
		return r, nil
	}
	return q.studies[i].Run(ctx, runner, q.budget, progress)
}

// run runs the studies and writes the page of each as soon as it is done.
func (q *report) run(c *cobra.Command, f format, runner run.Runner) error {
	steps := 0
	for i, s := range q.studies {
		if q.kept[i] == nil {
			steps += s.Steps(q.budget)
		}
	}
	q.answer.Studies = []reportStudyJSON{}
	bar := newProgress(c.ErrOrStderr(), steps, "steps")
	var results []*study.Result
	var stopped error
	for i, s := range q.studies {
		r, err := q.obtain(c.Context(), runner, i, bar.increment)
		var aborted *run.AbortedError
		if err != nil && c.Context().Err() == nil && !errors.As(err, &aborted) {
			bar.finish()
			return failure(fmt.Errorf("study %s: %w", s.Name, err))
		}
		results = append(results, r)
		if err == nil || len(r.Figures) > 0 {
			if err := q.add(r, i); err != nil {
				bar.finish()
				return failure(err)
			}
		}
		if err != nil {
			stopped = errors.Join(
				stopped,
				fmt.Errorf(
					"study %s, of which %d of %d figures were done: %w",
					s.Name,
					len(r.Figures),
					len(s.Figures),
					err,
				),
			)
		}
		if c.Context().Err() != nil {
			break
		}
	}
	bar.finish()
	if err := q.show(c, f); err != nil {
		return failure(err)
	}
	if c.Context().Err() != nil {
		return &codeError{exitInterrupted, fmt.Errorf("interrupted: %s", q.done())}
	}
	for _, r := range results {
		stopped = errors.Join(stopped, noResult(c, r))
	}
	if stopped != nil {
		return &codeError{exitNoResult, stopped}
	}
	return nil
}

// done says how far an interrupted report has come.
func (q *report) done() string {
	complete := 0
	for _, s := range q.answer.Studies {
		if s.Complete {
			complete++
		}
	}
	text := fmt.Sprintf("%d of %d studies were done", complete, len(q.studies))
	if n := len(q.answer.Studies); n > complete {
		text += fmt.Sprintf(", and some figures of %s", q.answer.Studies[n-1].Study)
	}
	return text
}

// add writes the page of a study with its files.
func (q *report) add(r *study.Result, i int) error {
	sections, err := summary.Sections(r)
	if err != nil {
		return err
	}
	var options []string
	if q.budget != 1 && q.kept[i] == nil { // it means nothing to what a store holds
		options = []string{"--budget", strconv.FormatFloat(q.budget, 'g', -1, 64)}
	}
	argument := q.arguments[i]
	commands := []string{scenarios.NewCommand("report", argument).With(options...).String()}
	if q.kept[i] == nil {
		commands = append(commands, scenarios.NewCommand("study", argument).With(options...).String())
	}
	p := page.Study(r, sections, commands, versionTerms(q.programs[i]))
	html, err := page.Render(p)
	if err != nil {
		return err
	}
	folder := filepath.Join(q.folder, r.Study.Name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	shown := reportStudyJSON{
		Study: p.Name, Title: p.Title, Answer: p.Answer, Complete: p.Missing == "", Replications: r.Runs,
		Page: filepath.Join(folder, "index.html"), Files: []string{},
	}
	for _, s := range sections {
		for _, file := range s.Files {
			path := filepath.Join(folder, file.Name)
			if err := writeData(path, file.Data); err != nil {
				return err
			}
			shown.Files = append(shown.Files, path)
		}
	}
	if err := writeData(shown.Page, html); err != nil { // last: what it refers to is there
		return err
	}
	q.pages = append(q.pages, p)
	q.answer.Studies = append(q.answer.Studies, shown)
	return nil
}

// show writes the index and says what was written.
func (q *report) show(c *cobra.Command, f format) error {
	out := c.OutOrStdout()
	if len(q.pages) > 0 {
		var entries []page.Entry
		for i := range q.pages {
			entries = append(entries, page.Entry{Page: &q.pages[i], Href: q.pages[i].Name + "/index.html"})
		}
		html, err := page.Index(entries)
		if err != nil {
			return err
		}
		q.answer.Index = filepath.Join(q.folder, "index.html")
		if err := writeData(q.answer.Index, html); err != nil {
			return err
		}
	}
	if f == "json" {
		return text.JSON(out, q.answer)
	}
	for _, s := range q.answer.Studies {
		fmt.Fprintf(out, "%s\n  %s\n  %s, with %d files beside it\n\n", s.Title, s.Answer, s.Page, len(s.Files))
	}
	if q.answer.Index == "" {
		return nil
	}
	_, err := fmt.Fprintf(out, "The index: %s\n", q.answer.Index)
	return err
}

func writeData(path string, data []byte) error {
	return writeFile(path, func(f *os.File) error {
		_, err := f.Write(data)
		return err
	})
}

// versionTerms describes a program for a page, without the time and the machine, which no
// answer depends on.
func versionTerms(p provenance.Program) []page.Term {
	terms := []page.Term{
		{Name: "dtlssim", Text: p.Version},
		{Name: "Executable, SHA-256", Code: []string{p.Binary}},
		{Name: "Go and platform", Text: p.Go + ", " + p.Platform},
	}
	var endpoints, others []string
	for _, module := range strings.Split(p.Modules, "\n") {
		switch {
		case strings.HasPrefix(module, "github.com/pion/"):
			endpoints = append(endpoints, module)
		case module != "":
			others = append(others, module)
		}
	}
	slices.Sort(endpoints)
	slices.Sort(others)
	for _, list := range []struct {
		name    string
		modules []string
	}{{"Endpoints and their network", endpoints}, {"Other modules", others}} {
		if len(list.modules) > 0 {
			terms = append(terms, page.Term{Name: list.name, Text: strings.Join(list.modules, ", ")})
		}
	}
	return terms
}
