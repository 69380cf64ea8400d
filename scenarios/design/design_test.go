package design_test

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
)

func TestParseFactor(t *testing.T) {
	s := fixture.Scenario(t)
	for _, c := range []struct {
		text string
		want []string
	}{
		{"linger=0ms..60ms/3", []string{"0s", "20ms", "40ms", "60ms"}},
		{"linger=0..1ns/1", []string{"0s", "1ns"}},
		{"linger=60ms..0ms/2", []string{"60ms", "30ms", "0s"}},
		{"linger=1ms..100ms/2:log", []string{"1ms", "10ms", "100ms"}},
		{"clients=1..5/2", []string{"1", "3", "5"}},
		{"clients=1..100/2:log", []string{"1", "10", "100"}},
		{"loss=0..0.3/3", []string{"0", "0.1", "0.2", "0.3"}},
		{"latency=10ms..20ms/1", []string{"10ms", "20ms"}},
		{"remedy=none, linger", []string{"none", "linger"}},
		{"latency=10ms,uniform(5ms,15ms),5ms+exponential(mean=1ms)",
			[]string{"10ms", "uniform(5ms,15ms)", "5ms+exponential(mean=1ms)"}},
		{"latency=5ms+exponential(mean={1ms..3ms/2})",
			[]string{"5ms+exponential(mean=1ms)", "5ms+exponential(mean=2ms)", "5ms+exponential(mean=3ms)"}},
		{"latency=lognormal(median=20ms,sigma={0.5..2/2:log})",
			[]string{"lognormal(median=20ms,sigma=0.5)", "lognormal(median=20ms,sigma=1)",
				"lognormal(median=20ms,sigma=2)"}},
		{"bandwidth=64kbit/s..1Mbit/s/2", []string{"64kbit/s", "532kbit/s", "1Mbit/s"}},
		{"down=never,1s..2s", []string{"never", "1s..2s"}},
	} {
		f, err := design.ParseFactor(s, c.text)
		if err != nil || !slices.Equal(f.Levels, c.want) {
			t.Errorf("%s: %v %v, want %v", c.text, f.Levels, err, c.want)
		}
	}
	for text, want := range map[string]string{
		"linger":            "want NAME=A..B/STEPS or NAME=v1,v2",
		"linger=":           "want NAME=A..B/STEPS or NAME=v1,v2",
		"linter=0ms..1ms/2": "Did you mean linger?",
		"linger=0ms..1ms": "A..B without steps is for the designs that fill a space, latin-hypercube " +
			"and sobol",
		"linger=0ms..1ms/x":              "a range is A..B/STEPS",
		"linger=0ms..1ms/0":              "out of range",
		"linger=0ms..1ms/1000000":        "out of range",
		"linger=0ms..x/2":                "not a duration",
		"linger=0ms..1s/2:log":           "both ends have to be above 0",
		"linger={1ms..2ms/2}":            "braces stand around a number of a distribution",
		"linger=1ms,,2ms":                "empty level",
		"latency=uniform(5ms,15ms":       "parentheses do not match",
		"latency=uniform(5ms)":           "want the arguments uniform(from,to), not 1",
		"latency=gamma({1ms..2ms/2}":     "the closing parenthesis is missing",
		"latency=gamma({1ms,2)":          "want one range, in one pair of braces",
		"latency=gamma({1ms},2)":         "a range is A..B/STEPS",
		"clients=1..4/2":                 "do not divide",
		"clients=1..x/2":                 "not a range of whole numbers",
		"client=waits..waits/2":          "only a list of levels: closes-first,",
		"down=1s..2s/2":                  "parameter down",
		"loss=0..2/2":                    "out of range",
		"loss=0..NaN/2":                  "loss",
		"bandwidth=unlimited..1kbit/s/2": "a range has to end somewhere",
		"remedy=none,lingr":              "Did you mean linger?",
		"handshake-timeout=0s..1s/1":     "out of range",
	} {
		if f, err := design.ParseFactor(s, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, error %v; want one that says %q", text, f.Levels, err, want)
		}
	}
}

// levelsOf returns the levels of design points.
func levelsOf(points []design.Point) (list []scenarios.Settings) {
	for _, p := range points {
		list = append(list, p.Levels)
	}
	return list
}

