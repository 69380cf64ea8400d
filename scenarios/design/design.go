// Package design chooses the points at which a question is asked: every combination of levels, one
// factor at a time, a list from a file, a Latin hypercube, a Sobol sequence.
//
//	--vary, --from or a study -> Factor, Range -> Factorial, LatinHypercube, ... -> []Point
//
// A Point carries the checked values of all parameters; later steps read no text again.
package design

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/sim/distribution"
)

// Factor is a parameter that a design varies, with its levels.
type Factor struct {
	Name   string
	Levels []string
}

// MaxLevels is the largest number of levels of a factor, and of points of a design.
const MaxLevels = 100_000

// MaxFaults is the number of faults reported for one factor.
const MaxFaults = 10

// ParseFactor reads NAME=A..B/STEPS or NAME=v1,v2,...: STEPS+1 levels from A to B at equal
// distances, or, with :log appended, in equal ratios; or a list. A comma inside parentheses
// separates arguments of a distribution, not levels. A range in braces replaces one number of a
// distribution: NAME=exponential(mean={1ms..9ms/8}).
func ParseFactor(s *scenarios.Scenario, text string) (Factor, error) {
	name, body, err := cutFactor(s, text)
	if err != nil {
		return Factor{}, err
	}
	f := Factor{Name: name}
	if p := s.Parameter(name); isRange(p, body) {
		var r numbers
		if r, err = parseNumbers(p, body); err == nil {
			f.Levels, err = r.levels()
		}
	} else {
		f.Levels, err = SplitLevels(body)
	}
	if err != nil {
		return Factor{}, fmt.Errorf("factor %q: %w", text, err)
	}
	return f, checkLevels(s, text, name, f.Levels)
}

// cutFactor cuts NAME=BODY and reports a parameter that does not exist.
func cutFactor(s *scenarios.Scenario, text string) (name, body string, err error) {
	name, body, ok := strings.Cut(text, "=")
	name, body = strings.TrimSpace(name), strings.TrimSpace(body)
	if !ok || name == "" || body == "" {
		return "", "", fmt.Errorf("factor %q: want NAME=A..B/STEPS or NAME=v1,v2", text)
	}
	if s.Parameter(name) == nil {
		return "", "", fmt.Errorf("factor %q: %w", text, s.Check(name, ""))
	}
	return name, body, nil
}

// checkLevels reports levels that are repeated or are not values of the parameter.
func checkLevels(s *scenarios.Scenario, text, name string, levels []string) error {
	var faults []error
	seen := map[string]bool{}
	for _, level := range levels {
		if seen[level] {
			faults = append(faults, fmt.Errorf("factor %q: level %s stands there twice", text, level))
		} else if _, err := s.Resolve(scenarios.Settings{name: level}); err != nil {
			faults = append(faults, fmt.Errorf("factor %q: %w", text, err))
		}
		seen[level] = true
		if len(faults) == MaxFaults {
			break
		}
	}
	return errors.Join(faults...)
}

// SplitLevels splits a list of levels.
func SplitLevels(body string) ([]string, error) {
	levels, err := distribution.SplitArguments(body)
	if err == nil && slices.Contains(levels, "") {
		err = errors.New("there is an empty level")
	}
	return levels, err
}

// Point is a design point: the levels of the factors, as displayed, and the resulting values. All
// other parameters have their values from the base of the design.
type Point struct {
	Levels scenarios.Settings
	Values scenarios.Values
}

// Single returns the design with one point, at which nothing varies.
func Single(base scenarios.Values) []Point { return []Point{{scenarios.Settings{}, base}} }

// CheckNames reports a parameter that is varied twice, or both varied and set.
func CheckNames(settings scenarios.Settings, names []string) error {
	var faults []error
	seen := map[string]bool{}
	for _, name := range names {
		if _, ok := settings[name]; ok || seen[name] {
			faults = append(faults, fmt.Errorf("parameter %s is varied, and set or varied a second time", name))
		}
		seen[name] = true
	}
	return errors.Join(faults...)
}

// Factorial returns the points of a full factorial design; the last factor varies fastest. No
// factor may be given in the base, or twice.
func Factorial(base scenarios.Values, factors []Factor) ([]Point, error) {
	var names []string
	for _, f := range factors {
		names = append(names, f.Name)
	}
	fault := CheckNames(base.Settings(), names)
	levels := []scenarios.Settings{{}}
	for _, f := range factors {
		if len(levels)*len(f.Levels) > MaxLevels {
			return nil, errors.Join(fault, fmt.Errorf("the design has more than %d design points", MaxLevels))
		}
		var next []scenarios.Settings
		for _, p := range levels {
			for _, level := range f.Levels {
				next = append(next, p.With(scenarios.Settings{f.Name: level}))
			}
		}
		levels = next
	}
	if fault != nil {
		return nil, fault
	}
	points := make([]Point, len(levels))
	var faults []error
	for i, p := range levels {
		v, err := base.Set(p)
		points[i], faults = Point{p, v}, append(faults, err)
	}
	return points, errors.Join(faults...)
}

// OneAtATime returns the points of a design that varies one factor at a time: first the base,
// then each level of each factor, with all other parameters as in the base. A level that equals
// the base adds no point. A factor may be given in the base, but not twice.
func OneAtATime(base scenarios.Values, factors []Factor) ([]Point, error) {
	var names []string
	for _, f := range factors {
		names = append(names, f.Name)
	}
	d := NewDistinct(base)
	_, err := d.Add(scenarios.Settings{})
	faults := []error{CheckNames(nil, names), err}
	for _, f := range factors {
		for _, level := range f.Levels {
			_, err := d.Add(scenarios.Settings{f.Name: level})
			faults = append(faults, err)
		}
	}
	if len(d.Points) > MaxLevels {
		faults = append(faults, fmt.Errorf("the design has more than %d design points", MaxLevels))
	}
	return d.Points, errors.Join(faults...)
}

// Distinct collects design points with different parameters.
type Distinct struct {
	Points []Point
	base   scenarios.Values
	seen   map[string]int // maps the parameters to the index of their point
}

// NewDistinct returns a collection of points whose factors vary from a base.
func NewDistinct(base scenarios.Values) *Distinct {
	return &Distinct{base: base, seen: map[string]int{}}
}

// Add adds a point unless an equal one exists, and returns the index of either.
func (d *Distinct) Add(levels scenarios.Settings) (int, error) {
	v, err := d.base.Set(levels)
	if err != nil {
		return 0, err
	}
	text := v.Text()
	var key strings.Builder
	for _, name := range slices.Sorted(maps.Keys(text)) {
		key.WriteString(text[name] + "\n")
	}
	if i, ok := d.seen[key.String()]; ok {
		return i, nil
	}
	d.seen[key.String()] = len(d.Points)
	d.Points = append(d.Points, Point{levels, v})
	return len(d.Points) - 1, nil
}
