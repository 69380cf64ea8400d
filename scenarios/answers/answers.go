// Package answers holds what a study finds besides its replications: failure windows, regions of
// planes, and failure probabilities. Each answer names its figure and its row. Figures produce
// answers; a store writes them to its tables.
package answers

import (
	"math"

	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/search/plane"
	"github.com/dtlssim/dtlssim/scenarios/stat"
)

// Answers are all answers of a study.
type Answers struct {
	Searches  []Search
	Estimates []Estimate
	Maps      []Map
}

// Map is the answer to a search in the plane of two probes, for a row of a figure.
type Map struct {
	Figure, Row string
	Regions     *plane.Regions
}

// Search is the answer to a window search, for a row of a figure.
type Search struct {
	Figure, Row string
	Windows     *search.Windows
}

// Estimate is an estimated or exact failure probability.
type Estimate struct {
	Figure, Row string

	// Sweep and the index Point name the design point of the estimate. Sweep is nil if the estimate
	// belongs to no single point.
	Sweep *sample.Sweep
	Point int

	X          float64 // on the figure's axis; NaN if the figure has none
	Method     string  // monte-carlo, conditional, exact
	Estimate   float64 // NaN without data
	Low, High  float64
	Interval   string  // how Low and High were computed, such as wilson or exact
	Confidence float64 // NaN if exact
	N          int     // replications that gave a result, or seeds; -1 if exact
	Failures   int     // of monte-carlo; -1 otherwise
	Exact      bool
}

// The methods of estimates that are possible for every sweep.
const (
	MonteCarlo = "monte-carlo"
	Exact      = "exact"
)

// EstimatesOf returns the estimates at the points of a sweep. x are the points' values on the
// figure's axis; nil if the figure has none.
func EstimatesOf(r *sample.Results, x []float64) (list []Estimate) {
	for i, p := range r.Points {
		if p.Certain {
			list = append(list, exactAt(r, i, p.Estimate.Value, x))
			continue
		}
		e := p.Estimate
		list = append(list, Estimate{
			Sweep: &r.Sweep, Point: i, X: onAxis(x, i), Method: MonteCarlo, Estimate: e.Value, Low: e.Low, High: e.High,
			Interval: string(e.Method), Confidence: e.Confidence, N: e.N, Failures: e.Failures,
		})
	}
	return list
}

// ExactOf returns the probabilities from failure windows at the points of a sweep. They are exact if
// missed is 0: see [search.Basis.Missed]. x is as in EstimatesOf.
func ExactOf(r *sample.Results, probabilities []float64, missed float64, x []float64) (list []Estimate) {
	for i, p := range probabilities {
		e := exactAt(r, i, p, x)
		if missed > 0 {
			s := stat.Searched(p, 0, 0, missed, 1)
			e.Low, e.High, e.Interval, e.Confidence, e.Exact = s.Low, s.High, string(s.Method), s.Confidence, false
		}
		list = append(list, e)
	}
	return list
}

func exactAt(r *sample.Results, point int, p float64, x []float64) Estimate {
	return Estimate{
		Sweep: &r.Sweep, Point: point, X: onAxis(x, point), Method: Exact, Estimate: p, Low: p, High: p,
		Interval: Exact, Confidence: math.NaN(), N: -1, Failures: -1, Exact: true,
	}
}

func onAxis(x []float64, i int) float64 {
	if x == nil {
		return math.NaN()
	}
	return x[i]
}