func TestFactorial(t *testing.T) {
	s := fixture.Scenario(t)
	got, err := design.Factorial(
		fixture.Values(t, s, scenarios.Settings{"linger": "3ms"}),
		[]design.Factor{{"clients", []string{"1", "2"}}, {"client", []string{"waits", "vanishes"}}},
	)
	want := []scenarios.Settings{
		{"clients": "1", "client": "waits"}, {"clients": "1", "client": "vanishes"},
		{"clients": "2", "client": "waits"}, {"clients": "2", "client": "vanishes"},
	}
	if err != nil || !reflect.DeepEqual(levelsOf(got), want) {
		t.Errorf("%v %v, want %v", levelsOf(got), err, want)
	}
	if v := got[2].Values; v.Count("clients") != 2 || v.Choice("client") != "waits" ||
		v.Duration("linger") != 3*time.Millisecond {
		t.Errorf("the third point has %v", v.Settings())
	}
	if _, err := design.Factorial(fixture.Values(t, s, scenarios.Settings{"clients": "1"}),
		[]design.Factor{{"clients", nil}}); err == nil {
		t.Error("a parameter is set and varied, and nobody says so")
	}
}

// One factor at a time, around the parameters as set, which are one point.
func TestOneAtATime(t *testing.T) {
	s := fixture.Scenario(t)
	factors := []design.Factor{{"linger", []string{"0s", "5ms", "10ms"}}, {"gap", []string{"50ms", "100ms"}}}
	got, err := design.OneAtATime(fixture.Values(t, s, scenarios.Settings{"linger": "5ms"}), factors)
	want := []scenarios.Settings{
		{},
		{"linger": "0s"},
		{"linger": "10ms"},
		{"gap": "50ms"},
	} // the gap is 100 ms by default
	if err != nil || !reflect.DeepEqual(levelsOf(got), want) {
		t.Errorf("%v %v, want %v", levelsOf(got), err, want)
	}
	if _, err := design.OneAtATime(fixture.Values(t, s, nil), []design.Factor{factors[0], factors[0]}); err == nil {
		t.Error("a parameter is varied twice, and nobody says so")
	}
}

var spaces = map[string]func(scenarios.Values, []design.Range, int, uint64) ([]design.Point, error){
	"sobol": design.SobolDesign, "latin-hypercube": design.LatinHypercube,
}

// A design of n points has one in each of n equal parts of every range (n is a power of
// two), keeps each level within its range, is a function of the seed, and has no two
// equal points.
func TestDesignsThatFillASpace(t *testing.T) {
	const n = 64
	s, seed := fixture.Scenario(t), testkit.Seed(t)
	factors := fixture.Ranges(
		t,
		s,
		"linger=3ms..67ms",
		"gap=1ms..16s:log",
		"loss=0..0.5",
		"remedy=none,linger",
		"clients=1..4",
		"alert-latency=exponential(mean={1ms..65ms})",
	)
	for name, design := range spaces {
		drawn, err := design(fixture.Values(t, s, nil), factors, n, seed)
		if err != nil {
			t.Fatal(err)
		}
		points := levelsOf(drawn)
		shares := map[string][]float64{}
		levels := map[string]int{}
		var texts []string
		for _, p := range points {
			linger, _ := time.ParseDuration(p["linger"])
			gap, _ := time.ParseDuration(p["gap"])
			loss, _ := strconv.ParseFloat(p["loss"], 64)
			mean, _ := time.ParseDuration(
				strings.TrimSuffix(strings.TrimPrefix(p["alert-latency"], "exponential(mean="), ")"),
			)
			shares["linger"] = append(shares["linger"], float64(linger-3*time.Millisecond)/64e6)
			shares["gap"] = append(shares["gap"], math.Log(float64(gap)/1e6)/math.Log(16000))
			shares["loss"] = append(shares["loss"], loss/0.5)
			shares["law"] = append(shares["law"], float64(mean-time.Millisecond)/64e6)
			levels["remedy "+p["remedy"]]++
			levels["clients "+p["clients"]]++
			texts = append(texts, fmt.Sprint(p))
		}
		for factor, list := range shares {
			cells := map[int]int{}
			for _, share := range list {
				cells[int(math.Floor(share*n))]++
			}
			if len(cells) != n || cells[0] != 1 || cells[n-1] != 1 {
				t.Errorf("%s: %s is not in %d parts of its range: %v", name, factor, n, cells)
			}
		}
		want := map[string]int{
			"remedy none":   32,
			"remedy linger": 32,
			"clients 1":     16,
			"clients 2":     16,
			"clients 3":     16,
			"clients 4":     16,
		}
		if !maps.Equal(levels, want) {
			t.Errorf("%s: levels occur %v, want %v", name, levels, want)
		}
		if slices.Sort(texts); len(slices.Compact(texts)) != n {
			t.Errorf("%s: two points are equal", name)
		}
		again, _ := design(fixture.Values(t, s, nil), factors, n, seed)
		other, _ := design(fixture.Values(t, s, nil), factors, n, seed+1)
		if !reflect.DeepEqual(points, levelsOf(again)) || reflect.DeepEqual(points, levelsOf(other)) {
			t.Errorf("%s: it is no function of the seed", name)
		}
	}
}

