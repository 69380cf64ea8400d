package page

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/dtlssim/dtlssim/report/figure"
)

// sheet collects what the figures of a page need in its style sheet: their fonts, each once, and
// their colours in both schemes.
type sheet struct {
	fonts   []string // rules
	colours map[string]bool
}

func newSheet() *sheet { return &sheet{colours: map[string]bool{"000000": true, "ffffff": true}} }

// inline prepares an SVG document for a page that already has its title and sentence. It removes
// them, uses the colours of the page's scheme, and makes the ids unique.
func (s *sheet) inline(document []byte, id string) (template.HTML, error) {
	root, err := parseSVG(document)
	if err != nil {
		return "", err
	}
	s.adapt(root, id)
	set(root, "class", "drawing")
	set(root, "role", "img")
	set(root, "aria-labelledby", id+".title")
	set(root, "aria-describedby", id+".sentence")
	return render(root)
}

// thumbnail is like inline, but without texts and legend, which would be too small to read.
func (s *sheet) thumbnail(document []byte, id string) (template.HTML, error) {
	root, err := parseSVG(document)
	if err != nil {
		return "", err
	}
	fonts := s.fonts
	if plot := get(root, figure.PlotAttribute); plot != "" {
		set(root, figure.BodyAttribute, plot)
	}
	s.adapt(root, id)
	s.fonts = fonts
	prune(root, func(n *html.Node) bool { return n.Data == "text" || get(n, "class") == figure.LegendClass })
	set(root, "class", "drawing")
	set(root, "aria-hidden", "true")
	return render(root)
}

// parseSVG returns the root element of a document.
func parseSVG(document []byte) (*html.Node, error) {
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(bytes.NewReader(document), body)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(nodes, func(n *html.Node) bool { return n.Type == html.ElementNode && n.Data == "svg" })
	if at < 0 {
		return nil, errors.New("there is no SVG")
	}
	return nodes[at], nil
}

// adapt removes the fonts and texts of a figure that the page already has, and moves its colours to
// the page's style sheet.
func (s *sheet) adapt(root *html.Node, id string) {
	for n := range root.Descendants() {
		if n.Data == "style" && n.FirstChild != nil {
			s.addFonts(n.FirstChild.Data)
		}
	}
	prune(root, func(n *html.Node) bool {
		class := get(n, "class")
		return n.Type == html.CommentNode || n.Data == "style" || n.Data == "title" || n.Data == "desc" ||
			n.Data == "script" ||
			class == figure.TitleClass ||
			class == figure.SentenceClass
	})
	if body := get(root, figure.BodyAttribute); body != "" {
		set(root, "viewbox", body)
		set(root, "viewBox", body)
	}
	for _, name := range []string{figure.BodyAttribute, figure.PlotAttribute, "width", "height", "viewbox"} {
		drop(root, name)
	}
	root.Attr = slices.DeleteFunc(root.Attr,
		func(a html.Attribute) bool { return strings.HasPrefix(a.Key, "xmlns") || a.Namespace == "xmlns" })
	s.colour(root, id)
	for n := range root.Descendants() {
		s.colour(n, id)
	}
}

var fontRule = regexp.MustCompile(`(?s)@font-face\s*\{.*?\}`)

func (s *sheet) addFonts(css string) {
	for _, rule := range fontRule.FindAllString(css, -1) {
		if !slices.Contains(s.fonts, rule) {
			s.fonts = append(s.fonts, rule)
		}
	}
}

var (
	hexColour = regexp.MustCompile(`#[0-9a-fA-F]{6}\b`)
	reference = regexp.MustCompile(`url\(#`)
)

// colour replaces the colours of an element by variables of the style sheet, and makes its ids and
// references to ids unique to the figure.
func (s *sheet) colour(n *html.Node, id string) {
	for i := range n.Attr {
		a := &n.Attr[i]
		switch {
		case a.Key == "style" || a.Key == "fill" || a.Key == "stroke":
			a.Val = hexColour.ReplaceAllStringFunc(a.Val, func(c string) string {
				name := strings.ToLower(c[1:])
				s.colours[name] = true
				return "var(--x" + name + ")"
			})
			if a.Key != "style" { // variables work only in a style attribute
				a.Val = a.Key + ":" + a.Val
				a.Key = "style"
			}
			a.Val = reference.ReplaceAllString(a.Val, "url(#"+id+".")
		case a.Key == "id":
			a.Val = id + "." + a.Val
		case a.Key == "href" && strings.HasPrefix(a.Val, "#"):
			a.Val = "#" + id + "." + a.Val[1:]
		default:
			a.Val = reference.ReplaceAllString(a.Val, "url(#"+id+".")
		}
	}
	joinStyles(n)
}

// joinStyles merges several style attributes into one.
func joinStyles(n *html.Node) {
	var styles []string
	for _, a := range n.Attr {
		if a.Key == "style" {
			styles = append(styles, a.Val)
		}
	}
	if len(styles) > 1 {
		drop(n, "style")
		set(n, "style", strings.Join(styles, ";"))
	}
}

// css returns the style sheet: the page's rules and those that the figures need.
func (s *sheet) css() template.CSS {
	var light, dark strings.Builder
	for _, name := range sorted(s.colours) {
		fmt.Fprintf(&light, " --x%s: #%s;", name, name)
		fmt.Fprintf(&dark, " --x%s: %s;", name, inDark(name))
	}
	text := strings.Join(s.fonts, "\n") + "\n" + styleText +
		fmt.Sprintf(":root {%s }\n@media screen and (prefers-color-scheme: dark) { :root {%s } }\n", light.String(),
			dark.String())
	return template.CSS(strings.TrimLeft(text, "\n"))
}

func sorted(set map[string]bool) (names []string) {
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// prune removes the unwanted nodes below n.
func prune(n *html.Node, unwanted func(*html.Node) bool) {
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		if unwanted(c) {
			n.RemoveChild(c)
		} else {
			prune(c, unwanted)
		}
		c = next
	}
}

func get(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func drop(n *html.Node, key string) {
	n.Attr = slices.DeleteFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

func set(n *html.Node, key, value string) {
	drop(n, key)
	n.Attr = append(n.Attr, html.Attribute{Key: key, Val: value})
}

func render(n *html.Node) (template.HTML, error) {
	var b bytes.Buffer
	if err := html.Render(&b, n); err != nil {
		return "", err
	}
	return template.HTML(b.String()), nil
}
