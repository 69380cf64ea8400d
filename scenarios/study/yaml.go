package study

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dtlssim/dtlssim/sim/suggest"
)

// reader reads the nodes of one file and collects its faults.
type reader struct {
	name   string
	faults []error
}

// fault reports a fault at a place in the file.
func (r *reader) fault(at place, format string, args ...any) {
	message := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", `\n`) // one fault, one line
	r.faults = append(r.faults, fmt.Errorf("%s:%d:%d: %s", r.name, max(1, at.line), max(1, at.column), message))
}

// place is a place in the file, from 1.
type place struct{ line, column int }

func placeOf(n *yaml.Node) place { return place{n.Line, n.Column} }

// text is a scalar with its place: its own, or, if it is missing, that of the
// mapping that it is missing from.
type text struct {
	place
	value string
	given bool
	bad   bool // it is no scalar, and that has been told
}

// document parses the file and returns its only document's node.
func (r *reader) document(data []byte) *yaml.Node {
	var n yaml.Node
	if err := yaml.Load(data, &n); err != nil {
		var many *yaml.LoadErrors
		var one *yaml.LoadError
		switch {
		case errors.As(err, &many):
			for _, e := range many.Errors {
				r.fault(place{e.Mark.Line, e.Mark.Column}, "%s", oneLine(e.Message))
			}
		case errors.As(err, &one):
			r.fault(place{one.Mark.Line, one.Mark.Column}, "%s", oneLine(one.Message))
		default:
			r.fault(place{}, "%s", oneLine(err.Error()))
		}
		return nil
	}
	if n.Kind == yaml.DocumentNode && len(n.Content) == 1 {
		return n.Content[0]
	}
	return &n
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// fields is a mapping with the nodes of its keys.
type fields struct {
	place
	what  string // it is, for messages
	nodes map[string]*yaml.Node
}

// mapping reads a mapping that may have the given keys and no others. ok is false
// if the node is no mapping.
func (r *reader) mapping(n *yaml.Node, what string, keys ...string) (f fields, ok bool) {
	f = fields{placeOf(n), what, map[string]*yaml.Node{}}
	n = resolve(n)
	if n.Kind != yaml.MappingNode {
		r.fault(f.place, "%s: want a mapping with the keys %s", what, strings.Join(keys, ", "))
		return f, false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		switch {
		case !slices.Contains(keys, key):
			hint := ""
			if s := suggest.Nearest(key, keys); s != "" {
				hint = fmt.Sprintf(" Did you mean %s?", s)
			}
			r.fault(placeOf(n.Content[i]), "%s has no key %q.%s The keys are %s", what, key, hint, strings.Join(keys, ", "))
		case f.nodes[key] != nil:
			r.fault(placeOf(n.Content[i]), "%s has the key %s twice", what, key)
		default:
			f.nodes[key] = n.Content[i+1]
		}
	}
	return f, true
}

// resolve follows an alias.
func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

// text reads a scalar; it may be missing.
func (r *reader) text(f fields, key string) text {
	n := f.nodes[key]
	if n == nil {
		return text{place: f.place}
	}
	t := text{place: placeOf(n), given: true}
	n = resolve(n)
	if n.Kind != yaml.ScalarNode {
		r.fault(t.place, "%s of %s: want a single value", key, f.what)
		t.bad = true
		return t
	}
	t.value = n.Value
	return t
}

// required reads a scalar that must be there; want says what it is, in a few words
// or not at all.
func (r *reader) required(f fields, key string, want ...string) text {
	t := r.text(f, key)
	switch {
	case !t.given:
		r.fault(t.place, "%s", strings.Join(append([]string{fmt.Sprintf("%s of %s is missing", key, f.what)}, want...), ": want "))
	case t.value == "" && !t.bad:
		r.fault(t.place, "%s of %s is empty", key, f.what)
	}
	return t
}

// list reads a list of at least one element.
func (r *reader) list(f fields, key string) []*yaml.Node {
	n := f.nodes[key]
	if n == nil {
		r.fault(f.place, "%s of %s are missing: want at least one", key, f.what)
		return nil
	}
	at := placeOf(n)
	n = resolve(n)
	switch {
	case n.Kind != yaml.SequenceNode:
		r.fault(at, "%s of %s: want a list", key, f.what)
		return nil
	case len(n.Content) == 0:
		r.fault(at, "%s of %s: want at least one", key, f.what)
	}
	return n.Content
}

// count reads a whole number from 1 to most.
func (r *reader) count(f fields, key string, most int) int {
	t := r.required(f, key)
	if t.value == "" {
		return 1
	}
	n, err := strconv.Atoi(t.value)
	if err != nil || n < 1 || n > most {
		r.fault(t.place, "%s %q: want a whole number from 1 to %d", key, t.value, most)
		return 1
	}
	return n
}

// number reads a finite number.
func (r *reader) number(f fields, key string) (float64, bool) {
	t := r.required(f, key)
	if t.value == "" {
		return 0, false
	}
	v, err := strconv.ParseFloat(t.value, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		r.fault(t.place, "%s %q: want a number", key, t.value)
		return 0, false
	}
	return v, true
}

// choice reads one of several words; the first is the default if the word may be
// missing.
func (r *reader) choice(f fields, key string, optional bool, words ...string) string {
	t := r.text(f, key)
	switch {
	case t.bad:
	case !t.given && optional:
		return words[0]
	case !t.given:
		r.fault(t.place, "%s of %s is missing: want one of %s", key, f.what, strings.Join(words, ", "))
	case !slices.Contains(words, t.value):
		hint := ""
		if s := suggest.Nearest(t.value, words); s != "" {
			hint = fmt.Sprintf(". Did you mean %s?", s)
		}
		r.fault(t.place, "%s %q of %s: want one of %s%s", key, t.value, f.what, strings.Join(words, ", "), hint)
	default:
		return t.value
	}
	return ""
}

// assignment is one entry of a mapping of parameters to values.
type assignment struct{ name, value text }

// assignments reads a mapping of parameters to values; it may be missing.
func (r *reader) assignments(f fields, key string) []assignment {
	n := f.nodes[key]
	if n == nil {
		return nil
	}
	at := placeOf(n)
	n = resolve(n)
	if n.Kind != yaml.MappingNode {
		r.fault(at, "%s of %s: want a mapping of parameters to values", key, f.what)
		return nil
	}
	var list []assignment
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], resolve(n.Content[i+1])
		a := assignment{
			name:  text{place: placeOf(name), value: name.Value, given: true},
			value: text{place: placeOf(n.Content[i+1]), value: value.Value, given: true},
		}
		if value.Kind != yaml.ScalarNode {
			r.fault(a.value.place, "parameter %s: want a single value", name.Value)
			continue
		}
		list = append(list, a)
	}
	return list
}
