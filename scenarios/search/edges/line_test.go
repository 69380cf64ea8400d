package edges

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
)

func TestLine(t *testing.T) {
	for _, c := range []struct {
		line Line
		want string
	}{
		{Line{0, 1, 10_000_000}, "a = 10ms"},
		{Line{0, 2, 5}, "a = 2ns"},
		{Line{1, 1, 0}, "a = b"},
		{Line{1, 1, 11_000_001}, "a = b + 11.000001ms"},
		{Line{-1, 1, 10_000_000}, "a = 10ms - b"},
		{Line{-2, 1, -5}, "a = -2*b - 5ns"},
		{Line{3, 2, -1000}, "a = (3*b - 1µs)/2"},
	} {
		if got := c.line.Equation("a", "b"); got != c.want {
			t.Errorf("%+v is %q, want %q", c.line, got, c.want)
		}
	}
	random := rand.New(rand.NewPCG(testkit.Seed(t), 0))
	for range 1000 {
		l := Line{random.Int64N(21) - 10, 1 + random.Int64N(9), random.Int64N(1000) - 500}
		from := random.Int64N(100) - 50
		to := from + random.Int64N(60)
		sum := int64(0)
		for y := from; y < to; y++ {
			if exact := math.Floor(float64(l.Rise*y+l.Offset) / float64(l.Run)); float64(l.At(y)) != exact {
				t.Fatalf("%+v at %d is %d, want %g", l, y, l.At(y), exact)
			}
			sum += l.At(y)
		}
		if got := l.Sum(from, to); got.Int64() != sum {
			t.Fatalf("%+v sums up to %s over [%d, %d), want %d", l, got, from, to, sum)
		}
	}
}
