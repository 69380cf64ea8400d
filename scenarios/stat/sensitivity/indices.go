// Package sensitivity estimates how much of the variance of an output each of its factors causes.
//
//	outputs at the points of a base point -> NewTerm    -> Term
//	terms of all base points              -> NewIndices -> Estimate of each index, or a warning
//
// The package neither runs nor knows simulations.
package sensitivity

import (
	"math"

	"github.com/dtlssim/dtlssim/scenarios/stat"
)

// Term is the contribution of one base point to the estimates of the indices: the outputs at two
// independent points a and b, and at copies of a in which one coordinate at a time is taken from b.
type Term struct {
	a, b           float64   // mean outputs
	ab             []float64 // mean output for each factor
	noiseA, noiseB float64   // the part of the variance of a and b due to replications
	noiseFirst     []float64 // likewise of the covariance of b and ab - a
	noiseTotal     []float64 // likewise of the variance of a - ab
}

// NewTerm returns the term of a base point. Each output is the mean of a list of replications; all
// lists have the same length. The n-th replications at these points may share their draws;
// replications of different base points may not. An output with a single replication counts as
// exact.
func NewTerm(a, b []float64, ab [][]float64) Term {
	t := Term{a: mean(a), b: mean(b), noiseA: covarianceOfMeans(a, a), noiseB: covarianceOfMeans(b, b)}
	difference := make([]float64, len(a))
	for _, v := range ab {
		for n := range v {
			difference[n] = v[n] - a[n]
		}
		t.ab = append(t.ab, mean(v))
		t.noiseFirst = append(t.noiseFirst, covarianceOfMeans(b, difference))
		t.noiseTotal = append(t.noiseTotal, covarianceOfMeans(difference, difference))
	}
	return t
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// covarianceOfMeans returns an unbiased estimate of the covariance of the means of independent
// pairs; 0 for a single pair.
func covarianceOfMeans(x, y []float64) float64 {
	n := float64(len(x))
	if n < 2 {
		return 0
	}
	mx, my, sum := mean(x), mean(y), 0.0
	for i := range x {
		sum += (x[i] - mx) * (y[i] - my)
	}
	return sum / (n * (n - 1))
}

// Indices says how much of the variance of an output each of its factors causes. The factors are
// drawn independently.
type Indices struct {
	Points   int     // base points
	Mean     float64 // of the output
	Variance float64 // of the output, over the factors
	Noise    float64 // the variance that the replications add; already subtracted

	// First are the first-order indices: the share of the variance that disappears if only this
	// factor is known. Total are the total indices: the share that remains if all other factors are
	// known. An estimate may lie outside [0, 1], although no true index does. Both are nil if the
	// estimated variance is not above 0; Undefined says why.
	First, Total []stat.Estimate
	Undefined    stat.Warning // nil if there are indices
	Confidence   float64
}

// Deviation returns the standard deviation of the output, over the factors.
func (r *Indices) Deviation() float64 { return math.Sqrt(r.Variance) }

// NoiseShare returns the noise as a multiple of the variance.
func (r *Indices) NoiseShare() float64 { return r.Noise / r.Variance }

// NewIndices estimates first-order indices as Saltelli and others recommend (Computer Physics
// Communications 181, 2010, 259-270, table 2 b) and total indices with the estimator of Jansen
// (table 2 f), from outputs minus their mean. It subtracts from each square and product the part
// that the variance of the replications adds, so that numerator and denominator are unbiased with
// two or more replications. Otherwise this noise would count as interaction.
//
// The intervals are bootstrap intervals, corrected for bias and acceleration (Efron, Journal of the
// American Statistical Association 82, 1987, 171-185), from resamples of the base points (Archer,
// Saltelli, Sobol', Journal of Statistical Computation and Simulation 58, 1997, 99-120). They
// include the noise of the replications if no two base points share their draws. They assume
// independent base points; for points of a scrambled sequence, they are too wide rather than too
// narrow. An effect that no base point shows has the interval from 0 to 0. An interval is NaN if
// the variance in some resample is not above 0. uniform draws from [0, 1).
func NewIndices(terms []Term, confidence float64, resamples int, uniform func() float64) Indices {
	r := Indices{
		Points: len(terms), Mean: math.NaN(), Variance: math.NaN(), Noise: math.NaN(),
		Confidence: confidence,
	}
	if len(terms) < 2 {
		r.Undefined = FewBasePoints{}
		return r
	}
	n := float64(len(terms))
	r.Mean, r.Noise = 0, 0
	for _, t := range terms {
		r.Mean += (t.a + t.b) / (2 * n)
		r.Noise += (t.noiseA + t.noiseB) / (2 * n)
	}
	factors := len(terms[0].ab)
	rows := make([]moments, len(terms))
	total := newMoments(factors)
	for j, t := range terms {
		rows[j] = t.moments(r.Mean)
		total.add(rows[j], 1)
	}
	r.Variance = total.variance()
	switch raw := r.Variance + r.Noise; {
	case !(raw > negligible*r.Mean*r.Mean):
		r.Variance, r.Undefined = 0, NoVariance{}
	case !(r.Variance > negligible*r.Mean*r.Mean):
		r.Undefined = HiddenVariance{}
	}
	if r.Undefined != nil {
		return r
	}
	firsts, totals := resample(rows, resamples, uniform)
	for i := range factors {
		index := func(part func(*moments, int) float64, resampled []float64) stat.Estimate {
			statistic := func(m *moments) float64 { return m.index(part(m, i)) }
			return accelerated(
				statistic(total), resampled, len(rows), func() []float64 { return leftOut(statistic, rows, total) },
				confidence,
			)
		}
		r.First = append(r.First, index((*moments).first, firsts[i]))
		r.Total = append(r.Total, index((*moments).total, totals[i]))
	}
	return r
}

// negligible is the share of the squared mean up to which a variance is taken for rounding error.
const negligible = 1e-24

// moments are the sums over base points from which the indices are computed. The outputs are taken
// relative to a fixed centre.
type moments struct {
	count, offset, square float64
	change                []float64 // of ab - a
	product               []float64 // of b (ab - a), without noise
	jansen                []float64 // of (a - ab)^2 / 2, without noise
}

func newMoments(factors int) *moments {
	return &moments{
		change: make([]float64, factors), product: make([]float64, factors), jansen: make([]float64, factors),
	}
}

func (t *Term) moments(centre float64) moments {
	a, b := t.a-centre, t.b-centre
	m := newMoments(len(t.ab))
	m.count, m.offset, m.square = 1, (a+b)/2, (a*a-t.noiseA+b*b-t.noiseB)/2
	for i, ab := range t.ab {
		m.change[i] = ab - t.a
		m.product[i] = b*m.change[i] - t.noiseFirst[i]
		m.jansen[i] = (m.change[i]*m.change[i] - t.noiseTotal[i]) / 2
	}
	return *m
}

// add adds other moments, multiplied by times.
func (m *moments) add(other moments, times float64) {
	m.count += times * other.count
	m.offset += times * other.offset
	m.square += times * other.square
	for i := range m.change {
		m.change[i] += times * other.change[i]
		m.product[i] += times * other.product[i]
		m.jansen[i] += times * other.jansen[i]
	}
}

// variance returns the variance of the output. The last factor corrects for the mean being computed
// from the same outputs, two per base point.
func (m *moments) variance() float64 {
	outputs := 2 * m.count
	mean := m.offset / m.count
	return (m.square/m.count - mean*mean) * outputs / (outputs - 1)
}

func (m *moments) first(i int) float64 {
	return m.product[i]/m.count - m.offset/m.count*m.change[i]/m.count
}

func (m *moments) total(i int) float64 { return m.jansen[i] / m.count }

// index returns part as a share of the variance; NaN without variance.
func (m *moments) index(part float64) float64 {
	if v := m.variance(); v > 0 {
		return part / v
	}
	return math.NaN()
}

// resample draws as many base points as there are, with replacement, and returns the indices of
// each factor in each resample.
func resample(rows []moments, resamples int, uniform func() float64) (first, total [][]float64) {
	factors := len(rows[0].change)
	first, total = make([][]float64, factors), make([][]float64, factors)
	for range resamples {
		m := newMoments(factors)
		for range rows {
			m.add(rows[int(uniform()*float64(len(rows)))], 1)
		}
		for i := range factors {
			first[i] = append(first[i], m.index(m.first(i)))
			total[i] = append(total[i], m.index(m.total(i)))
		}
	}
	return first, total
}

// leftOut returns the values of a statistic with each base point left out in turn.
func leftOut(statistic func(*moments) float64, rows []moments, total *moments) []float64 {
	values := make([]float64, len(rows))
	for j := range rows {
		total.add(rows[j], -1)
		values[j] = statistic(total)
		total.add(rows[j], 1)
	}
	return values
}
