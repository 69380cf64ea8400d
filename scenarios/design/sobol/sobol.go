// Package sobol generates the Sobol sequence, whose points fill a cube more evenly than random
// points. Scrambling makes the points random and keeps them even.
package sobol

import (
	_ "embed"
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"github.com/dtlssim/dtlssim/sim/stream"
)

// MaxDimensions is the largest number of dimensions of a sequence.
const MaxDimensions = 128

// digits is the number of binary digits of a coordinate. It limits the length of a sequence.
const digits = 32

// MaxPoints is the number of points of a sequence. They differ from each other in each
// coordinate.
const MaxPoints = 1 << digits

// Sequence is a Sobol sequence in the order of Antonov and Saleev (USSR Computational Mathematics
// and Mathematical Physics 19, 1979, 252-256), with the direction numbers of Joe and Kuo (SIAM
// Journal on Scientific Computing 30, 2008, 2635-2654). Its first 2^m points are a net. It is not
// safe for concurrent use.
type Sequence struct {
	directions [][digits]uint32
	keys       []uint64 // for scrambling, one per dimension; nil: unscrambled
	next       uint64   // index of the next point
	state      []uint32 // its coordinates, times 2^32
}

// New returns the unscrambled sequence, whose first point is the origin. It panics unless the
// number of dimensions is from 1 to MaxDimensions.
func New(dimensions int) *Sequence {
	if dimensions < 1 || dimensions > MaxDimensions {
		panic(fmt.Sprintf("sobol: %d dimensions: want 1 to %d", dimensions, MaxDimensions))
	}
	return &Sequence{directions: table[:dimensions], state: make([]uint32, dimensions)}
}

// NewScrambled returns the sequence with Owen's nested uniform scrambling (Randomly permuted
// (t,m,s)-nets, in Monte Carlo and Quasi-Monte Carlo Methods in Scientific Computing, 1995,
// 299-317): each single point is uniform, and the points are still a net. The stream supplies one
// key per dimension. Hashing the key gives the permutations, as in Burley (Journal of Computer
// Graphics Techniques 9, 2020, 1-20).
func NewScrambled(dimensions int, s *stream.Stream) *Sequence {
	q := New(dimensions)
	for range dimensions {
		q.keys = append(q.keys, s.Uint64())
	}
	return q
}

// Next writes the coordinates of the next point, one per dimension. They are at least 0 and below
// 1; those of a scrambled sequence are also above 0.
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
	// the digit in which the Gray code of the next index differs
	changed := bits.TrailingZeros64(^q.next)
	q.next++
	if changed == digits {
		return
	}
	for d := range q.state {
		q.state[d] ^= q.directions[d][changed]
	}
}

// scramble flips each binary digit, or keeps it, depending on a hash of the preceding digits.
// These identify a node of the binary tree.
func scramble(x uint32, key uint64) uint32 {
	y := x
	for digit := range digits {
		node := 1<<digit | uint64(x)>>(digits-digit)
		y ^= uint32(mix(key^mix(node))>>63) << (digits - 1 - digit)
	}
	return y
}

// mix is the finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), with the constants of
// Stafford's variant 13.
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

//go:embed joe-kuo.txt
var joeKuo string

// table holds the direction numbers of each dimension, times 2^32.
var table = readTable(joeKuo)

func readTable(text string) (t [][digits]uint32) {
	var first [digits]uint32 // the van der Corput sequence
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

// directions returns the direction numbers that follow from the initial ones, m, and a primitive
// polynomial with the given degree and inner coefficients a: equations 2 and 3 of Joe and Kuo.
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
