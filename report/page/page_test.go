package page_test

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/report/page"
)

func mustRender(t *testing.T, p page.Page) []byte {
	t.Helper()
	data, err := page.Render(p)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// withoutStyle is a page without its style sheet, which is long and stands in a file.
func withoutStyle(data []byte) []byte {
	return regexp.MustCompile(`(?s)<style>.*?</style>`).ReplaceAll(data, []byte("<style></style>"))
}

func TestGoldenPage(t *testing.T) {
	p := small()
	index, err := page.Index([]page.Entry{{Page: &p, File: "small/index.html"}})
	if err != nil {
		t.Fatal(err)
	}
	for path, data := range map[string][]byte{"testdata/page.html": mustRender(t, p), "testdata/index.html": index} {
		testkit.Golden(t, path, withoutStyle(data))
	}
}

// The same data give the same bytes, whatever was rendered before.
func TestSameBytes(t *testing.T) {
	testkit.NotShort(t)
	p, _ := whole(t)
	first := mustRender(t, p)
	mustRender(t, small())
	again, _ := whole(t)
	if !bytes.Equal(first, mustRender(t, again)) {
		t.Error("two renderings of the same data differ")
	}
}

// Every element is closed, ids are unique, what is referred to within the page is there,
// nothing is fetched, nothing runs, and headings go down by one level at a time.
func TestWellFormed(t *testing.T) {
	p, files := whole(t)
	index, err := page.Index([]page.Entry{{Page: &p, File: "whole/index.html"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"whole": mustRender(t, p), "small": mustRender(t, small()),
		"index": index} {
		balanced(t, name, data)
		root, err := html.Parse(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		ids := map[string]int{}
		var within, headings []string
		for n := range root.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			if slices.Contains([]string{"script", "iframe", "object", "embed", "link", "img", "base"}, n.Data) &&
				attribute(n, "href") != "data:," {
				t.Errorf("%s has an element %s", name, n.Data)
			}
			if len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6' {
				headings = append(headings, n.Data)
			}
			for _, a := range n.Attr {
				switch {
				case a.Key == "id":
					ids[a.Val]++
				case a.Key == "aria-labelledby" || a.Key == "aria-describedby":
					within = append(within, a.Val)
				case strings.HasPrefix(a.Key, "on"):
					t.Errorf("%s: %s has a handler %s", name, n.Data, a.Key)
				case a.Key == "href" && strings.HasPrefix(a.Val, "#"):
					within = append(within, a.Val[1:])
				case a.Key == "href" && n.Data == "a" && strings.HasPrefix(a.Val, "https://"):
				case a.Key == "href" && n.Data == "a" && files[a.Val] == nil && name == "whole":
					t.Errorf("%s refers to %s, which is not beside it", name, a.Val)
				case a.Key == "src" || a.Key == "srcset":
					t.Errorf("%s fetches %s", name, a.Val)
				}
			}
		}
		for id, n := range ids {
			if n > 1 {
				t.Errorf("%s has the id %s %d times", name, id, n)
			}
		}
		for _, id := range within {
			if ids[id] == 0 {
				t.Errorf("%s refers to #%s, which there is not", name, id)
			}
		}
		if len(headings) == 0 || headings[0] != "h1" || strings.Count(strings.Join(headings, ""), "h1") != 1 {
			t.Errorf("%s has the headings %v", name, headings)
		}
		for i := 1; i < len(headings); i++ {
			if headings[i][1] > headings[i-1][1]+1 {
				t.Errorf("%s: %s stands under %s", name, headings[i], headings[i-1])
			}
		}
		for _, address := range regexp.MustCompile(`(url\(|@import)[^)]*`).FindAll(data, -1) {
			if !bytes.HasPrefix(address, []byte("url(data:")) && !bytes.HasPrefix(address, []byte("url(#")) {
				t.Errorf("%s fetches %.60s", name, address)
			}
		}
	}
}

// balanced reports a tag that is not closed, or closed twice: a browser would mend it
// somehow.
func balanced(t *testing.T, name string, data []byte) {
	t.Helper()
	void := []string{"meta", "link", "br", "hr", "img"}
	var open []string
	tokens := html.NewTokenizer(bytes.NewReader(data))
	for {
		kind := tokens.Next()
		tag, _ := tokens.TagName()
		switch kind {
		case html.ErrorToken:
			if len(open) > 0 {
				t.Errorf("%s: %v are not closed", name, open)
			}
			return
		case html.StartTagToken:
			if !slices.Contains(void, string(tag)) {
				open = append(open, string(tag))
			}
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != string(tag) {
				t.Fatalf("%s: </%s> within %v", name, tag, open)
			}
			open = open[:len(open)-1]
		}
	}
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// The font of all figures stands in the page once.
func TestFontsOnce(t *testing.T) {
	testkit.NotShort(t)
	p, _ := whole(t)
	if n := bytes.Count(mustRender(t, p), []byte("@font-face")); n != 1 {
		t.Errorf("the page has %d fonts", n)
	}
}

// What a name, a title or a reference holds is text, and never markup.
func TestNothingIsMarkup(t *testing.T) {
	const evil = `"><script>alert(1)</script>`
	p := small()
	p.Name, p.Title, p.Answer, p.Missing = evil, evil, evil, evil
	p.Scenario = page.Scenario{
		Name: evil, Summary: evil, Mechanism: evil, Prediction: evil, Cause: evil,
		Findings: []string{evil}, References: []string{evil, "https://example.org/" + evil},
	}
	for i := range p.Sections {
		s := &p.Sections[i]
		s.Name, s.Title, s.Sentence, s.Files = fmt.Sprint(evil, i), evil, evil, []string{evil + ".svg"}
		s.Table, s.Failures = [][]string{
			{evil, evil},
			{evil, evil},
		}, []page.Failure{
			{Row: evil, At: evil, Command: evil},
		}
	}
	p.Sections[0].Figure = []byte(`<svg viewBox="0 0 1 1"><script>alert(1)</script><text>a</text></svg>`)
	p.Method = []page.Term{{Name: evil, Text: evil, Code: []string{evil}}}
	if data := mustRender(t, p); bytes.Contains(data, []byte("<script")) {
		t.Errorf("a script is in the page:\n%s", withoutStyle(data))
	}
}

// A figure that cannot be drawn is reported, with its name.
func TestNoFigure(t *testing.T) {
	p := small()
	p.Sections[0].Figure = []byte("no SVG")
	if _, err := page.Render(p); err == nil || !strings.Contains(err.Error(), "figure strips: there is no SVG") {
		t.Errorf("%v", err)
	}
}
