// Package page writes the report of a study as one HTML page, and an index of several studies.
// Pages are self-contained. They can be read without JavaScript and without a network, in light and
// dark schemes, on paper and on a narrow screen. The same data give the same bytes.
package page

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Page is the content of one study's page.
type Page struct {
	Name   string // of the study, and of its folder
	Title  string // the question
	Answer string // in a sentence

	Missing string // what is missing from an incomplete study; usually empty

	Scenario Scenario
	Sections []Section
	Method   []Term // how the answers were found, and their limits
	Repeat   []Term // seeds, numbers and commands
	Versions []Term
}

// Scenario is the description of a scenario in its file.
type Scenario struct {
	Name, Summary, Mechanism, Prediction, Cause string

	Findings, References []string
}

// Section is one figure of a study, or one table.
type Section struct {
	Name, Title string
	Sentence    string     // the conclusion that a reader should draw
	Method      string     // how it was found; may be empty
	Figure      []byte     // SVG, as package figure writes it; nil if there is none
	Table       [][]string // first row: header; first column: names of rows
	Files       []string   // files beside the page
	Edges       []Edge     // of failure windows
	Failures    []Failure
}

// Edge is an edge of a failure window, with the runs on its two sides.
type Edge struct {
	Row          string
	Below, Above Witness
}

// Witness is a run beside an edge.
type Witness struct {
	At, Outcome string
	Failed      bool
	Command     string // repeats the run
}

// Failure is the first failing replication of a design point.
type Failure struct {
	Row, At, Command string // At may be empty
}

// Term is a name with its explanation; Code has commands or lists in full.
type Term struct {
	Name, Text string
	Code       []string
}

//go:embed page.html
var pageText string

//go:embed index.html
var indexText string

//go:embed style.css
var styleText string

var templates = template.Must(template.Must(template.New("page").Funcs(template.FuncMap{
	"extension": func(file string) string {
		return strings.ToUpper(file[strings.LastIndexByte(file, '.')+1:])
	},
	"linked": linked,
	"link":   link,
	"words":  words,
}).Parse(pageText)).New("index").Parse(indexText))

// Render writes the page of a study.
func Render(p Page) ([]byte, error) {
	s := newSheet()
	view := pageView{Page: p}
	anchors := map[string]bool{}
	for i := range p.Sections {
		shown := sectionView{
			Section: &p.Sections[i], Anchor: unused(anchors, anchor(p.Sections[i].Name)), Table: newTable(p.Sections[i].Table),
		}
		if figure := p.Sections[i].Figure; figure != nil {
			drawn, err := s.inline(figure, shown.Anchor)
			if err != nil {
				return nil, fmt.Errorf("figure %s: %w", p.Sections[i].Name, err)
			}
			shown.Drawn = drawn
		}
		for _, e := range p.Sections[i].Edges {
			shown.Edges = appendGroup(shown.Edges, e.Row, e)
		}
		for _, f := range p.Sections[i].Failures {
			shown.Failures = appendGroup(shown.Failures, f.Row, f)
		}
		view.Sections = append(view.Sections, shown)
	}
	view.Style = s.css()
	return execute("page", view)
}

// Entry is one study in an index.
type Entry struct {
	Page *Page
	File string // its path from the index
}

// Index writes the index of several studies.
func Index(entries []Entry) ([]byte, error) {
	s := newSheet()
	view := indexView{}
	anchors := map[string]bool{}
	for _, e := range entries {
		shown := entryView{Entry: e}
		at := slices.IndexFunc(e.Page.Sections, func(s Section) bool { return s.Figure != nil })
		if at >= 0 {
			var err error
			if shown.Thumbnail, err = s.thumbnail(e.Page.Sections[at].Figure, unused(anchors, anchor(e.Page.Name))); err != nil {
				return nil, fmt.Errorf("figure %s: %w", e.Page.Sections[at].Name, err)
			}
		}
		view.Entries = append(view.Entries, shown)
	}
	view.Style = s.css()
	return execute("index", view)
}

func execute(name string, view any) ([]byte, error) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, view); err != nil {
		return nil, fmt.Errorf("writing the page: %w", err)
	}
	return b.Bytes(), nil
}

type pageView struct {
	Page
	Sections []sectionView
	Style    template.CSS
}

