package sample

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
)

// What is missing after the certain points are found is what a plain list of all replications says.
func TestMissingWithoutCertainPoints(t *testing.T) {
	random := rand.New(rand.NewPCG(testkit.Seed(t), 0))
	for range 500 {
		points, size := 1+random.IntN(6), 1+random.IntN(9)
		var m missing
		is := make([]bool, points*size)
		next := 0
		for i := range is {
			if is[i] = random.IntN(3) > 0; !is[i] {
				m.add(next, i)
				next = i + 1
			}
		}
		m.add(next, len(is))
		first, certain := make([]int, points), make([]bool, points)
		var want, incomplete []int
		dropped := 0
		for p := range points {
			first[p], certain[p] = random.IntN(4), random.IntN(2) == 0
			for n := range size {
				i := p*size + n
				if m.has(i) != is[i] {
					t.Fatalf("%+v has %d: %t", m, i, m.has(i))
				}
				if is[i] && !slices.Contains(incomplete, p) {
					incomplete = append(incomplete, p)
				}
				if is[i] && n >= first[p] && certain[p] {
					dropped++
				} else if is[i] && n >= first[p] {
					want = append(want, i)
				}
			}
		}
		if got := m.points(size); !slices.Equal(got, incomplete) {
			t.Fatalf("%+v: points %v, want %v", m, got, incomplete)
		}
		left, gone := m.without(size, func(p int) (int, bool) { return first[p], !certain[p] })
		var got []int
		for k := range left.total {
			got = append(got, left.at(k))
		}
		if !slices.Equal(got, want) || gone != dropped {
			t.Fatalf("%+v: %v is left and %d dropped, want %v and %d", m, got, gone, want, dropped)
		}
	}
}
