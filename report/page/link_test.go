package page_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/report/page"
)

// oddNames are names that files can have and addresses cannot, or with another meaning.
var oddNames = []string{
	"plain", "a#b", "a?b=c", "50%", "%41", "%2e%2e", "a:b", "javascript:alert(1)",
	"a b", "a  b", `a"b`, "a'b", "a&amp;b",
	"<b>", "-o", "ñ…日本", "a+b", "a;b,c", "$HOME",
	"`x`", "[x]{y}|^~", "#", "?", ":", "con", "a.", "a-b", "a_b", "a..b",
}

// Whatever a study and its figures are called, every link of the pages leads to a file that is
// there, or to a place on the page that has this name alone.
func TestLinksLeadSomewhere(t *testing.T) {
	testkit.NotShort(t)
	ctx := browser(t)
	folder := t.TempDir()
	var entries []page.Entry
	paths := []string{filepath.Join(folder, "index.html")}
	names := testkit.Few(oddNames, 8, 8)
	for i, name := range names {
		p := small()
		section := p.Sections[0]
		p.Name, p.Sections = name, nil
		figures := 1
		if i == 0 { // one page has figures of all names
			figures = len(oddNames)
		}
		for k := range figures {
			section.Name = oddNames[(i+k)%len(oddNames)]
			section.Files = []string{section.Name + ".svg", section.Name + ".csv"}
			p.Sections = append(p.Sections, section)
		}
		in := filepath.Join(folder, name)
		if err := os.Mkdir(in, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, s := range p.Sections {
			for _, file := range s.Files {
				if err := os.WriteFile(filepath.Join(in, file), nil, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		paths = append(paths, filepath.Join(in, "index.html"))
		if err := os.WriteFile(filepath.Join(in, "index.html"), mustRender(t, p), 0o644); err != nil {
			t.Fatal(err)
		}
		entries = append(entries, page.Entry{Page: &p, File: name + "/index.html"})
	}
	index, err := page.Index(entries)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(paths[0], index, 0o644); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, path := range paths {
		if err := chromedp.Do(ctx, chromedp.Navigate((&url.URL{Scheme: "file", Path: path}).String())); err != nil {
			t.Fatal(err)
		}
		// Each link as the browser resolves it; a link within the page with the number of elements of its name.
		links := ask[[]string](t, ctx, `[...document.querySelectorAll('a[href]')].map(a =>
			a.getAttribute('href')[0] !== '#' ? a.href : 'page:' +
			document.querySelectorAll('[id="' + CSS.escape(decodeURIComponent(a.hash.slice(1))) + '"]').length)`)
		twice := ask[[]string](t, ctx, `[...document.querySelectorAll('[id]')].map(e => e.id)
			.filter((id, i, all) => all.indexOf(id) !== i)`)
		if len(twice) > 0 {
			t.Errorf("%s: several elements are called %q", path, twice)
		}
		if len(links) < 3 {
			t.Errorf("%s has %d links", path, len(links))
		}
		for _, link := range links {
			u, err := url.Parse(link)
			switch {
			case err != nil:
				t.Errorf("%s: %v", path, err)
			case u.Scheme == "https" || link == "page:1":
			case u.Scheme != "file" || u.RawQuery != "" || u.Fragment != "":
				t.Errorf("%s has the link %s", path, link)
			default:
				seen[u.Path] = true
				if _, err := os.Stat(u.Path); err != nil {
					t.Errorf("%s has the link %s: %v", path, link, err)
				}
			}
		}
	}
	for _, path := range paths[1:] {
		if !seen[path] {
			t.Errorf("nothing leads to %s", strings.TrimPrefix(path, folder))
		}
	}
	if want := 3*len(names) + 2*len(oddNames) - 2; len(seen) != want {
		t.Errorf("%d files have links to them, want %d", len(seen), want)
	}
}
