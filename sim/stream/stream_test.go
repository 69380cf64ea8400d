package stream_test

import (
	"bytes"
	"encoding/hex"
	"math"
	"testing"

	"github.com/dtlssim/dtlssim/sim/stream"
)

// The golden vectors fix every result that was ever published with a seed: a
// change of any of them makes old seeds mean something else.
var golden = []struct {
	seed           uint64
	scenario, name string
	bits           [4]uint64
	uniforms       [4]float64
}{
	{0, "", "",
		[4]uint64{0x6a205faaffcd5ffe, 0xd7166d5f730d6090, 0xeb4cfdab22e4b7ce, 0xca04bc26cb30ee0e},
		[4]float64{0.41455648350511376, 0.8401859624892062, 0.9191435377896536, 0.7891347498618334}},
	{1, "late-close-notify", "link client->server",
		[4]uint64{0xe0ccb9f286dfa7ea, 0x28116c60db9a9d20, 0xa35bdc7ea9a77d2e, 0x44d66bda8a7f18c4},
		[4]float64{0.8781238762957161, 0.1565158592671686, 0.6381204423174988, 0.2688968094394081}},
	{1, "late-close-notify", "link server->client",
		[4]uint64{0x3562e10f6ce65927, 0x3538be09ac553819, 0x25f34678ee8da93c, 0xf37c6865eeba4399},
		[4]float64{0.2085400259647029, 0.20789706932221896, 0.14824333622396202, 0.9511170624598232}},
	{2, "late-close-notify", "link client->server",
		[4]uint64{0x13af83d1c05fa11a, 0xd16b5f3e632eb00f, 0x79cd2c693494ad65, 0xf4037ba1e1e6f0bb},
		[4]float64{0.07689689513097042, 0.818044617396647, 0.47578694885722206, 0.9531781454296854}},
	{math.MaxUint64, "late-close-notify", "link client->server",
		[4]uint64{0xa27a2510693736d1, 0xb326feca3b16f0d2, 0xd41d55476aad465d, 0x3f534576f94c92f1},
		[4]float64{0.6346762814584651, 0.6998137706496798, 0.8285725879056162, 0.24736436991342925}},
}

func TestGoldenVectors(t *testing.T) {
	for _, g := range golden {
		bits, uniforms := stream.New(g.seed, g.scenario, g.name), stream.New(g.seed, g.scenario, g.name)
		for i := range g.bits {
			if got := bits.Uint64(); got != g.bits[i] {
				t.Errorf("stream (%d, %q, %q): draw %d is %#016x, want %#016x", g.seed, g.scenario, g.name, i, got,
					g.bits[i])
			}
			if got := uniforms.Uniform(); got != g.uniforms[i] {
				t.Errorf("stream (%d, %q, %q): uniform %d is %v, want %v", g.seed, g.scenario, g.name, i, got,
					g.uniforms[i])
			}
		}
	}
}

func TestStreamsDifferBySeedScenarioAndName(t *testing.T) {
	type key struct {
		seed           uint64
		scenario, name string
	}
	seen := make(map[uint64]key)
	for _, k := range []key{
		{1, "s", "n"},
		{2, "s", "n"},
		{1 << 32, "s", "n"}, // the upper half of a seed counts
		{1 << 63, "s", "n"},
		{1, "t", "n"},
		{1, "s", "m"},
		{1, "n", "s"},  // which is which counts
		{1, "ab", "c"}, // and so does where the
		{1, "a", "bc"}, // scenario ends and the
		{1, "abc", ""}, // name begins
		{1, "", "abc"}, //
		{1, "ab\x00", "c"},
		{1, "ab", "\x00c"},
	} {
		first := stream.New(k.seed, k.scenario, k.name).Uint64()
		if other, ok := seen[first]; ok {
			t.Errorf("streams %v and %v begin with the same draw %#x", k, other, first)
		}
		seen[first] = k
	}
}

func TestAnotherStreamDisturbsNone(t *testing.T) {
	alone, beside, other := stream.New(7, "s", "n"), stream.New(7, "s", "n"), stream.New(7, "s", "m")
	for i := range 100 {
		other.Uint64()
		if a, b := alone.Uint64(), beside.Uint64(); a != b {
			t.Fatalf("draw %d is %#x alone and %#x beside another stream", i, a, b)
		}
	}
}

