// Package strict reads YAML strictly: it reports every fault of a file with file, line, column,
// and what it would accept.
package strict

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"

	"github.com/dtlssim/dtlssim/sim/suggest"
)

// Reader reads the nodes of one file and collects its faults.
type Reader struct {
	File   string // for messages
	faults []error
	more   int // further faults
}

// mostFaults is how many faults are reported one by one.
const mostFaults = 100

// Fault reports a fault at a place in the file.
func (r *Reader) Fault(at Place, format string, args ...any) {
	if len(r.faults) == mostFaults {
		r.more++
		return
	}
	message := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", `\n`) // one fault, one line
	r.faults = append(r.faults, fmt.Errorf("%s:%d:%d: %s", r.File, max(1, at.Line), max(1, at.Column), message))
}

// Each reports every fault of a joined error at the same place.
func (r *Reader) Each(at Place, prefix string, err error) {
	for line := range strings.SplitSeq(err.Error(), "\n") {
		r.Fault(at, "%s%s", prefix, line)
	}
}

// Faults returns the number of faults reported so far.
func (r *Reader) Faults() int { return len(r.faults) + r.more }

// Err returns the reported faults as a joined error, or nil.
func (r *Reader) Err() error {
	faults := r.faults
	if r.more > 0 {
		faults = append(slices.Clip(faults), fmt.Errorf("%s: and %d more faults", r.File, r.more))
	}
	return errors.Join(faults...)
}

// Place is a line and a column in the file, both from 1.
type Place struct{ Line, Column int }

// PlaceOf returns the place of a node.
func PlaceOf(n *yaml.Node) Place { return Place{n.Line, n.Column} }

// Text is a scalar with its place. If it is missing, the place is that of the mapping that lacks
// it.
type Text struct {
	Place
	Value string
	Given bool
	Bad   bool // not a scalar; the fault has been reported
}

// Document parses the file and returns the node of its only document, or nil after a fault.
func (r *Reader) Document(data []byte) *yaml.Node {
	var n yaml.Node
	if err := yaml.Load(data, &n); err != nil {
		var many *yaml.LoadErrors
		var one *yaml.LoadError
		switch {
		case strings.Contains(err.Error(), "no documents"):
			r.Fault(Place{}, "the file is empty")
		case errors.As(err, &many):
			for _, e := range many.Errors {
				r.Fault(Place{e.Mark.Line, e.Mark.Column}, "%s", oneLine(e.Message))
			}
		case errors.As(err, &one):
			r.Fault(Place{one.Mark.Line, one.Mark.Column}, "%s", oneLine(one.Message))
		default:
			r.Fault(Place{}, "%s", oneLine(err.Error()))
		}
		return nil
	}
	root := &n
	if n.Kind == yaml.DocumentNode && len(n.Content) == 1 {
		root = n.Content[0]
	}
	if !r.checkSize(root) {
		return nil
	}
	return root
}

// Limits of a file: of the entries of one list or mapping, and of everything that it says, each alias
// standing for what it names. A file of a kilobyte can name a billion things.
const (
	mostEntries = 10_000
	mostNodes   = 500_000
)

