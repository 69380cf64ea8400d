package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/sim/distribution"
)

// Specification is all that decides what the replications of a file are, but for the
// program: of a study, or of one sweep. How many there are is no part of it.
type Specification struct {
	Study *StudySpecification `json:"study,omitempty"` // nil of a sweep
	Sweep *SweepSpecification `json:"sweep,omitempty"` // nil of a study, whose sweeps are its parts

	Scenario string `json:"scenario"`
	File     string `json:"scenario_file,omitempty"` // its path, if it is not built in
	// what the scenario's YAML says; empty of one that is written in Go
	Source string `json:"source,omitempty"`

	Verify bool `json:"verify"`

	// Files are the SHA-256 of the files that latency distributions read, by path.
	Files map[string]string `json:"files,omitempty"`

	WallLimit   string `json:"wall_limit"`
	MemoryLimit string `json:"memory_limit"`
}

// StudySpecification is what a study is of.
type StudySpecification struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	File  string `json:"file,omitempty"` // its path, if it is not built in
	Text  string `json:"text"`           // what its YAML says
}

// SweepSpecification is what the replications of a sweep are of.
type SweepSpecification struct {
	// Parameters are those that are the same at every point, with the defaults. Two
	// sweeps whose settings come to the same are of one specification.
	Parameters map[string]string `json:"parameters"`

	// Factors are the parameters that the design sets, sorted by name, with their levels
	// in the order in which they occur. Design is the SHA-256 of all its points.
	Factors []design.Factor `json:"factors"`
	Points  int             `json:"points"`
	Design  string          `json:"design"`

	Seed uint64 `json:"seed"` // of replication 0 at each point
	Fail string `json:"fail"` // the predicate; empty: the scenario's
}

// maxReplications and maxPoints are how many a key has room for; points are those of
// all parts.
const (
	maxReplications = 1 << keyBits
	maxPoints       = 1<<(63-keyBits) - 1
)

// OfSweep returns the specification of a sweep that has been checked. It reports more
// replications or points than a store has room for, and a file of a latency distribution that
// cannot be read.
func OfSweep(sweep sample.Sweep, limits run.Limits) (Specification, error) {
	s := newSpecification(sweep.Scenario(), limits)
	s.Verify = sweep.Verify
	of, err := newSweepSpecification(sweep)
	if err != nil {
		return s, err
	}
	s.Sweep = &of
	for _, point := range sweep.Design {
		if err := s.addFiles(point.Values); err != nil {
			return s, err
		}
	}
	return s, nil
}

// OfStudy returns the specification of a study of a scenario. settings are all that its
// figures set, for the files of latency distributions among them. It reports one that cannot be
// read.
func OfStudy(
	of StudySpecification, scenario *scenarios.Scenario, points []scenarios.Values, limits run.Limits,
) (Specification, error) {
	s := newSpecification(scenario, limits)
	s.Study = &of
	if s.Source == of.Text {
		s.Source = "" // one file has both
	}
	for _, v := range points {
		if err := s.addFiles(v); err != nil {
			return s, err
		}
	}
	return s, nil
}

func newSpecification(scenario *scenarios.Scenario, limits run.Limits) Specification {
	return Specification{
		Scenario: scenario.Name, File: scenario.File, Source: string(scenario.Source),
		WallLimit: limits.Wall.String(), MemoryLimit: limits.Memory.String(),
	}
}

