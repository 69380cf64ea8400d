package tilt

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/sim/stream"
)

// tilting returns a stream of which all draws are tilted by theta.
func tilting(theta float64) *Stream {
	return New(stream.New(1, "tilt", fmt.Sprint(theta)), "latency/a>b",
		&Config{Tilts: []Tilt{{Streams: "latency/*", Theta: theta}}})
}

// weightOf returns the likelihood ratio of what was drawn since the last call.
func (s *Stream) weightOf() float64 {
	defer func() { s.tilted.logWeight = 0 }()
	return math.Exp(s.tilted.logWeight)
}

func TestNothingTiltedIsTheStreamItself(t *testing.T) {
	for _, c := range []Config{{}, {Observe: true}, {Tilts: []Tilt{{Streams: "loss/*", Theta: 0.1}}},
		{Tilts: []Tilt{{Streams: "latency/*", Draw: 9, Theta: 0.1}}}} {
		plain, s := stream.New(1, "tilt", "same"), New(stream.New(1, "tilt", "same"), "latency/a>b", &c)
		for range 8 {
			want := plain.Uniform()
			if u, v := s.Variate(); u != want || v != 1-want {
				t.Fatalf("%+v: %g and %g, want %g", c, u, v, want)
			}
		}
		if s.Tilted() && s.weightOf() != 1 {
			t.Errorf("%+v: a weight without a tilt", c)
		}
	}
}

// A tilted variate has the tail of which theta is the power, the weights of all are 1
// on the average, those beyond a level have its probability, and none is above 1/theta.
func TestVariates(t *testing.T) {
	const n = 200_000
	for _, theta := range []float64{0.05, 0.3, 0.8, 1.5, 4, 20} {
		s := tilting(theta)
		power, bound := theta, 1/theta
		if theta > 1 {
			power, bound = 1/theta, theta
		}
		sum, squares, beyond, weighed := 0.0, 0.0, 0, 0.0
		const level = 1e-3
		for range n {
			u, v := s.Variate()
			w := s.weightOf()
			if math.Abs(u+v-1) > 1e-15 || w > bound*(1+1e-12) {
				t.Fatalf("theta %g: %g and %g with the weight %g", theta, u, v, w)
			}
			far := v
			if theta > 1 {
				far = u
			}
			sum, squares = sum+w, squares+w*w
			if far < level {
				beyond++
				weighed += w
			}
		}
		want := math.Pow(level, power)
		if got := float64(beyond) / n; math.Abs(got-want) > 5*math.Sqrt(want/n) {
			t.Errorf("theta %g: %.5f lie beyond, want %.5f", theta, got, want)
		}
		// E w = 1, E w^2 = 1/(power (2 - power)).
		second := 1 / (power * (2 - power))
		if math.Abs(sum/n-1) > 5*math.Sqrt((second-1)/n) {
			t.Errorf("theta %g: the mean weight is %.4f", theta, sum/n)
		}
		if math.Abs(squares/n/second-1) > 0.1 {
			t.Errorf("theta %g: the mean square of weights is %.4f, want %.4f", theta, squares/n, second)
		}
		if beyond > 1000 && math.Abs(weighed/n/level-1) > 0.2 {
			t.Errorf("theta %g: those beyond weigh %.3g, want %g", theta, weighed/n, level)
		}
	}
}