// checkSize reports a file that says too much, or that never ends because an alias is part of what it
// names. It reports whether there is no such fault.
func (r *Reader) checkSize(root *yaml.Node) bool {
	sizes := make(map[*yaml.Node]int) // -1: under way
	var size func(n *yaml.Node) int
	bad := false
	fault := func(n *yaml.Node, format string, args ...any) int {
		if !bad {
			r.Fault(PlaceOf(n), format, args...)
		}
		bad = true
		return 0
	}
	size = func(n *yaml.Node) int {
		if bad {
			return 0
		}
		if n.Kind == yaml.AliasNode {
			switch known := sizes[n.Alias]; {
			case known < 0:
				return fault(n, "the alias *%s is part of what it names", n.Value)
			case known > 0:
				return known
			}
			n = n.Alias
		}
		entries := len(n.Content)
		if n.Kind == yaml.MappingNode {
			entries /= 2
		}
		if entries > mostEntries {
			return fault(n, "there are %d entries: want at most %d", entries, mostEntries)
		}
		sizes[n] = -1
		total := 1
		for _, child := range n.Content {
			if total += size(child); total > mostNodes {
				return fault(child, "with what its aliases name, the file says more than %d things", mostNodes)
			}
		}
		sizes[n] = total
		return total
	}
	size(root)
	return !bad
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Fields is a mapping, with the nodes of its keys.
type Fields struct {
	Place
	What  string // what it describes, for messages
	Nodes map[string]*yaml.Node
	Keys  []string // the keys present, in file order
}

// Mapping reads a mapping that may have only the given keys. ok is false if the node is not a
// mapping.
func (r *Reader) Mapping(n *yaml.Node, what string, keys ...string) (f Fields, ok bool) {
	f = Fields{PlaceOf(n), what, map[string]*yaml.Node{}, nil}
	n = resolve(n)
	if n.Kind != yaml.MappingNode {
		r.Fault(f.Place, "%s: want a mapping with the keys %s", what, strings.Join(keys, ", "))
		return f, false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		switch {
		case !slices.Contains(keys, key):
			r.Fault(
				PlaceOf(n.Content[i]),
				"%s has no key %q.%s The keys are %s",
				what,
				key,
				suggest.DidYouMean(key, keys),
				strings.Join(keys, ", "),
			)
		case f.Nodes[key] != nil:
			r.Fault(PlaceOf(n.Content[i]), "%s has the key %s twice", what, key)
		default:
			f.Nodes[key] = n.Content[i+1]
			f.Keys = append(f.Keys, key)
		}
	}
	return f, true
}

// Child returns the node of a key in a mapping, or nil.
func Child(n *yaml.Node, key string) *yaml.Node {
	n = resolve(n)
	for i := 0; i+1 < len(n.Content) && n.Kind == yaml.MappingNode; i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// resolve follows an alias.
func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

// Text reads an optional scalar.
func (r *Reader) Text(f Fields, key string) Text {
	n := f.Nodes[key]
	if n == nil {
		return Text{Place: f.Place}
	}
	return r.Scalar(n, key+" of "+f.What)
}

// Scalar reads a node that must be a single value.
func (r *Reader) Scalar(n *yaml.Node, what string) Text {
	t := Text{Place: PlaceOf(n), Given: true}
	n = resolve(n)
	if n.Kind != yaml.ScalarNode {
		r.Fault(t.Place, "%s: want a single value", what)
		t.Bad = true
		return t
	}
	t.Value = n.Value
	return t
}

// Required reads a scalar that must be present. want optionally describes it in a few words.
func (r *Reader) Required(f Fields, key string, want ...string) Text {
	t := r.Text(f, key)
	switch {
	case !t.Given:
		r.Fault(
			t.Place,
			"%s",
			strings.Join(append([]string{fmt.Sprintf("%s of %s is missing", key, f.What)}, want...), ": want "),
		)
	case t.Value == "" && !t.Bad:
		r.Fault(t.Place, "%s of %s is empty", key, f.What)
	}
	return t
}

// MaxFileName is the largest number of bytes of a name for a file or folder. File systems take 255,
// with the ending.
const MaxFileName = 200

// Index is the name of the file in which a report lists its studies, beside their folders.
const Index = "index.html"

// FileName reads a name for a file or folder; of says what it names. It takes only names under which
// files can be written, and none that a report needs for itself.
func (r *Reader) FileName(f Fields, key, of string) Text {
	t := r.Required(f, key)
	fault := func(want string) {
		r.Fault(t.Place, "%s %q of %s: it names a %s; %s", key, t.Value, f.What, of, want)
	}
	switch {
	case len(t.Value) > MaxFileName:
		r.Fault(t.Place, "%s of %s: it names a %s and has %d bytes; want at most %d", key, f.What, of, len(t.Value),
			MaxFileName)
	case strings.ContainsAny(t.Value, "/\\") || strings.HasPrefix(t.Value, "."):
		fault("want neither a slash nor a leading dot")
	case strings.ContainsFunc(t.Value, func(c rune) bool { return !unicode.IsGraphic(c) }):
		fault("want no control character")
	case strings.TrimSpace(t.Value) != t.Value:
		fault("want no space at either end")
	case strings.EqualFold(t.Value, Index):
		fault("want another, because a report writes a file of that name")
	}
	return t
}

// List reads a list of at least one element.
func (r *Reader) List(f Fields, key string) []*yaml.Node {
	n := f.Nodes[key]
	if n == nil {
		r.Fault(f.Place, "%s of %s are missing: want at least one", key, f.What)
		return nil
	}
	at := PlaceOf(n)
	n = resolve(n)
	switch {
	case n.Kind != yaml.SequenceNode:
		r.Fault(at, "%s of %s: want a list", key, f.What)
		return nil
	case len(n.Content) == 0:
		r.Fault(at, "%s of %s: want at least one", key, f.What)
	}
	return n.Content
}

// OptionalList reads an optional list.
func (r *Reader) OptionalList(f Fields, key string) []*yaml.Node {
	if f.Nodes[key] == nil {
		return nil
	}
	return r.List(f, key)
}

// Texts reads an optional list of scalars.
func (r *Reader) Texts(f Fields, key string) []Text {
	var list []Text
	for i, n := range r.OptionalList(f, key) {
		if t := r.Scalar(n, fmt.Sprintf("element %d of %s of %s", i+1, key, f.What)); !t.Bad {
			list = append(list, t)
		}
	}
	return list
}

// Count reads a whole number from 1 to most.
func (r *Reader) Count(f Fields, key string, most int) int {
	t := r.Required(f, key)
	if t.Value == "" {
		return 1
	}
	return r.Whole(t, key, 1, most)
}

// Whole converts a scalar to a whole number from least to most. After a fault it returns least.
func (r *Reader) Whole(t Text, key string, least, most int) int {
	n, err := strconv.Atoi(t.Value)
	if err != nil || n < least || n > most {
		r.Fault(t.Place, "%s %q: want a whole number from %d to %d", key, t.Value, least, most)
		return least
	}
	return n
}

// Seed converts a scalar to a seed.
func (r *Reader) Seed(t Text) uint64 {
	seed, err := strconv.ParseUint(t.Value, 10, 64)
	if err != nil {
		r.Fault(t.Place, "seed %q: want a whole number from 0 to 2^64-1", t.Value)
	}
	return seed
}

// Number reads a finite number.
func (r *Reader) Number(f Fields, key string) (float64, bool) {
	t := r.Required(f, key)
	if t.Value == "" {
		return 0, false
	}
	v, err := strconv.ParseFloat(t.Value, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		r.Fault(t.Place, "%s %q: want a number", key, t.Value)
		return 0, false
	}
	return v, true
}

// Choice reads one of several words. If the word is optional, the first is the default.
func (r *Reader) Choice(f Fields, key string, optional bool, words ...string) string {
	t := r.Text(f, key)
	switch {
	case t.Bad:
	case !t.Given && optional:
		return words[0]
	case !t.Given:
		r.Fault(t.Place, "%s of %s is missing: want one of %s", key, f.What, strings.Join(words, ", "))
	case !slices.Contains(words, t.Value):
		r.Fault(t.Place, "%s of %s: %v", key, f.What, suggest.NotOneOf(t.Value, words))
	default:
		return t.Value
	}
	return ""
}

// Entry is one entry of a mapping whose keys are names.
type Entry struct {
	Name Text
	Node *yaml.Node
}

// Entries reads a mapping of at least one name; what describes it.
func (r *Reader) Entries(n *yaml.Node, what string) (list []Entry) {
	at := PlaceOf(n)
	if n = resolve(n); n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		r.Fault(at, "%s: want a mapping with at least one name", what)
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := Text{Place: PlaceOf(n.Content[i]), Value: n.Content[i].Value, Given: true}
		if slices.ContainsFunc(list, func(e Entry) bool { return e.Name.Value == name.Value }) {
			r.Fault(name.Place, "%s has %s twice", what, name.Value)
			continue
		}
		list = append(list, Entry{name, n.Content[i+1]})
	}
	return list
}

// Assignment is one entry of a mapping from parameters to values.
type Assignment struct{ Name, Value Text }

// Assignments reads an optional mapping from parameters to values.
func (r *Reader) Assignments(f Fields, key string) []Assignment {
	n := f.Nodes[key]
	if n == nil {
		return nil
	}
	at := PlaceOf(n)
	n = resolve(n)
	if n.Kind != yaml.MappingNode {
		r.Fault(at, "%s of %s: want a mapping of parameters to values", key, f.What)
		return nil
	}
	var list []Assignment
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], resolve(n.Content[i+1])
		a := Assignment{
			Name:  Text{Place: PlaceOf(name), Value: name.Value, Given: true},
			Value: Text{Place: PlaceOf(n.Content[i+1]), Value: value.Value, Given: true},
		}
		if value.Kind != yaml.ScalarNode {
			r.Fault(a.Value.Place, "parameter %s: want a single value", name.Value)
			continue
		}
		list = append(list, a)
	}
	return list
}
