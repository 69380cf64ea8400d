// Package provenance says where replications come from: their specification, and the programs and
// machines that performed them. Results with the same specification and binary are the same
// everywhere. A file of results carries both, so that results that may differ are never mixed.
//
// In: a checked sweep or a study's file, its scenario and the limits of a replication. Out: a
// [Specification], which has JSON and a digest and can be compared with another, and a [Program].
package provenance

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/measure"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/sim/distribution"
)

// Specification is everything that determines replications, except the program that performs them.
// It describes a study or a single sweep. The number of replications is not part of it.
type Specification struct {
	Study *Study `json:"study,omitempty"` // nil for a sweep
	Sweep *Sweep `json:"sweep,omitempty"` // nil for a study, whose sweeps are its parts

	Scenario string `json:"scenario"`
	File     Path   `json:"scenario_file,omitempty"` // its path, if it is not built in
	Source   string `json:"source,omitempty"`        // the scenario's YAML; empty if it is written in Go

	// Units are the units of the scenario's measures, by name; a count has none.
	Units map[string]measure.Unit `json:"units,omitempty"`

	Verify bool `json:"verify"`

	// Files are the SHA-256 digests of the files that latency distributions read, by path. Programs are
	// those of programs, and of the files that they load or are given.
	Files    map[string]string `json:"files,omitempty"`
	Programs map[string]string `json:"programs,omitempty"`

	WallLimit   string `json:"wall_limit"`
	MemoryLimit string `json:"memory_limit"`
}

// Study is the specification of a study.
type Study struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	File  Path   `json:"file,omitempty"` // its path, if it is not built in
	Text  string `json:"text"`           // its YAML
}

// Sweep is the specification of a sweep.
type Sweep struct {
	// Parameters are the parameters that are the same at every point, defaults included. Two sweeps
	// whose settings resolve to the same values have the same specification.
	Parameters map[string]string `json:"parameters"`

	// Factors are the parameters that the design sets, sorted by name, with their levels in order
	// of occurrence. Design is the SHA-256 of all its points.
	Factors []design.Factor `json:"factors"`
	Points  int             `json:"points"`
	Design  string          `json:"design"`

	Seed uint64 `json:"seed"` // of replication 0 at each point
	Fail string `json:"fail"` // the predicate; empty: the scenario's
}

// OfSweep returns the specification of a checked sweep. It returns an error if a file on which runs
// depend cannot be read.
func OfSweep(sweep sample.Sweep, limits run.Limits) (Specification, error) {
	s := newSpecification(sweep.Scenario(), limits)
	s.Verify = sweep.Verify
	of, err := NewSweep(sweep)
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

// OfStudy returns the specification of a study of a scenario. points are the values of all its
// runs; the files that their latency distributions read are part of the specification. It returns
// an error if one of them cannot be read.
func OfStudy(
	of Study, scenario *scenarios.Scenario, points []scenarios.Values, limits run.Limits,
) (Specification, error) {
	s := newSpecification(scenario, limits)
	s.Study = &of
	if s.Source == of.Text {
		s.Source = "" // the study's file contains both
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
		Scenario: scenario.Name, File: Path(scenario.File), Source: string(scenario.Source),
		Units:     scenario.Units(),
		WallLimit: limits.Wall.String(), MemoryLimit: limits.Memory.String(),
	}
}

// NewSweep returns the specification of a checked sweep.
func NewSweep(sweep sample.Sweep) (Sweep, error) {
	s := Sweep{Points: len(sweep.Design), Seed: sweep.Seed, Fail: sweep.Fail.Text()}
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
	s.Design = Digest(design)
	return s, nil
}

// addFiles adds the files read by the latency distributions of the values and of the scenario's
// rules, and those of its programs.
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
	programs, err := v.Files()
	if err != nil {
		return err
	}
	return errors.Join(addDigests(&s.Files, paths), addDigests(&s.Programs, programs))
}

// addDigests adds the digests of files to a map, unless it has them.
func addDigests(digests *map[string]string, paths []string) error {
	for _, path := range paths {
		if _, ok := (*digests)[path]; ok {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if *digests == nil {
			*digests = map[string]string{}
		}
		(*digests)[path] = Digest(data)
	}
	return nil
}

// ChangedFiles returns the files whose SHA-256 differs from the given one. files maps paths to
// digests. It returns an error if a file cannot be read.
func ChangedFiles(files map[string]string) (changed []string, err error) {
	for _, path := range slices.Sorted(maps.Keys(files)) {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if Digest(data) != files[path] {
			changed = append(changed, path)
		}
	}
	return changed, nil
}

// Encode returns the specification as JSON, and the SHA-256 of this JSON.
func (s Specification) Encode() (text, sum string) {
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // every field has JSON
	}
	return string(b), Digest(b)
}

// Digest returns the SHA-256 of data in hexadecimal.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