// An answer is as probable as the power says, and its weight is a ratio of two
// probabilities, in either direction.
func TestAnswers(t *testing.T) {
	const n = 100_000
	for _, c := range []struct {
		theta, p float64
		harm     bool
		want     float64 // the probability of "below p"
	}{
		{0.5, 0.01, true, 0.1}, {0.25, 1e-8, true, 0.01}, {2, 0.75, true, 0.5}, {0.5, 0.75, false, 0.5},
		{2, 0.01, false, 0.1}, {1, 0.3, true, 0.3},
	} {
		s := tilting(c.theta)
		below := 0
		for range n {
			answer := s.Chance(c.p, c.harm)
			want := (1 - c.p) / (1 - c.want)
			if answer {
				below++
				want = c.p / c.want
			}
			if got := s.weightOf(); math.Abs(got/want-1) > 1e-9 {
				t.Fatalf("%+v: the weight of %v is %.12g, want %.12g", c, answer, got, want)
			}
		}
		if got := float64(below) / n; math.Abs(got-c.want) > 5*math.Sqrt(c.want/n) {
			t.Errorf("%+v: %.4f are below", c, got)
		}
	}
	for _, p := range []float64{0, 1} {
		if s := tilting(0.1); s.Chance(p, true) != (p == 1) || s.weightOf() != 1 {
			t.Errorf("what is certain with %g is not", p)
		}
	}
}

// The first tilt about a draw counts; draws at which nobody looks are counted and not
// tilted.
func TestWhichTiltCounts(t *testing.T) {
	c := &Config{
		Observe: true,
		Tilts: []Tilt{
			{Streams: "latency/a>b", Draw: 3, Theta: 0.5},
			{Streams: "latency/*", Theta: 0.25},
			{Streams: "loss/*", Theta: 0.1},
		},
	}
	s := New(stream.New(1, "tilt", "which"), "latency/a>b", c)
	s.Variate()
	s.Pass()
	s.Variate()
	s.Variate()
	o := Sum([]*Stream{s}, c)
	if !slices.Equal(o.Draws, []int{1, 2, 0}) {
		t.Errorf("draws by tilt: %v", o.Draws)
	}
	var numbers []int
	want := 0.0
	for i, d := range o.Observed {
		numbers = append(numbers, d.Number)
		theta := []float64{0.25, 0.5, 0.25}[i]
		want += (1-theta)*d.LogUpper - math.Log(theta)
	}
	if !slices.Equal(numbers, []int{1, 3, 4}) || math.Abs(o.LogWeight-want) > 1e-12 {
		t.Errorf("%+v, want the log weight %g", o, want)
	}
}

// The sum over streams does not depend on the order in which they came to draw.
func TestTheSumIsInTheOrderOfTheNames(t *testing.T) {
	c := &Config{Tilts: []Tilt{{Streams: "*/*", Theta: 0.1}}}
	var streams []*Stream
	for _, name := range []string{"latency/c", "latency/a", "loss/b", "latency/b"} {
		s := New(stream.New(1, "tilt", name), name, c)
		for range 10 {
			s.Variate()
		}
		streams = append(streams, s)
	}
	want := Sum(streams, c).LogWeight
	for range 20 {
		streams = append(streams[1:], streams[0])
		if streams[1].tilted.name < streams[2].tilted.name {
			streams[1], streams[2] = streams[2], streams[1]
		}
		if got := Sum(streams, c).LogWeight; got != want {
			t.Fatalf("%.17g and %.17g", got, want)
		}
	}
}

func TestParse(t *testing.T) {
	patterns := func(class string) ([]string, error) {
		switch class {
		case "uplink":
			return []string{"latency/client-*"}, nil
		case "both":
			return []string{"latency/a", "latency/b"}, nil
		case "latency/[":
			return []string{class}, nil
		}
		return nil, errors.New("no such class")
	}
	tilts, err := Parse(" uplink:3=0.5, both=20 ", patterns)
	if err != nil || Text(tilts) != "latency/client-*:3=0.5,latency/a=20,latency/b=20" {
		t.Errorf("%v %v", tilts, err)
	}
	_, err = Parse("uplink,uplink=0,uplink:0=1,nothing=1,uplink=1e9,latency/[=2", patterns)
	for _, want := range []string{`"uplink": want CLASS=THETA`, `"uplink=0"`, `"0" is no number of a draw`,
		"no such class", `"uplink=1e9"`, "is no pattern"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
