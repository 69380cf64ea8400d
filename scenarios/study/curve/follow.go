// Package curve computes exact failure probabilities along an axis: at the points of a design, and
// at as many points between them as a drawing needs.
//
//	rows, axis, probe -> Question.Find -> Answer: probabilities at the points, and a Trace of each row
//	function          -> follow        -> the points of a polyline that looks like it
package curve

import "math"

// Point is a point of a curve. Two points with the same X are the two sides of a jump.
type Point struct{ X, Y float64 }

// Piece is a part of a curve, as a polyline.
type Piece struct {
	Points []Point

	// Known says that the polyline follows the curve to within what can be seen. Otherwise, only its
	// two ends are known.
	Known bool
}

// Trace is a curve from the left to the right, in pieces.
type Trace []Piece

// value is what a function has at a point: its height in the drawing, and parts of it that show
// where it may change although the height is the same at two points.
type value struct {
	y      float64 // the probability
	height float64 // in the drawing, whose whole height is 1
	parts  []float64
}

const (
	fine    = 1. / 2500 // deviation of a polyline that cannot be seen, of the whole height
	coarse  = 1. / 300  // distance between the points that are always tried, of the whole width
	nothing = 1e-10     // width of a jump, of the whole width
	most    = 20_000    // evaluations of a curve between two points of the design
)

// follow returns the points of a polyline that follows a function from a to b. It halves an interval
// until the function is straight on it, to within fine, or until the interval has the width of a
// jump. It is false if the function has no value somewhere, or is never straight.
func follow(f func(x float64) (value, bool), a, b, width float64) (points []Point, ok bool) {
	left, ok := f(a)
	if !ok {
		return nil, false
	}
	list := []vertex{{Point{a, left.y}, left.height}}
	tries := 0
	try := func(x float64) (value, bool) {
		tries++
		v, ok := f(x)
		return v, ok && tries < most
	}
	var walk func(a, b float64, low, high value) bool
	walk = func(a, b float64, low, high value) bool {
		middle := a + (b-a)/2
		if b-a <= nothing*width || middle <= a || middle >= b {
			if math.Abs(high.height-low.height) > fine { // a jump
				list = append(list, vertex{Point{b, low.y}, low.height})
			}
			list = append(list, vertex{Point{b, high.y}, high.height})
			return true
		}
		v, ok := try(middle)
		if !ok {
			return false
		}
		if straight(low, v, high) {
			// A wave could cross the line in the middle.
			first, ok := try(a + (b-a)/4)
			if !ok {
				return false
			}
			third, ok := try(b - (b-a)/4)
			if !ok {
				return false
			}
			if straight(low, first, v) && straight(v, third, high) {
				list = append(list, vertex{Point{b, high.y}, high.height})
				return true
			}
		}
		return walk(a, middle, low, v) && walk(middle, b, v, high)
	}
	steps := math.Max(1, math.Ceil((b-a)/width/coarse))
	from, low := a, left
	for i := 1.0; i <= steps; i++ {
		to := a + (b-a)*i/steps
		if i == steps {
			to = b
		}
		high, ok := try(to)
		if !ok || !walk(from, to, low, high) {
			return nil, false
		}
		from, low = to, high
	}
	return thin(list), true
}

// straight reports whether the value in the middle lies on the line between two others, and so do
// all parts.
func straight(low, middle, high value) bool {
	if math.Abs(middle.height-(low.height+high.height)/2) > fine/2 {
		return false
	}
	for i, p := range middle.parts {
		if math.Abs(p-(low.parts[i]+high.parts[i])/2) > fine {
			return false
		}
	}
	return true
}

// vertex is a point with its height in the drawing.
type vertex struct {
	Point
	height float64
}

// thin returns the points without those on a line between their neighbours. It keeps jumps.
func thin(list []vertex) []Point {
	points := []Point{list[0].Point}
	first := 0 // the last one kept
	for i := 1; i < len(list); i++ {
		if i+1 < len(list) && list[i].X != list[i-1].X && list[i].X != list[i+1].X && onLine(list[first:i+2]) {
			continue
		}
		points = append(points, list[i].Point)
		first = i
	}
	return points
}

// onLine reports whether all points lie on the line between the first and the last, and are not the
// two sides of a jump.
func onLine(list []vertex) bool {
	a, b := list[0], list[len(list)-1]
	for _, p := range list[1 : len(list)-1] {
		share := (p.X - a.X) / (b.X - a.X)
		if !(math.Abs(p.height-(a.height+share*(b.height-a.height))) <= fine/2) {
			return false
		}
	}
	return true
}