func newSweepSpecification(sweep sample.Sweep) (SweepSpecification, error) {
	s := SweepSpecification{Points: len(sweep.Design), Seed: sweep.Seed, Fail: sweep.Fail.Text()}
	if sweep.Replications > maxReplications || len(sweep.Design) > maxPoints {
		return s, fmt.Errorf(
			"%d replications at %d points: a store has room for %d at %d", sweep.Replications, len(sweep.Design),
			maxReplications, maxPoints,
		)
	}
	if sweep.Tilt != nil || sweep.Each != nil {
		return s, errors.New("a store keeps no sweep whose replications are tilted or set one by one")
	}
	levels := map[string][]string{}
	seen := map[string]bool{}
	for i, point := range sweep.Design {
		text := point.Values.Text()
		if i == 0 {
			s.Parameters = maps.Clone(text)
		}
		maps.DeleteFunc(s.Parameters, func(name, value string) bool { return text[name] != value })
		for name, level := range point.Levels {
			delete(s.Parameters, name)
			if at := name + "=" + level; !seen[at] {
				seen[at] = true
				levels[name] = append(levels[name], level)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(levels)) {
		s.Factors = append(s.Factors, design.Factor{Name: name, Levels: levels[name]})
	}
	points := make([]scenarios.Settings, len(sweep.Design))
	for i := range sweep.Design {
		points[i] = sweep.Design[i].Levels
	}
	design, err := json.Marshal(points)
	if err != nil {
		return s, err
	}
	s.Design = digest(design)
	return s, nil
}

// addFiles adds the files that the latency distributions read which a scenario has under
// some settings: those of its parameters, and those of its rules.
func (s *Specification) addFiles(v scenarios.Values) error {
	var paths []string
	for _, p := range v.Scenario().Parameters {
		if p.Type == scenarios.DistributionType {
			paths = append(paths, distribution.Files(v.Distribution(p.Name))...)
		}
	}
	for _, r := range v.Scenario().Rules {
		paths = append(paths, distribution.Files(r.Delay.Distribution)...)
	}
	for _, path := range paths {
		if _, ok := s.Files[path]; ok {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if s.Files == nil {
			s.Files = map[string]string{}
		}
		s.Files[path] = digest(data)
	}
	return nil
}

// ChangedFiles returns which of some files, of which the SHA-256 is given by path, say
// something else now. It reports one that cannot be read.
func ChangedFiles(files map[string]string) (changed []string, err error) {
	for _, path := range slices.Sorted(maps.Keys(files)) {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if digest(data) != files[path] {
			changed = append(changed, path)
		}
	}
	return changed, nil
}

// encode returns the specification as JSON, and the SHA-256 of that.
func (s Specification) encode() (text, sum string) {
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // there is nothing in it that has no JSON
	}
	return string(b), digest(b)
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// differences says in what another specification differs from this, which is a
// file's; nil if in nothing.
func (s Specification) differences(now Specification) []string {
	var list list
	list.differ("it is of", s.what(), now.what())
	list.differ("scenario", s.Scenario, now.Scenario)
	if len(list) > 0 {
		return list // whose parameters are others
	}
	switch {
	case s.Study != nil:
		list.differ("the study's file", s.Study.File, now.Study.File)
		if line := firstLine(s.Study.Text, now.Study.Text); line != "" {
			list = append(list, "the study's file says something else: "+line)
		}
	default:
		list = append(list, s.Sweep.differences(*now.Sweep)...)
	}
	if line := firstLine(s.Source, now.Source); line != "" {
		list = append(list, "the scenario's file says something else: "+line)
	}
	for _, name := range slices.Sorted(maps.Keys(union(s.Files, now.Files))) {
		if a, b := s.Files[name], now.Files[name]; a != "" && b != "" && a != b {
			list = append(list, "the file "+name+" says something else")
		}
	}
	list.differ("verify", s.Verify, now.Verify)
	list.differ("wall limit", s.WallLimit, now.WallLimit)
	list.differ("memory limit", s.MemoryLimit, now.MemoryLimit)
	return list
}

func (s Specification) what() string {
	if s.Study != nil {
		return "the study " + s.Study.Name
	}
	return "a sweep"
}

func (s SweepSpecification) differences(now SweepSpecification) []string {
	var list list
	if a, b := levelsOf(s), levelsOf(now); a != b {
		list.differ("factors", a, b)
	} else {
		for _, name := range slices.Sorted(maps.Keys(union(s.Parameters, now.Parameters))) {
			list.differ("parameter "+name, s.Parameters[name], now.Parameters[name])
		}
		if s.Design != now.Design && len(list) == 0 {
			list = append(list, "the order of the design points, which is that of the factors")
		}
	}
	list.differ("seed", s.Seed, now.Seed)
	list.differ("failure", s.Fail, now.Fail)
	return list
}

// list is differences.
type list []string

func (l *list) differ(what string, a, b any) {
	if x, y := fmt.Sprint(a), fmt.Sprint(b); x != y {
		*l = append(*l, fmt.Sprintf("%s: %s there, %s here", what, value(x), value(y)))
	}
}

// firstLine returns the first line in which two texts differ; empty if in none.
func firstLine(a, b string) string {
	if a == b {
		return ""
	}
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	i := 0
	for i < len(x) && i < len(y) && x[i] == y[i] {
		i++
	}
	at := func(lines []string) string {
		if i >= len(lines) {
			return "nothing"
		}
		return fmt.Sprintf("%q", strings.TrimSpace(lines[i]))
	}
	return fmt.Sprintf("line %d is %s there, %s here", i+1, at(x), at(y))
}

func value(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

// levelsOf returns the factors of a sweep in one line.
func levelsOf(s SweepSpecification) string {
	var parts []string
	for _, f := range s.Factors {
		levels := f.Levels
		if len(levels) > shownLevels {
			levels = append(slices.Clone(levels[:shownLevels-2]), "...", levels[len(levels)-1])
		}
		parts = append(parts, fmt.Sprintf("%s=%s (%d)", f.Name, strings.Join(levels, ","), len(f.Levels)))
	}
	return strings.Join(parts, " ")
}

// shownLevels is how many levels of a factor are shown.
const shownLevels = 8

func union(a, b map[string]string) map[string]string {
	u := maps.Clone(a)
	if u == nil {
		return b
	}
	maps.Copy(u, b)
	return u
}
