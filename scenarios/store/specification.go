package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios/explore"
	"github.com/dtlssim/dtlssim/scenarios/worker"
)

// Specification is all that decides what the replications of a sweep are, but for the
// program. How many there are is no part of it.
type Specification struct {
	Scenario string `json:"scenario"`
	Source   string `json:"source,omitempty"` // what its file says, if it is not built in

	// Parameters are those that are the same at every point, with the defaults. Two
	// sweeps whose settings come to the same are of one specification.
	Parameters map[string]string `json:"parameters"`

	// Factors are the parameters that the design sets, sorted by name, with their levels
	// in the order in which they occur. Design is the SHA-256 of all its points.
	Factors []explore.Factor `json:"factors"`
	Points  int              `json:"points"`
	Design  string           `json:"design"`

	Seed   uint64 `json:"seed"` // of replication 0 at each point
	Fail   string `json:"fail"` // the predicate; empty: the scenario's
	Verify bool   `json:"verify"`

	// Files are the SHA-256 of the files that latency laws read, by path.
	Files map[string]string `json:"files,omitempty"`

	WallLimit   string `json:"wall_limit"`
	MemoryLimit string `json:"memory_limit"`
}

// maxReplications and maxPoints are how many a key has room for.
const (
	maxReplications = 1 << keyBits
	maxPoints       = 1 << (63 - keyBits)
)

// NewSpecification returns the specification of a sweep that has been checked. It
// reports more replications or points than a store has room for, and a file of a
// latency law that cannot be read.
func NewSpecification(sweep explore.Sweep, limits worker.Limits) (Specification, error) {
	s := Specification{
		Scenario: sweep.Scenario.Name, Points: len(sweep.Design), Seed: sweep.Seed, Fail: sweep.Fail.Text(), Verify: sweep.Verify,
		WallLimit: limits.Wall.String(), MemoryLimit: limits.Memory.String(),
	}
	if sweep.Replications > maxReplications || len(sweep.Design) > maxPoints {
		return s, fmt.Errorf("%d replications at %d points: a store has room for %d at %d", sweep.Replications, len(sweep.Design),
			maxReplications, maxPoints)
	}
	if sweep.Scenario.File != "" {
		s.Source = string(sweep.Scenario.Source)
	}
	levels := map[string][]string{}
	seen := map[string]bool{}
	for i, point := range sweep.Design {
		v, err := sweep.Scenario.Resolve(sweep.Settings.With(point))
		if err != nil {
			return s, err
		}
		text := v.Text()
		if err := s.addFiles(text); err != nil {
			return s, err
		}
		if i == 0 {
			s.Parameters = maps.Clone(text)
		}
		maps.DeleteFunc(s.Parameters, func(name, value string) bool { return text[name] != value })
		for name, level := range point {
			delete(s.Parameters, name)
			if at := name + "=" + level; !seen[at] {
				seen[at] = true
				levels[name] = append(levels[name], level)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(levels)) {
		s.Factors = append(s.Factors, explore.Factor{Name: name, Levels: levels[name]})
	}
	design, err := json.Marshal(sweep.Design)
	if err != nil {
		return s, err
	}
	s.Design = digest(design)
	return s, nil
}

// fileOf matches the laws that read a file.
var fileOf = regexp.MustCompile(`\b(?:empirical|replay)\(([^)]*)\)`)

// addFiles adds the files that the laws among some parameters read.
func (s *Specification) addFiles(parameters map[string]string) error {
	for _, text := range parameters {
		for _, match := range fileOf.FindAllStringSubmatch(text, -1) {
			path := match[1]
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
	}
	return nil
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
	var list []string
	differ := func(what string, a, b any) {
		if x, y := fmt.Sprint(a), fmt.Sprint(b); x != y {
			list = append(list, fmt.Sprintf("%s: %s there, %s here", what, value(x), value(y)))
		}
	}
	differ("scenario", s.Scenario, now.Scenario)
	if s.Scenario != now.Scenario {
		return list // whose parameters are others
	}
	if s.Source != now.Source {
		list = append(list, "the scenario's file says something else")
	}
	if a, b := levelsOf(s), levelsOf(now); a != b {
		differ("factors", a, b)
	} else {
		for _, name := range slices.Sorted(maps.Keys(union(s.Parameters, now.Parameters))) {
			differ("parameter "+name, s.Parameters[name], now.Parameters[name])
		}
		if s.Design != now.Design && len(list) == 0 {
			list = append(list, "the order of the design points, which is that of the factors")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(union(s.Files, now.Files))) {
		if a, b := s.Files[name], now.Files[name]; a != "" && b != "" && a != b {
			list = append(list, "the file "+name+" says something else")
		}
	}
	differ("seed", s.Seed, now.Seed)
	differ("failure", s.Fail, now.Fail)
	differ("verify", s.Verify, now.Verify)
	differ("wall limit", s.WallLimit, now.WallLimit)
	differ("memory limit", s.MemoryLimit, now.MemoryLimit)
	return list
}

func value(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

// levelsOf returns the factors of a specification in one line.
func levelsOf(s Specification) string {
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
