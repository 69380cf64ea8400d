// Package sobol holds the sequence of Sobol, points that fill a cube more evenly than
// random ones do, and its scrambling, which makes them random again without taking that
// from them.
package sobol

import (
	_ "embed"
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"github.com/dtlssim/dtlssim/sim/stream"
)

// MaxDimensions is how many dimensions a sequence may have.
const MaxDimensions = 128

// digits is how many binary digits a coordinate has, and so how many points a sequence.
const digits = 32

// MaxPoints is how many points a sequence has, all of them different in each coordinate.
const MaxPoints = 1 << digits

// Sequence is a sequence of Sobol in the order of Antonov and Saleev (USSR
// Computational Mathematics and Mathematical Physics 19, 1979, 252-256), with the
// direction numbers of Joe and Kuo: the first 2^m points are a net. It is not safe for
// concurrent use.
type Sequence struct {
	directions [][digits]uint32
	keys       []uint64 // of the scrambling, one for each dimension; nil: none
	next       uint64   // index of the next point
	state      []uint32 // its coordinates, times 2^32
}

// New returns the sequence itself, whose first point is the origin. It panics if there
// are not 1 to MaxDimensions dimensions.
func New(dimensions int) *Sequence {
	if dimensions < 1 || dimensions > MaxDimensions {
		panic(fmt.Sprintf("sobol: %d dimensions: want 1 to %d", dimensions, MaxDimensions))
	}
	return &Sequence{directions: table[:dimensions], state: make([]uint32, dimensions)}
}

// NewScrambled returns the sequence with the nested uniform scrambling of Owen
// (Randomly permuted (t,m,s)-nets, in Monte Carlo and Quasi-Monte Carlo Methods in
// Scientific Computing, 1995, 299-317): each point by itself is uniform, and the points
// are still a net. The stream gives one key for each dimension; the permutations follow
// from it by hashing, as Burley has it (Journal of Computer Graphics Techniques 9, 2020,
// 1-20).
func NewScrambled(dimensions int, s *stream.Stream) *Sequence {
	q := New(dimensions)
	for range dimensions {
		q.keys = append(q.keys, s.Uint64())
	}
	return q
}

// Next writes the coordinates of the next point, as many as there are dimensions: of
// the sequence itself from 0 to below 1; of a scrambled one, above 0 as well.
func (q *Sequence) Next(point []float64) {
	if q.next == MaxPoints {
		panic("sobol: the sequence is at its end")
	}
	for d, x := range q.state {
		if q.keys == nil {
			point[d] = float64(x) / MaxPoints
		} else {
			point[d] = (float64(scramble(x, q.keys[d])) + 0.5) / MaxPoints
		}
	}
	changed := bits.TrailingZeros64(^q.next) // the digit in which the Gray code of the next index differs
	q.next++
	if changed == digits {
		return
	}
	for d := range q.state {
		q.state[d] ^= q.directions[d][changed]
	}
}

// scramble flips each binary digit, or leaves it, as a hash of the digits before it
// says: of the node of the binary tree that they lead to.
func scramble(x uint32, key uint64) uint32 {
	y := x
	for digit := range digits {
		node := 1<<digit | uint64(x)>>(digits-digit)
		y ^= uint32(mix(key^mix(node))>>63) << (digits - 1 - digit)
	}
	return y
}

// mix is the finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), of Stafford's
// constants.
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

//go:embed joe-kuo.txt
var joeKuo string

// table is the direction numbers of every dimension, times 2^32.
var table = readTable(joeKuo)

func readTable(text string) (t [][digits]uint32) {
	var first [digits]uint32 // the sequence of van der Corput
	for i := range first {
		first[i] = 1 << (digits - 1 - i)
	}
	t = append(t, first)
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		var row []uint32
		for field := range strings.FieldsSeq(line) {
			n, err := strconv.ParseUint(field, 10, digits)
			if err != nil {
				panic("sobol: the table of direction numbers: " + err.Error())
			}
			row = append(row, uint32(n))
		}
		t = append(t, directions(int(row[1]), row[2], row[3:]))
	}
	return t
}

// directions returns the direction numbers that follow from a primitive polynomial of
// the given degree with the inner coefficients a, and the first ones, m: equations 2
// and 3 of Joe and Kuo.
func directions(degree int, a uint32, m []uint32) (v [digits]uint32) {
	for i := range v {
		if i < degree {
			v[i] = m[i] << (digits - 1 - i)
			continue
		}
		v[i] = v[i-degree] ^ v[i-degree]>>degree
		for k := 1; k < degree; k++ {
			if a>>(degree-1-k)&1 == 1 {
				v[i] ^= v[i-k]
			}
		}
	}
	return v
}
