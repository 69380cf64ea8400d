package sensitivity

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/dtlssim/dtlssim/scenarios/stat"
)

// Resamples is the number of resamples for a bootstrap interval.
const Resamples = 2000

// accelerated returns a statistic with its bootstrap interval, corrected for bias and acceleration
// (Efron, Journal of the American Statistical Association 82, 1987, 171-185). resampled are its
// values in resamples of the n points; accelerated sorts them. leftOut returns its values with each
// point left out in turn. The interval is NaN if the statistic is NaN in some resample.
func accelerated(
	value float64, resampled []float64, n int, leftOut func() []float64, confidence float64,
) stat.Estimate {
	e := stat.Unknown(n, math.NaN(), math.NaN(), confidence, stat.Bootstrap)
	e.Value = value
	if slices.ContainsFunc(resampled, math.IsNaN) {
		return e
	}
	slices.Sort(resampled)
	below, all := 0.0, float64(len(resampled))
	for _, v := range resampled {
		switch {
		case v < value:
			below++
		case v == value:
			below += 0.5
		}
	}
	bias := distuv.UnitNormal.Quantile(min(max(below/all, 0.5/all), 1-0.5/all))
	acceleration := acceleration(leftOut())
	end := func(z float64) float64 {
		z = bias + (bias+z)/(1-acceleration*(bias+z))
		return resampled[min(max(int(distuv.UnitNormal.CDF(z)*all), 0), len(resampled)-1)]
	}
	z := stat.Z(confidence)
	e.Low, e.High = end(-z), end(z)
	return e
}

// acceleration returns the acceleration of a statistic from its values with each point left out in
// turn.
func acceleration(leftOut []float64) float64 {
	centre, squares, cubes := mean(leftOut), 0.0, 0.0
	for _, v := range leftOut {
		d := centre - v
		squares, cubes = squares+d*d, cubes+d*d*d
	}
	a := cubes / (6 * math.Pow(squares, 1.5))
	if !(math.Abs(a) <= mostAcceleration) { // also NaN: the statistic is constant, or few points
		return 0
	}
	return a
}

// mostAcceleration is well above the acceleration of any statistic for which the correction is
// valid.
const mostAcceleration = 0.25