type sectionView struct {
	*Section
	Anchor   string
	Drawn    template.HTML
	Table    tableView
	Edges    []group[Edge]
	Failures []group[Failure]
}

type indexView struct {
	Entries []entryView
	Style   template.CSS
}

type entryView struct {
	Entry
	Thumbnail template.HTML
}

// group is a run of neighbours with the same name.
type group[T any] struct {
	Name  string
	Items []T
}

func appendGroup[T any](groups []group[T], name string, item T) []group[T] {
	if n := len(groups); n > 0 && groups[n-1].Name == name {
		groups[n-1].Items = append(groups[n-1].Items, item)
		return groups
	}
	return append(groups, group[T]{name, []T{item}})
}

// tableView is a table whose rows are grouped by their first cell.
type tableView struct {
	Header []string
	Groups []group[[]cell]
}

type cell struct {
	Text   string
	Number bool // align it right
}

// looksNumeric matches cells to align right: numbers, counts and intervals. The bounds of a window
// are text.
var looksNumeric = regexp.MustCompile(
	`^([-+]?[0-9][0-9.]*(e[-+]?[0-9]+)?%?|-|[0-9]+ of [0-9]+|[-+0-9.e]+ \.\. [-+0-9.e]+)$`,
)

func newTable(rows [][]string) (t tableView) {
	if len(rows) == 0 {
		return t
	}
	t.Header = rows[0]
	for _, row := range rows[1:] {
		var cells []cell
		for _, text := range row[1:] {
			cells = append(cells, cell{text, looksNumeric.MatchString(text)})
		}
		t.Groups = appendGroup(t.Groups, row[0], cells)
	}
	return t
}

// Numeric reports whether a column holds numbers; columns of the header count from 0.
func (t tableView) Numeric(column int) bool {
	for _, g := range t.Groups {
		for _, row := range g.Items {
			if column > 0 && column <= len(row) && !row[column-1].Number {
				return false
			}
		}
	}
	return column > 0
}

// link returns the relative reference to a file (RFC 3986, section 4.2). A name with a colon would be
// read as an address, and "#", "?" and "%" have meanings of their own.
func link(path string) template.URL { return template.URL((&url.URL{Path: path}).String()) }

// unused returns an anchor that differs from those in taken, and adds it to them.
func unused(taken map[string]bool, anchor string) string {
	name := anchor
	for n := 2; taken[name]; n++ {
		name = fmt.Sprintf("%s.%d", anchor, n)
	}
	taken[name] = true
	return name
}

// anchor makes a name fit for an id: it replaces every character other than a letter, digit or
// hyphen by a hyphen.
func anchor(name string) string {
	return "figure-" + strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return '-'
	}, name)
}

// words splits a command into parts that must not be broken at the end of a line: a flag stays with
// its value.
func words(command string) (list []string) {
	for _, word := range strings.Fields(command) {
		if n := len(list); n > 0 && strings.HasPrefix(list[n-1], "-") && !strings.Contains(list[n-1], " ") {
			list[n-1] += " " + word
		} else {
			list = append(list, word)
		}
	}
	return list
}

// references matches addresses and RFC numbers that can become links.
var references = regexp.MustCompile(`https?://[^\s<>"]*[^\s<>".,;)]|RFC ([0-9]+)(?:,? section ([0-9]+(?:\.[0-9]+)*))?`)

// linked turns the references of a text into links.
func linked(text string) template.HTML {
	var b strings.Builder
	last := 0
	for _, at := range references.FindAllStringSubmatchIndex(text, -1) {
		b.WriteString(template.HTMLEscapeString(text[last:at[0]]))
		shown := text[at[0]:at[1]]
		address := shown
		if at[2] >= 0 {
			address = "https://www.rfc-editor.org/rfc/rfc" + text[at[2]:at[3]]
			if at[4] >= 0 {
				address += "#section-" + text[at[4]:at[5]]
			}
		}
		fmt.Fprintf(&b, `<a href="%s">%s</a>`, template.HTMLEscapeString(address), template.HTMLEscapeString(shown))
		last = at[1]
	}
	b.WriteString(template.HTMLEscapeString(text[last:]))
	return template.HTML(b.String())
}
