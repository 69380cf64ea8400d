package cli

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/sim/suggest"
)

// The designs.
const (
	factorial      = "factorial"
	oneAtATime     = "one-at-a-time"
	latinHypercube = "latin-hypercube"
	sobolDesign    = "sobol"
	listDesign     = "list"
)

var designs = []string{factorial, oneAtATime, latinHypercube, sobolDesign, listDesign}

// design is the flags --design, --vary, --points and --list, with what they come to.
type designFlags struct {
	kind   string
	vary   []string
	count  int
	list   string
	given  func(flag string) bool
	points []design.Point
	names  []string // of the parameters that are varied
}

func (d *designFlags) String() string { return d.kind }
func (d *designFlags) Type() string   { return strings.Join(designs, "|") }

func (d *designFlags) Set(text string) error {
	if !slices.Contains(designs, text) {
		return suggest.NotOneOf(text, designs)
	}
	d.kind = text
	return nil
}

func (d *designFlags) addTo(c *cobra.Command) {
	d.kind = factorial
	d.given = c.Flags().Changed
	c.Flags().Var(d, "design", "how design points are chosen")
	c.Flags().StringArrayVar(&d.vary, "vary", nil,
		"a factor, `NAME=A..B/STEPS` or NAME=v1,v2, or NAME=A..B to fill a space; may be repeated")
	c.Flags().IntVar(&d.count, "points", 0, "how many design points latin-hypercube and sobol have")
	c.Flags().StringVar(&d.list, "list", "", "the design points are the rows of `FILE.csv`")
}

// designHelp is what verbs with a design say of it.
const designHelp = `A factor is NAME=A..B/STEPS, that is STEPS+1 levels from A to B at equal distances, or with
:log behind it in equal ratios; or NAME=v1,v2,... In braces, the range is one of a number in a
law: 'latency=exponential(mean={1ms..9ms/8})'. --design says how design points follow:

factorial         every combination of levels, the last factor varying fastest;
one-at-a-time     the parameters as set, and each level of each factor with all else as set;
latin-hypercube   --points of them in ranges NAME=A..B: each of as many equal parts of a range
                  holds one (McKay, Beckman, Conover 1979);
sobol             the first --points of a sequence of Sobol, scrambled (Joe and Kuo 2008; Owen
                  1995): they fill the space most evenly if they are a power of two;
list              the rows of --list FILE.csv, whose header names parameters; an empty cell
                  leaves one as set.

The two that fill a space follow from the seed, round to what a parameter can hold, and have no
two equal points; levels of a list are equally probable there.`

// resolve makes the design points, and returns every fault. The scenario and its
// settings have been resolved, or it knows nothing.
func (d *designFlags) resolve(s *selection) []error {
	if s.scenario == nil {
		return nil
	}
	var faults []error
	fills := d.kind == latinHypercube || d.kind == sobolDesign
	if d.list != "" && !d.given("design") {
		d.kind = listDesign
	}
	switch {
	case fills && d.count < 1:
		faults = append(
			faults,
			fmt.Errorf("--points is missing: want how many design points %s has, 1 at least", d.kind),
		)
	case !fills && d.given("points"):
		faults = append(
			faults,
			fmt.Errorf("--points means nothing to the design %s, only to latin-hypercube and sobol", d.kind),
		)
	}
	switch {
	case d.kind == listDesign && d.list == "":
		faults = append(faults, errors.New("--list is missing: want a FILE.csv of design points"))
	case d.kind != listDesign && d.list != "":
		faults = append(faults, fmt.Errorf("--list means nothing to the design %s", d.kind))
	}
	switch {
	case d.kind == listDesign && len(d.vary) > 0:
		faults = append(faults, errors.New("--vary means nothing to the design list, whose header names the factors"))
	case (fills || d.kind == oneAtATime) && len(d.vary) == 0:
		faults = append(faults, fmt.Errorf("--vary is missing: want the factors of the design %s", d.kind))
	}
	if d.kind == listDesign {
		if len(faults) > 0 {
			return faults
		}
		return []error{d.readList(s)}
	}
	var factors []design.Factor
	var ranges []design.Range
	for _, text := range d.vary {
		if fills {
			r, err := design.ParseRange(s.scenario, text)
			faults, ranges, d.names = append(faults, err), append(ranges, r), append(d.names, r.Name)
		} else {
			f, err := design.ParseFactor(s.scenario, text)
			faults, factors, d.names = append(faults, err), append(factors, f), append(d.names, f.Name)
		}
	}
	if s.values.Scenario() == nil || errors.Join(faults...) != nil { // a broken factor has no points
		if d.kind == factorial {
			faults = append(faults, design.CheckNames(s.settings, d.names))
		}
		return faults
	}
	var err error
	switch d.kind {
	case latinHypercube:
		d.points, err = design.LatinHypercube(s.values, ranges, d.count, s.seed)
	case sobolDesign:
		d.points, err = design.SobolDesign(s.values, ranges, d.count, s.seed)
	case oneAtATime:
		d.points, err = design.OneAtATime(s.values, factors)
	default:
		d.points, err = design.Factorial(s.values, factors)
	}
	return append(faults, err)
}

// readList reads the design points from a file.
func (d *designFlags) readList(s *selection) error {
	f, err := os.Open(d.list)
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", d.list, reason(err))
	}
	defer f.Close()
	base := s.values
	if base.Scenario() == nil { // what the list says is wrong or right all the same
		if base, err = s.scenario.Resolve(nil); err != nil {
			return err
		}
	}
	d.points, d.names, err = design.ReadList(base, d.list, f)
	return err
}
