package figure

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
)

// decimalTicks labels an axis at about ten multiples of 1, 2 or 5 times a power of ten.
type decimalTicks struct{}

// Ticks implements plot.Ticker.
func (decimalTicks) Ticks(low, high float64) []plot.Tick {
	unit := math.Pow(10, math.Floor(math.Log10((high-low)/10)))
	step := unit
	for _, m := range []float64{1, 2, 5, 10} {
		if step = unit * m; (high-low)/step <= 10 {
			break
		}
	}
	var ticks []plot.Tick
	for n := math.Ceil(low / step); n*step <= high*(1+1e-12); n++ {
		ticks = append(ticks, plot.Tick{Value: n * step, Label: strconv.FormatFloat(n*step+0, 'g', 6, 64)}) // no -0
	}
	return ticks
}

// ticksWithin are the decimalTicks of an axis without those outside of a range.
type ticksWithin struct{ low, high float64 }

// Ticks implements plot.Ticker.
func (t ticksWithin) Ticks(low, high float64) []plot.Tick {
	return slices.DeleteFunc(decimalTicks{}.Ticks(low, high),
		func(tick plot.Tick) bool { return tick.Value < t.low-1e-9 || tick.Value > t.high+1e-9 })
}

// logTicks labels a logarithmic axis at about ten powers of ten, with ticks between them if the axis
// is not long.
type logTicks struct{}

// Ticks implements plot.Ticker.
func (logTicks) Ticks(low, high float64) (ticks []plot.Tick) {
	const most = 10
	first, last := int(math.Round(math.Log10(low))), int(math.Ceil(math.Log10(high)-1e-9))
	step := 1 + (last-first-1)/most
	for n := first; n <= last; n++ {
		if (last-n)%step == 0 {
			ticks = append(ticks, plot.Tick{Value: math.Pow10(n), Label: powerOfTen(n)})
		}
		for m := 2.0; m < 10 && step == 1 && m*math.Pow10(n) < high; m++ {
			ticks = append(ticks, plot.Tick{Value: m * math.Pow10(n)})
		}
	}
	return ticks
}

// powerOfTen writes a power of ten.
func powerOfTen(n int) string {
	if n < -3 || n > 5 {
		return fmt.Sprintf("1e%d", n)
	}
	return strconv.FormatFloat(math.Pow10(n), 'f', -1, 64)
}

// decades is the largest number of decades of an axis. What lies below it is marked at its end.
const decades = 20

// floor returns the largest power of ten at or below all values above 0 that an axis of so many
// decades can have.
func floor(values ...float64) float64 {
	least, most := math.Inf(1), 0.0
	for _, v := range values {
		if v > 0 {
			least, most = min(least, v), max(most, v)
		}
	}
	if most == 0 {
		return 0.1
	}
	n := math.Max(math.Floor(math.Log10(least)+1e-9), math.Ceil(math.Log10(most))-decades)
	return math.Pow(10, min(n, -1))
}

// ceiling returns the end of an axis of probabilities that begins at 0 and shows values up to most.
func ceiling(most float64) float64 {
	if !(most > 0) {
		return 1
	}
	unit := math.Pow(10, math.Floor(math.Log10(most)))
	return min(1, unit*math.Ceil(most/unit-1e-9))
}
