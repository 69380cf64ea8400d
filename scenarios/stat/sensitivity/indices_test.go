package sensitivity_test

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios/design/sobol"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/scenarios/stat/sensitivity"
	"github.com/dtlssim/dtlssim/sim/stream"
)

// model is a function with known indices, of coordinates that are uniform from 0 to 1.
type model struct {
	dimensions   int
	f            func(x []float64) float64
	variance     float64
	first, total []float64
}

// ishigami is the function of Ishigami and Homma (First International Symposium on
// Uncertainty Modeling and Analysis, 1990), with a = 7 and b = 0.1.
func ishigami() model {
	const a, b = 7, 0.1
	pi4 := math.Pow(math.Pi, 4)
	v1, v2, v13 := math.Pow(1+b*pi4/5, 2)/2, a*a/8., b*b*pi4*pi4*(1./18-1./50)
	v := v1 + v2 + v13
	return model{
		3, func(x []float64) float64 {
			y := func(i int) float64 { return math.Pi * (2*x[i] - 1) }
			return math.Sin(y(0)) + a*math.Pow(math.Sin(y(1)), 2) + b*math.Pow(y(2), 4)*math.Sin(y(0))
		}, v, []float64{v1 / v, v2 / v, 0}, []float64{(v1 + v13) / v, v2 / v, v13 / v},
	}
}

// gFunction is Sobol's g-function: a product of (|4x-2|+a)/(1+a).
func gFunction(a ...float64) model {
	m := model{dimensions: len(a), f: func(x []float64) float64 {
		y := 1.0
		for i := range a {
			y *= (math.Abs(4*x[i]-2) + a[i]) / (1 + a[i])
		}
		return y
	}}
	product := 1.0
	parts := make([]float64, len(a))
	for i := range a {
		parts[i] = 1 / (3 * (1 + a[i]) * (1 + a[i]))
		product *= 1 + parts[i]
	}
	m.variance = product - 1
	for _, p := range parts {
		m.first = append(m.first, p/m.variance)
		m.total = append(m.total, p*product/(1+p)/m.variance)
	}
	return m
}

// linear is a sum of coordinates with weights; the last has none.
func linear(weights ...float64) model {
	m := model{dimensions: len(weights), f: func(x []float64) (y float64) {
		for i, w := range weights {
			y += w * x[i]
		}
		return y + 5
	}}
	for _, w := range weights {
		m.variance += w * w / 12
	}
	for _, w := range weights {
		m.first = append(m.first, w*w/12/m.variance)
	}
	m.total = m.first
	return m
}

// terms evaluates a model at n base points that next draws. Of each output there are
// replications, with evaluate between the model and what it gives; 0: exact.
func (m model) terms(
	n, replications int, next func([]float64), evaluate func(y, draw float64) float64, draw func() float64,
) (list []sensitivity.Term) {
	x := make([]float64, 2*m.dimensions)
	for range n {
		next(x)
		a, b := x[:m.dimensions], x[m.dimensions:]
		var draws []float64 // that the points share
		for range replications {
			draws = append(draws, draw())
		}
		output := func(x []float64) []float64 {
			y := m.f(x)
			if replications == 0 {
				return []float64{y}
			}
			var values []float64
			for _, d := range draws {
				values = append(values, evaluate(y, d))
			}
			return values
		}
		var ab [][]float64
		for i := range m.dimensions {
			mixed := slices.Clone(a)
			mixed[i] = b[i]
			ab = append(ab, output(mixed))
		}
		list = append(list, sensitivity.NewTerm(output(a), output(b), ab))
	}
	return list
}

// scrambled returns what draws the points of a scrambled sequence.
func scrambled(m model, s *stream.Stream) func([]float64) {
	return sobol.NewScrambled(2*m.dimensions, s).Next
}

// independent returns what draws independent points.
func independent(s *stream.Stream) func([]float64) {
	return func(x []float64) {
		for i := range x {
			x[i] = s.Uniform()
		}
	}
}

var models = map[string]model{"Ishigami": ishigami(), "g": gFunction(0, 1, 4.5, 9), "linear": linear(1, 2, 3, 0)}

// The indices of functions that have closed forms, from 4096 points of a scrambled
// sequence: to two digits, and within their intervals but for chance.
func TestIndicesOfClosedForms(t *testing.T) {
	s := draws(t)
	for name, m := range models {
		r := sensitivity.NewIndices(m.terms(4096, 0, scrambled(m, s), nil, nil), 0.999, 500, s.Uniform)
		if r.Undefined != nil || testkit.Apart(r.Variance, m.variance) > 0.02 || r.Noise != 0 {
			t.Errorf("%s: variance %g, noise %g, want %g; %v", name, r.Variance, r.Noise, m.variance, r.Undefined)
		}
		for i := range m.first {
			for _, c := range []struct {
				what string
				got  stat.Estimate
				want float64
			}{{"first-order", r.First[i], m.first[i]}, {"total", r.Total[i], m.total[i]}} {
				if math.Abs(c.got.Value-c.want) > 0.03 || c.got.Low > c.want || c.got.High < c.want {
					t.Errorf("%s: %s index of factor %d is %+v, want %.4f", name, c.what, i+1, c.got, c.want)
				}
			}
		}
	}
	r := sensitivity.NewIndices(
		models["linear"].terms(64, 0, scrambled(models["linear"], s), nil, nil), 0.95, 100, s.Uniform,
	)
	if inert := r.Total[3]; inert.Value != 0 || inert.Low != 0 || inert.High != 0 {
		t.Errorf("a factor that does nothing has the index %+v", inert)
	}
}

