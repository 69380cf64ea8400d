// Package answers holds what a study finds besides its replications: windows of failure,
// regions of planes, and failure probabilities, each with the figure and row that it belongs
// to. Figures yield answers; a store keeps them, as rows of its tables.
package answers

import (
	"math"

	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/search/plane"
)

// Answers are all answers of a study.
type Answers struct {
	Searches  []Search
	Estimates []Estimate
	Maps      []Map
}

// Map is the answer to a search of the plane of two probes, which belongs to a row of a
// figure.
type Map struct {
	Figure, Row string
	Regions     *plane.Regions
}

// Search is the answer to a window search, which belongs to a row of a figure.
type Search struct {
	Figure, Row string
	Windows     *search.Windows
}

// Estimate is an estimated failure probability, or an exact one.
type Estimate struct {
	Figure, Row string

	// Sweep and the index Point name the design point of the estimate. Sweep is nil if it
	// belongs to no single point.
	Sweep *sample.Sweep
	Point int

	X          float64 // on the figure's axis; NaN if that has none
	Method     string  // monte-carlo, conditional, exact
	Estimate   float64 // NaN without data
	Low, High  float64
	Interval   string  // how Low and High were computed, such as wilson; exact
	Confidence float64 // NaN of an exact one
	N          int     // replications that gave a result, or seeds; -1 of an exact one
	Failures   int     // of monte-carlo; -1 of others
	Exact      bool
}

// The methods of estimates that every sweep can have.
const (
	MonteCarlo = "monte-carlo"
	Exact      = "exact"
)

// EstimatesOf returns the estimates of the points of a sweep, at values of an axis if it
// has one.
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

// ExactOf returns exact probabilities at the points of a sweep, at values of an axis if
// it has one.
func ExactOf(r *sample.Results, probabilities, x []float64) (list []Estimate) {
	for i, p := range probabilities {
		list = append(list, exactAt(r, i, p, x))
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
