package design

import (
	"errors"
	"fmt"
	"strings"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distmv"
	"gonum.org/v1/gonum/stat/samplemv"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/design/sobol"
	"github.com/dtlssim/dtlssim/scenarios/seed"
	"github.com/dtlssim/dtlssim/sim/stream"
)

// Range is a factor of a space-filling design: a range of numbers, all equally probable (in a
// logarithmic range, their logarithms are), or a list of equally probable levels.
type Range struct {
	Name    string
	levels  []string
	numbers numbers
}

// ParseRange reads NAME=A..B or NAME=A..B:log, or a list of levels as ParseFactor does.
func ParseRange(s *scenarios.Scenario, text string) (Range, error) {
	name, body, err := cutFactor(s, text)
	if err != nil {
		return Range{}, err
	}
	r := Range{Name: name}
	if p := s.Parameter(name); isRange(p, body) {
		if r.numbers, err = parseNumbers(p, body); err != nil {
			if errors.Is(err, errSteps) {
				err = errors.New("a range is A..B, or A..B:log")
			}
			return r, fmt.Errorf("factor %q: %w", text, err)
		}
		if r.numbers.steps == 0 {
			if r.numbers.low == r.numbers.high {
				return r, fmt.Errorf("factor %q: the range holds one value", text)
			}
			return r, checkLevels(s, text, name, []string{r.At(0), r.At(1)})
		}
	}
	f, err := ParseFactor(s, text)
	if err == nil && len(f.Levels) < 2 {
		err = fmt.Errorf("factor %q: there is one level: want two at least", text)
	}
	r.levels = f.Levels
	return r, err
}

// At returns the value at a fraction of the range, from 0 to 1, rounded to a value of the
// parameter.
func (r *Range) At(share float64) string {
	if r.levels != nil {
		return r.levels[min(int(share*float64(len(r.levels))), len(r.levels)-1)]
	}
	return r.numbers.at(share)
}

// Ends returns both ends of a range, or all levels of a list.
func (r *Range) Ends() Factor {
	if r.levels != nil {
		return Factor{r.Name, r.levels}
	}
	return Factor{r.Name, []string{r.At(0), r.At(1)}}
}

// PointAt returns the levels of the design point at the given coordinates.
func PointAt(ranges []Range, coordinates []float64) scenarios.Settings {
	p := scenarios.Settings{}
	for i := range ranges {
		p[ranges[i].Name] = ranges[i].At(coordinates[i])
	}
	return p
}

// checkSpace reports why a space-filling design is impossible.
func checkSpace(settings scenarios.Settings, ranges []Range, points int) error {
	var names []string
	for _, r := range ranges {
		names = append(names, r.Name)
	}
	fault := CheckNames(settings, names)
	if points < 1 || points > MaxLevels {
		fault = errors.Join(fault, fmt.Errorf("%d design points are out of range: 1 to %d", points, MaxLevels))
	}
	if len(ranges) < 1 || len(ranges) > sobol.MaxDimensions {
		fault = errors.Join(fault, fmt.Errorf("%d factors are out of range: 1 to %d", len(ranges), sobol.MaxDimensions))
	}
	return fault
}

// DesignStream returns the stream from which a design with the given name is drawn.
func DesignStream(s *scenarios.Scenario, master uint64, name string) *stream.Stream {
	return seed.Design(master, s.Name, name)
}

// draws bounds the attempts to avoid equal points: how often a Latin hypercube is drawn, and how
// many Sobol points are taken per point wanted.
const draws = 100

// values returns how many values the range holds.
func (r *Range) values() float64 {
	if r.levels != nil {
		return float64(len(r.levels))
	}
	return r.numbers.values()
}

// checkRoom returns an error if the ranges hold too few values for so many different points. It is
// for what can be seen without drawing any: [SobolDesign] and [LatinHypercube] find the rest.
func checkRoom(ranges []Range, points int) error {
	room := 1.0
	for i := range ranges {
		room *= ranges[i].values()
	}
	if room < float64(points) {
		return fmt.Errorf("the ranges hold %.0f different points, and %d are wanted; want fewer, or the design factorial",
			room, points)
	}
	return nil
}

// pointKeys recognises points with equal levels.
type pointKeys map[string]bool

// add reports whether the point is new.
func (k pointKeys) add(ranges []Range, p scenarios.Settings) bool {
	var key strings.Builder
	for i := range ranges {
		key.WriteString(p[ranges[i].Name])
		key.WriteByte(0)
	}
	known := k[key.String()]
	k[key.String()] = true
	return !known
}

// SobolDesign returns design points from a Sobol sequence that is scrambled by the seed. A point
// that equals an earlier one after rounding is replaced by the next.
func SobolDesign(base scenarios.Values, ranges []Range, points int, seed uint64) ([]Point, error) {
	if err := checkSpace(base.Settings(), ranges, points); err != nil {
		return nil, err
	}
	if err := checkRoom(ranges, points); err != nil {
		return nil, err
	}
	sequence := sobol.NewScrambled(len(ranges), DesignStream(base.Scenario(), seed, "sobol"))
	coordinates := make([]float64, len(ranges))
	d, known := NewDistinct(base), pointKeys{}
	drawn, last := 0, 0 // the last one that was new
	for drawn < draws*points && drawn-last < 10*points+1000 {
		sequence.Next(coordinates)
		drawn++
		p := PointAt(ranges, coordinates)
		if !known.add(ranges, p) {
			continue
		}
		before := len(d.Points)
		if _, err := d.Add(p); err != nil {
			return nil, err
		}
		if len(d.Points) > before {
			last = drawn
		}
		if len(d.Points) == points {
			return d.Points, nil
		}
	}
	return nil, fmt.Errorf(
		"the ranges hold few values: of %d points that were drawn, %d are different; want fewer points, or the "+
			"design factorial",
		drawn,
		len(d.Points),
	)
}

// LatinHypercube returns the points of a Latin hypercube drawn by the seed (McKay, Beckman,
// Conover, Technometrics 21, 1979, 239-245): each range is divided into one equal part per point,
// and each part contains one point. The design is redrawn while two points are equal after
// rounding, until it is clear that the ranges hold too few values.
func LatinHypercube(base scenarios.Values, ranges []Range, points int, seed uint64) ([]Point, error) {
	if err := checkSpace(base.Settings(), ranges, points); err != nil {
		return nil, err
	}
	if err := checkRoom(ranges, points); err != nil {
		return nil, err
	}
	source := DesignStream(base.Scenario(), seed, "latin-hypercube")
	sampler := samplemv.LatinHypercube{Q: distmv.NewUnitUniform(len(ranges), nil), Src: source}
	batch := mat.NewDense(points, len(ranges), nil)
	most := 0
	for range draws {
		sampler.Sample(batch)
		// Levels are compared first, because that takes far less time than to make the points.
		known, list := pointKeys{}, make([]scenarios.Settings, points)
		for i := range list {
			list[i] = PointAt(ranges, batch.RawRowView(i))
			known.add(ranges, list[i])
		}
		if most = max(most, len(known)); len(known) < points {
			if len(known) < points/2 {
				break // another draw has as few
			}
			continue
		}
		d := NewDistinct(base)
		for _, p := range list {
			if _, err := d.Add(p); err != nil {
				return nil, err
			}
		}
		if len(d.Points) == points {
			return d.Points, nil
		}
		most = len(d.Points) // levels of two texts have one value
	}
	return nil, fmt.Errorf(
		"the ranges hold few values: of %d points, drawn up to %d times, at most %d were different; want fewer points, "+
			"or the design factorial",
		points,
		draws,
		most,
	)
}