func TestUniformIsExactAtKnownBits(t *testing.T) {
	for _, c := range []struct {
		bits      uint64
		low, high float64
	}{
		{0, 0, 0x1p-52},
		{1 << 62, 0.25, 0.25 + 0x1p-52},
		{1 << 63, 0.5, 0.5 + 0x1p-52},
		{1<<63 - 1, 0.5 - 0x1p-52, 0.5},
		{3 << 62, 0.75, 0.75 + 0x1p-52},
	} {
		// Whichever number of cells there is, a draw lies within the cell of its bits.
		if u := stream.Uniform(c.bits); !(u >= c.low && u <= c.high) {
			t.Errorf("Uniform(%#x) = %v, want it in [%v, %v]", c.bits, u, c.low, c.high)
		}
	}
}

func TestUniformIsAbove0AtItsLowestBits(t *testing.T) {
	if u := stream.Uniform(0); !(u > 0) {
		t.Errorf("Uniform(0) = %v, want it above 0", u)
	}
}

func TestUniformIsBelow1AtItsHighestBits(t *testing.T) {
	for _, bits := range []uint64{math.MaxUint64, math.MaxUint64 - 1<<11 + 1, math.MaxUint64 - 1<<12 + 1} {
		if u := stream.Uniform(bits); !(u < 1) {
			t.Errorf("Uniform(%#x) = %v, want it below 1", bits, u)
		}
	}
}

func TestUniformsAreMidpointsOfEqualCells(t *testing.T) {
	// Mirrored bits give mirrored midpoints: u(~b) = 1 - u(b), exactly.
	for _, g := range golden {
		for _, b := range append(g.bits[:], 0, 1<<12, 1<<62, 1<<63) {
			if u, mirrored := stream.Uniform(b), stream.Uniform(^b); u+mirrored != 1 || u == 0 || mirrored == 0 {
				t.Errorf("Uniform(%#x) = %v and Uniform(%#x) = %v, want a sum of 1", b, u, ^b, mirrored)
			} else if 1-u != mirrored || 1-mirrored != u {
				t.Errorf("Uniform(%#x) = %v and Uniform(%#x) = %v are not mirror images", b, u, ^b, mirrored)
			}
		}
	}
}

func TestUniformGrowsWithItsBits(t *testing.T) {
	const cells = 1 << 12
	previous := 0.0
	for i := range uint64(cells) {
		u := stream.Uniform(i << 52)
		if !(u > previous) {
			t.Fatalf("Uniform(%#x) = %v, not above the %v before it", i<<52, u, previous)
		}
		previous = u
	}
}

func TestReadOfOneByteIsConstantAndConsumesNothing(t *testing.T) {
	s, untouched := stream.New(1, "s", "rand"), stream.New(1, "s", "rand")
	for range 20 {
		one := []byte{0xff}
		if n, err := s.Read(one); n != 1 || err != nil || one[0] != 0 {
			t.Fatalf("a read of one byte returned %d, %v and %#x, want 1, nil and 0", n, err, one[0])
		}
		var after, want [16]byte
		s.Read(after[:])
		untouched.Read(want[:])
		if after != want {
			t.Fatalf("after a read of one byte the stream goes on with %x, want %x", after, want)
		}
	}
}

func TestReadFills(t *testing.T) {
	for _, size := range []int{0, 2, 3, 7, 8, 9, 32, 1000, 100_000} {
		p := make([]byte, size)
		n, err := stream.New(1, "s", "rand").Read(p)
		if n != size || err != nil {
			t.Errorf("a read of %d bytes returned %d, %v", size, n, err)
		}
		if size >= 32 && bytes.Contains(p, make([]byte, 8)) {
			t.Errorf("a read of %d bytes left a gap", size)
		}
	}
}

func TestReadGoldenVector(t *testing.T) {
	p := make([]byte, 16)
	stream.New(1, "late-close-notify", "link client->server").Read(p)
	// The first two draws of the stream, least significant byte first.
	if got, want := hex.EncodeToString(p), "eaa7df86f2b9cce0"+"209d9adb606c1128"; got != want {
		t.Errorf("the first bytes are %s, want %s", got, want)
	}
}
