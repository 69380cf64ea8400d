package provenance

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Differences lists the differences between the specification of a file and the current one; nil if
// there are none.
func (s Specification) Differences(now Specification) []string {
	var list list
	list.differ("it is of", s.what(), now.what())
	list.differ("scenario", s.Scenario, now.Scenario)
	if len(list) > 0 {
		return list // other differences would follow from these
	}
	switch {
	case s.Study != nil:
		list.differ("the study's file", string(s.Study.File), string(now.Study.File))
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
	list = append(list, s.programs(now)...)
	list.differ("verify", s.Verify, now.Verify)
	list.differ("wall limit", s.WallLimit, now.WallLimit)
	list.differ("memory limit", s.MemoryLimit, now.MemoryLimit)
	return list
}

// programs lists the differences between the programs of a file and the current ones, with the files that they load.
func (s Specification) programs(now Specification) (list list) {
	for _, name := range slices.Sorted(maps.Keys(union(s.Programs, now.Programs))) {
		switch a, b := s.Programs[name], now.Programs[name]; {
		case a == b:
		case b == "":
			list = append(list, "programs ran with the file "+name+" there, and do not here")
		case a == "":
			list = append(list, "programs run with the file "+name+" here, and did not there")
		default:
			list = append(list, "the program, library or file "+name+" is another one")
		}
	}
	return list
}

func (s Specification) what() string {
	if s.Study != nil {
		return "the study " + s.Study.Name
	}
	return "a sweep"
}

func (s Sweep) differences(now Sweep) []string {
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

// list is a list of differences.
type list []string

func (l *list) differ(what string, a, b any) {
	if x, y := fmt.Sprint(a), fmt.Sprint(b); x != y {
		*l = append(*l, fmt.Sprintf("%s: %s there, %s here", what, value(x), value(y)))
	}
}

// firstLine returns the first line in which two texts differ; empty if they are equal.
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

// levelsOf returns the factors of a sweep on one line.
func levelsOf(s Sweep) string {
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
