package page

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/dtlssim/dtlssim/report/summary"
	"github.com/dtlssim/dtlssim/scenarios/command"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/provenance"
)

// Answer lists the pages that were written, for JSON.
type Answer struct {
	Index   string        `json:"index"`
	Studies []StudyAnswer `json:"studies"`

	pages []Page
}

// StudyAnswer describes the page of one study, for JSON.
type StudyAnswer struct {
	Study        string   `json:"study"`
	Title        string   `json:"title"`
	Answer       string   `json:"answer"`
	Complete     bool     `json:"complete"`
	Replications int      `json:"replications"`
	Page         string   `json:"page"`
	Files        []string `json:"files"`
}

// Add adds the page of a study, with its number of replications and its files, which are in folder.
func (a *Answer) Add(p Page, folder string, replications int, sections []summary.Section) {
	s := StudyAnswer{
		Study: p.Name, Title: p.Title, Answer: p.Answer, Complete: p.Missing == "", Replications: replications,
		Page: filepath.Join(folder, strict.Index), Files: []string{},
	}
	for _, section := range sections {
		for _, file := range section.Files {
			s.Files = append(s.Files, filepath.Join(folder, file.Name))
		}
	}
	a.pages, a.Studies = append(a.pages, p), append(a.Studies, s)
}

// RenderIndex returns the page that lists the studies, and records its path in a folder. It returns
// nil if there are no studies.
func (a *Answer) RenderIndex(folder string) ([]byte, error) {
	if len(a.pages) == 0 {
		return nil, nil
	}
	a.Index = filepath.Join(folder, strict.Index)
	var entries []Entry
	for i := range a.pages {
		entries = append(entries, Entry{Page: &a.pages[i], File: a.pages[i].Name + "/" + strict.Index})
	}
	return Index(entries)
}

// Write writes the answer as text.
func (a *Answer) Write(w io.Writer) error {
	for _, s := range a.Studies {
		_, err := fmt.Fprintf(w, "%s\n  %s\n  %s, with %d files beside it\n\n", s.Title, s.Answer, s.Page, len(s.Files))
		if err != nil {
			return err
		}
	}
	if a.Index == "" {
		return nil
	}
	_, err := fmt.Fprintf(w, "The index: %s\n", a.Index)
	return err
}

// Done says how many of the studies an interrupted report has completed.
func (a *Answer) Done(studies int) string {
	complete := 0
	for _, s := range a.Studies {
		if s.Complete {
			complete++
		}
	}
	text := fmt.Sprintf("%d of %d studies were done", complete, studies)
	if n := len(a.Studies); n > complete {
		text += fmt.Sprintf(", and some figures of %s", a.Studies[n-1].Study)
	}
	return text
}

// Commands returns the commands that repeat a page: for a study with a budget, or for a store,
// which needs no budget.
func Commands(argument string, budget float64, stored bool) []string {
	if stored {
		return []string{command.New("report", argument).String()}
	}
	var options []string
	if budget != 1 {
		options = []string{"--budget", strconv.FormatFloat(budget, 'g', -1, 64)}
	}
	return []string{
		command.New("report", argument).With(options...).String(),
		command.New("study", argument).With(options...).String(),
	}
}

// Program describes the program that ran a study, without the time and the machine, which do not
// affect any answer.
func Program(p provenance.Program) []Term {
	terms := []Term{
		{Name: "dtlssim", Text: p.Version},
		{Name: "Executable, SHA-256", Code: []string{p.Binary}},
		{Name: "Go and platform", Text: p.Go + ", " + p.Platform},
	}
	var endpoints, others []string
	for module := range strings.SplitSeq(p.Modules, "\n") {
		switch {
		case strings.HasPrefix(module, "github.com/pion/"):
			endpoints = append(endpoints, module)
		case module != "":
			others = append(others, module)
		}
	}
	for _, list := range []struct {
		name    string
		modules []string
	}{{"Endpoints and their network", endpoints}, {"Other modules", others}} {
		if len(list.modules) > 0 {
			slices.Sort(list.modules)
			terms = append(terms, Term{Name: list.name, Text: strings.Join(list.modules, ", ")})
		}
	}
	return terms
}