// Replications of 0 or 1 make an output noisy: a probability that depends on the factors
// is seen by ten tosses. Their variance, nearly twice that of the probability, is taken off
// again; left in, the total indices would add up to more than 2.
func TestNoiseIsTakenOff(t *testing.T) {
	s := draws(t)
	m := linear(1, 2, 3)
	scale := func(y float64) float64 { return 0.2 + (y-5)/10 } // a probability from 0.2 to 0.8
	m.variance /= 100
	toss := func(y, draw float64) float64 {
		if draw < scale(y) {
			return 1
		}
		return 0
	}
	r := sensitivity.NewIndices(m.terms(4096, 10, scrambled(m, s), toss, s.Uniform), 0.9999, 500, s.Uniform)
	if r.Variance+r.Noise < 2*m.variance || math.Abs(r.Variance-m.variance) > 0.25*m.variance {
		t.Errorf("variance %g with %g of noise, want %g", r.Variance, r.Noise, m.variance)
	}
	for i := range m.first {
		if f, w := r.First[i], r.Total[i]; f.Low > m.first[i] || f.High < m.first[i] || w.Low > m.total[i] ||
			w.High < m.total[i] {
			t.Errorf("factor %d: %+v and %+v, want %.4f", i+1, f, w, m.first[i])
		}
	}
}

// The coverage of the intervals by simulation: of independent base points about the
// nominal one, and of a scrambled sequence no less. With noise, and without.
func TestCoverageOfIndices(t *testing.T) {
	testkit.NotShort(t)
	s := draws(t)
	simulations, n := testkit.Budget(50, 100, 800), 256
	const confidence = 0.9
	g := gFunction(0, 1, 9)
	toss := func(y, draw float64) float64 {
		if draw < y/6 { // at most 4.8
			return 1
		}
		return 0
	}
	for _, c := range []struct {
		name         string
		replications int
		points       func() func([]float64)
		least        float64
	}{
		{"independent", 0, func() func([]float64) { return independent(s) }, 0.84},
		{"scrambled", 0, func() func([]float64) { return scrambled(g, s) }, 0.84},
		{"noisy", 20, func() func([]float64) { return scrambled(g, s) }, 0.84},
	} {
		covered := make([]int, 2*g.dimensions)
		for range simulations {
			r := sensitivity.NewIndices(
				g.terms(n, c.replications, c.points(), toss, s.Uniform), confidence, 300, s.Uniform,
			)
			for i := range g.dimensions {
				if x := r.First[i]; x.Low <= g.first[i] && g.first[i] <= x.High {
					covered[i]++
				}
				if x := r.Total[i]; x.Low <= g.total[i] && g.total[i] <= x.High {
					covered[g.dimensions+i]++
				}
			}
		}
		t.Logf("%s: %d of %d", c.name, covered, simulations)
		for i, k := range covered {
			if share := float64(k) / float64(simulations); !testkit.AtLeast(share, c.least, simulations) {
				t.Errorf("%s: coverage of index %d is %.3f, want about %g", c.name, i, share, confidence)
			}
		}
	}
}

// An output that does not vary has no indices, nor has one of which nothing is seen but
// the noise of the replications.
func TestIndicesThatAreNotDefined(t *testing.T) {
	s := draws(t)
	for name, value := range map[string]float64{"never": 0, "always": 1, "a third": 1. / 3} {
		constant := model{dimensions: 2, f: func([]float64) float64 { return value }}
		r := sensitivity.NewIndices(constant.terms(100, 0, independent(s), nil, nil), 0.95, 100, s.Uniform)
		if r.Undefined == nil || r.First != nil || r.Total != nil || r.Variance != 0 ||
			testkit.Apart(r.Mean, value) > 1e-12 {
			t.Errorf("%s: %+v", name, r)
		}
	}
	constant := model{dimensions: 2, f: func([]float64) float64 { return 0.5 }}
	shared := func(y, draw float64) float64 { return math.Round(draw) }
	r := sensitivity.NewIndices(constant.terms(100, 2, independent(s), shared, s.Uniform), 0.95, 100, s.Uniform)
	if r.Noise <= 0 || r.Undefined == nil && math.Abs(r.Variance) > 0.1 {
		t.Errorf("nothing but noise: %+v", r)
	}
	if r := sensitivity.NewIndices(nil, 0.95, 100, s.Uniform); r.Undefined == nil {
		t.Error("there is no base point, and there are indices")
	}
}

// The same terms and stream give the same numbers.
func TestIndicesRepeat(t *testing.T) {
	m := models["g"]
	once := func() sensitivity.Indices {
		s := stream.New(7, "estimate", "repeat")
		return sensitivity.NewIndices(m.terms(128, 0, scrambled(m, s), nil, nil), 0.95, 200, s.Uniform)
	}
	a, b := once(), once()
	if !reflect.DeepEqual(a, b) {
		t.Errorf("%+v and %+v", a, b)
	}
}