// What is rounded to equal values is drawn again; where there are too few values, an
// error says so.
func TestNoTwoPointsAreEqual(t *testing.T) {
	s, seed := fixture.Scenario(t), testkit.Seed(t)
	factors := fixture.Ranges(t, s, "clients=1..4", "linger=1ns..4ns")
	for name, design := range spaces {
		points, err := design(fixture.Values(t, s, nil), factors, 6, seed)
		texts := map[string]bool{}
		for _, p := range points {
			texts[fmt.Sprint(p.Levels)] = true
		}
		if err != nil || len(texts) != 6 {
			t.Errorf("%s: %v %v", name, levelsOf(points), err)
		}
		if _, err := design(fixture.Values(t, s, nil), factors, 17, seed); err == nil ||
			!strings.Contains(err.Error(), "the ranges hold 16 different points, and 17 are wanted") {
			t.Errorf("%s: 17 points of 16 values: %v", name, err)
		}
		if _, err := design(fixture.Values(t, s, scenarios.Settings{"linger": "2ns"}), factors, 6, seed); err == nil ||
			!strings.Contains(err.Error(), "linger is varied, and set") {
			t.Errorf("%s: a parameter is set and varied: %v", name, err)
		}
	}
}

func TestParseRangeFaults(t *testing.T) {
	s := fixture.Scenario(t)
	for text, want := range map[string]string{
		"linger=5ms":             "there is one level: want two at least",
		"linger=5ms..5ms":        "the range holds one value",
		"linger={1..2":           "braces stand around",
		"lingr=1ms..2ms":         "Did you mean linger?",
		"linger=0s..1s:log":      "both ends have to be above 0",
		"loss=0..1.5":            "out of range",
		"remedy=none..x":         "only a list of levels: none,",
		"latency=gamma({1ms},2)": "a range is A..B, or A..B:log",
	} {
		if _, err := design.ParseRange(s, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v; want one that says %q", text, err, want)
		}
	}
}

func TestReadList(t *testing.T) {
	s := fixture.Scenario(t)
	points, names, err := design.ReadList(
		fixture.Values(t, s, scenarios.Settings{"gap": "50ms"}),
		"list.csv",
		strings.NewReader(
			"\ufefflinger, latency\n# a comment\n5ms,\"uniform(5ms,15ms)\"\n,10ms\n10ms,\n"),
	)
	want := []scenarios.Settings{
		{"linger": "5ms", "latency": "uniform(5ms,15ms)"},
		{"latency": "10ms"},
		{"linger": "10ms"},
	}
	if err != nil || !reflect.DeepEqual(levelsOf(points), want) || !slices.Equal(names, []string{"linger", "latency"}) {
		t.Errorf("%v %v %v, want %v", levelsOf(points), names, err, want)
	}
	for text, want := range map[string]string{
		"":         "list.csv: the file is empty",
		"linger\n": "list.csv: there is a header, and no design point",
		"linger,lingr\n1ms,2ms\n": `list.csv:1:8: late-close-notify has no parameter "lingr". Did you mean ` +
			`linger?`,
		"linger,linger\n1ms,2ms\n":     "list.csv:1:8: there are two columns linger",
		"linger,gap\n1ms,2ms\n":        "list.csv:1:8: parameter gap is varied, and set as well",
		"linger,clients\n1ms,2\n1ms\n": "list.csv:3:1: there are 1 cells, and 2 columns in the header",
		"linger,clients\n1,x\n": "list.csv:2:1: parameter linger: \"1\" is not a duration (a number with a " +
			"unit: ns, us, ms, s, m, h)\nlist.csv:2:3: parameter clients: \"x\" is not a whole number from 1 to 1000",
		"linger\n1ms\n\n2ms\n1000us\n": "list.csv:5:1: the design point is that of line 2",
		"linger,backlog\n1ms,3\n":      "list.csv:2:1: parameter backlog does not apply to a server of model sequential",
		"linger\n\"1ms\n":              "list.csv:",
	} {
		_, _, err := design.ReadList(
			fixture.Values(t, s, scenarios.Settings{"gap": "50ms"}),
			"list.csv",
			strings.NewReader(text),
		)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v; want one that says %q", text, err, want)
		}
	}
}
