package sobol_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os/exec"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios/design/sobol"
	"github.com/dtlssim/dtlssim/sim/stream"
)

// points returns the first n points of a sequence.
func points(q *sobol.Sequence, n, dimensions int) [][]float64 {
	list := make([][]float64, n)
	for i := range list {
		list[i] = make([]float64, dimensions)
		q.Next(list[i])
	}
	return list
}

// The sequence itself is that of scipy, bit for bit, in every dimension.
func TestAgainstScipy(t *testing.T) {
	const n = 4096
	const python = "/usr/bin/python3" // Debian's; another may come first in PATH
	testkit.NotShort(t)
	testkit.Tool(t, "apt-get install python3-scipy", python, "-c", "import scipy")
	c := exec.Command(python, "-c", `
import json
from scipy.stats import qmc
print(json.dumps(qmc.Sobol(128, scramble=False).random(4096).tolist()))`)
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	var want [][]float64
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	for i, got := range points(sobol.New(sobol.MaxDimensions), n, sobol.MaxDimensions) {
		for d, x := range got {
			if x != want[i][d] {
				t.Fatalf("point %d, dimension %d: %v, scipy has %v", i, d+1, x, want[i][d])
			}
		}
	}
}

// Scrambled or not, each coordinate of the first 2^m points has one value in each of
// 2^m equal cells; and in the first two dimensions there is one point in each box of
// area 2^-m, whatever its shape: a (0, m, 2)-net.
func TestTheFirstPointsAreANet(t *testing.T) {
	const m, n, dimensions = 8, 256, sobol.MaxDimensions
	for name, q := range map[string]*sobol.Sequence{
		"plain":     sobol.New(dimensions),
		"scrambled": sobol.NewScrambled(dimensions, stream.New(testkit.Seed(t), "sobol", "net")),
	} {
		list := points(q, n, dimensions)
		for d := range dimensions {
			seen := make([]int, n)
			for _, p := range list {
				seen[int(p[d]*n)]++
			}
			for cell, count := range seen {
				if count != 1 {
					t.Fatalf("%s: dimension %d has %d values in cell %d", name, d+1, count, cell)
				}
			}
		}
		for k := range m + 1 {
			columns, rows := 1<<k, 1<<(m-k)
			boxes := make([]int, n)
			for _, p := range list {
				boxes[int(p[0]*float64(columns))*rows+int(p[1]*float64(rows))]++
			}
			for _, count := range boxes {
				if count != 1 {
					t.Fatalf("%s: a box of %d by %d holds %d points", name, columns, rows, count)
				}
			}
		}
	}
}

// Scrambling is random: over many keys, the first point is uniform and its
// coordinates are independent; and it is a function of the key.
func TestScramblingIsUniform(t *testing.T) {
	const keys = 20_000
	seed := testkit.Seed(t)
	s := stream.New(seed, "sobol", "uniform")
	var sum, squares, product float64
	for range keys {
		p := points(sobol.NewScrambled(2, s), 1, 2)[0]
		if p[0] <= 0 || p[0] >= 1 {
			t.Fatalf("a coordinate is %v", p[0])
		}
		x, y := p[0]-0.5, p[1]-0.5
		sum, squares, product = sum+x, squares+x*x, product+x*y
	}
	// Five standard deviations of each mean, of variances 1/12, 1/180 and 1/144.
	for _, c := range []struct{ got, want, sigma float64 }{
		{sum / keys, 0, math.Sqrt(1. / 12 / keys)}, {squares / keys, 1. / 12, math.Sqrt(1. / 180 / keys)},
		{product / keys, 0, math.Sqrt(1. / 144 / keys)},
	} {
		if math.Abs(c.got-c.want) > 5*c.sigma {
			t.Errorf("a moment is %g, want %g and at most %g apart", c.got, c.want, 5*c.sigma)
		}
	}
	a := points(sobol.NewScrambled(3, stream.New(seed, "sobol", "a")), 5, 3)
	b := points(sobol.NewScrambled(3, stream.New(seed, "sobol", "a")), 5, 3)
	for i := range a {
		for d := range a[i] {
			if a[i][d] != b[i][d] {
				t.Fatal("one key gives two sequences")
			}
		}
	}
}

// The integral of a smooth function over scrambled points has a far smaller error than
// over random ones: of sum (x-1/2), whose variance is 1/12 in each dimension.
func TestScrambledPointsIntegrate(t *testing.T) {
	const n, dimensions = 1024, 40
	q := sobol.NewScrambled(dimensions, stream.New(testkit.Seed(t), "sobol", "integral"))
	sum := 0.0
	for _, p := range points(q, n, dimensions) {
		for _, x := range p {
			sum += x - 0.5
		}
	}
	if random := math.Sqrt(dimensions / 12. / n); math.Abs(sum/n) > random/20 {
		t.Errorf("the error is %g, of random points about %g", sum/n, random)
	}
}
