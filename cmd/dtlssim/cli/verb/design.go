package verb

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
)

// The designs.
const (
	factorial      = "factorial"
	oneAtATime     = "one-at-a-time"
	latinHypercube = "latin-hypercube"
	sobol          = "sobol"
	list           = "list"
)

// Design is the flags --design, --vary, --points and --list, and the design points that they give.
type Design struct {
	Of *Selection // the scenario with its settings; checked before

	kind  *Choice
	vary  []string
	count int
	list  string

	Points []design.Point
	Names  []string // of the varied parameters
}

// DesignHelp is the part on designs in the help of verbs that have one.
const DesignHelp = `A factor is NAME=A..B/STEPS, that is STEPS+1 levels from A to B at equal distances, or with
:log behind it in equal ratios; or NAME=v1,v2,... In braces, the range is one of a number in a
distribution: 'latency=exponential(mean={1ms..9ms/8})'. --design chooses the design points:

factorial         every combination of levels, the last factor varying fastest;
one-at-a-time     the parameters as set, and each level of each factor with all else as set;
latin-hypercube   --points of them in ranges NAME=A..B: each of as many equal parts of a range
                  holds one (McKay, Beckman, Conover 1979);
sobol             the first --points of a scrambled Sobol sequence (Joe and Kuo 2008; Owen
                  1995): they fill the space most evenly if they are a power of two;
list              the rows of --list FILE.csv, whose header names parameters; an empty cell
                  leaves one as set.

Latin-hypercube and sobol fill a space. Their points follow from the seed and are rounded to what
a parameter can hold; no two are equal. The levels of a list are equally probable there.`

// AddTo implements [Part].
func (d *Design) AddTo(f *pflag.FlagSet) {
	d.kind = NewChoice(factorial, oneAtATime, latinHypercube, sobol, list)
	f.Var(d.kind, "design", "how design points are chosen")
	f.StringArrayVar(&d.vary, "vary", nil,
		"a factor, `NAME=A..B/STEPS` or NAME=v1,v2, or NAME=A..B to fill a space; may be repeated")
	f.IntVar(&d.count, "points", 0, "how many design points latin-hypercube and sobol have")
	f.StringVar(&d.list, "list", "", "the design points are the rows of `FILE.csv`")
}

// Check implements [Part]. It makes the design points.
func (d *Design) Check(c *Call, f *Faults) {
	if d.Of.Scenario == nil || !d.kind.known() {
		return
	}
	if d.list != "" && !c.Changed("design") {
		d.kind.Choose(list)
	}
	var faults Faults
	d.checkFlags(c, &faults)
	if d.kind.Is(list) {
		if faults.None() {
			faults.Add(d.readList())
		}
	} else {
		d.makePoints(&faults)
	}
	if faults.None() && d.Of.Good { // otherwise it says so itself
		list := make([]scenarios.Values, len(d.Points))
		for i := range d.Points {
			list[i] = d.Points[i].Values
		}
		faults.Add(scenarios.Ready(list...))
	}
	f.Add(faults.list...)
}

// checkFlags reports flags that are missing or that do not apply to the design.
func (d *Design) checkFlags(c *Call, f *Faults) {
	fills := d.kind.Is(latinHypercube, sobol)
	switch {
	case fills && d.count < 1:
		f.Add(fmt.Errorf("--points is missing: want how many design points %s has, 1 at least", d.kind))
	case !fills && c.Changed("points"):
		f.Add(fmt.Errorf("--points does not apply to the design %s, only to latin-hypercube and sobol", d.kind))
	}
	switch {
	case d.kind.Is(list) && d.list == "":
		f.Add(errors.New("--list is missing: want a FILE.csv of design points"))
	case !d.kind.Is(list) && d.list != "":
		f.Add(fmt.Errorf("--list does not apply to the design %s, only to list", d.kind))
	}
	switch {
	case d.kind.Is(list) && len(d.vary) > 0:
		f.Add(errors.New("--vary does not apply to the design list, whose header names the factors"))
	case (fills || d.kind.Is(oneAtATime)) && len(d.vary) == 0:
		f.Add(fmt.Errorf("--vary is missing: want the factors of the design %s", d.kind))
	}
}

// makePoints makes the design points from the factors.
func (d *Design) makePoints(f *Faults) {
	var factors []design.Factor
	var ranges []design.Range
	for _, text := range d.vary {
		if d.kind.Is(latinHypercube, sobol) {
			r, err := design.ParseRange(d.Of.Scenario, text)
			f.Add(err)
			ranges, d.Names = append(ranges, r), append(d.Names, r.Name)
		} else {
			factor, err := design.ParseFactor(d.Of.Scenario, text)
			f.Add(err)
			factors, d.Names = append(factors, factor), append(d.Names, factor.Name)
		}
	}
	values := d.Of.Values
	if values.Scenario() == nil || !f.None() { // a faulty factor has no points
		if d.kind.Is(factorial) {
			f.Add(design.CheckNames(d.Of.Settings, d.Names))
		}
		return
	}
	var err error
	switch d.kind.String() {
	case latinHypercube:
		d.Points, err = design.LatinHypercube(values, ranges, d.count, d.Of.Seed)
	case sobol:
		d.Points, err = design.SobolDesign(values, ranges, d.count, d.Of.Seed)
	case oneAtATime:
		d.Points, err = design.OneAtATime(values, factors)
	default:
		d.Points, err = design.Factorial(values, factors)
	}
	f.Add(err)
}

// readList reads the design points from a file.
func (d *Design) readList() error {
	data, err := strict.ReadFile(d.list)
	if err != nil {
		return err
	}
	base := d.Of.Values
	if base.Scenario() == nil { // the list can be checked even so
		if base, err = d.Of.Scenario.Resolve(scenarios.Settings{}); err != nil {
			return err
		}
	}
	d.Points, d.Names, err = design.ReadList(base, d.list, bytes.NewReader(data))
	return err
}
