package distribution_test

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/stream"
)

// A mixture's distribution function is the weighted sum of its parts', and its
// quantile the inverse.
func TestMixture(t *testing.T) {
	m := parse(t, "mixture(3,10ms,1,5ms+exponential(mean=20ms))")
	e := parse(t, "5ms+exponential(mean=20ms)")
	for _, x := range []float64{0, 5e6, 6e6, 9999999, 10e6, 10000001, 50e6, 1e9} {
		atom, below := 0.0, 0.0
		if x >= 10e6 {
			atom = 1
		}
		if x > 10e6 {
			below = 1
		}
		if got, want := m.CDF(x), 0.75*atom+0.25*e.CDF(x); math.Abs(got-want) > 1e-15 {
			t.Errorf("CDF(%g) is %g, want %g", x, got, want)
		}
		if got, want := m.Below(x), 0.75*below+0.25*e.Below(x); math.Abs(got-want) > 1e-15 {
			t.Errorf("Below(%g) is %g, want %g", x, got, want)
		}
	}
	if got, want := m.Mean(), 0.75*10e6+0.25*25e6; got != want {
		t.Errorf("mean %g, want %g", got, want)
	}
	low, high := m.Below(10e6), m.CDF(10e6)
	for _, u := range []float64{1e-9, low / 2, low + 1e-9, (low + high) / 2, high - 1e-9, high + 1e-9, 0.999,
		1 - 1e-12} {
		q := m.Quantile(u)
		if u > low && u < high {
			if got := distribution.Latency(m, u); got != 10*time.Millisecond {
				t.Errorf("the latency at %g is %s, want the atom", u, got)
			}
			continue
		}
		if math.Abs(m.CDF(q)-u) > 1e-9 {
			t.Errorf("CDF(Quantile(%g)) is %g", u, m.CDF(q))
		}
	}
}

// Drawn latencies of a mixture follow its distribution function.
func TestMixtureSample(t *testing.T) {
	m := parse(t, "1ms+mixture(0.5,uniform(0ms,2ms),0.5,mixture(1,lognormal(5ms,1),1,3ms))")
	draws := stream.New(1, "law", "mixture")
	const n = 20_000
	sample := make([]float64, n)
	for i := range sample {
		sample[i] = float64(distribution.Latency(m, draws.Uniform()))
	}
	slices.Sort(sample)
	for _, x := range []float64{1.5e6, 2e6, 3e6, 4e6 - 1, 4e6, 6e6, 20e6} {
		count, _ := slices.BinarySearch(sample, x+1) // latencies are rounded down
		if got, want := float64(count)/n, m.CDF(x); math.Abs(got-want) > 0.015 {
			t.Errorf("%g of the sample are at most %g, want %g", got, x, want)
		}
	}
}

// An empirical distribution draws each sample of its file with the same probability.
func TestEmpirical(t *testing.T) {
	path := filepath.Join(t.TempDir(), "samples.txt")
	if err := os.WriteFile(path, []byte("# measured\n30ms\n\n10ms\n20000000\n10ms\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	l := parse(t, "empirical("+path+")")
	for _, c := range []struct{ u, want float64 }{{1e-9, 10e6}, {0.5, 10e6}, {0.5000001, 20e6}, {0.75, 20e6},
		{0.7500001, 30e6}, {1 - 1e-9, 30e6}} {
		if got := l.Quantile(c.u); got != c.want {
			t.Errorf("Quantile(%g) is %g, want %g", c.u, got, c.want)
		}
	}
	for _, c := range []struct{ x, cdf, below float64 }{{0, 0, 0}, {10e6, 0.5, 0}, {10e6 + 1, 0.5, 0.5},
		{20e6, 0.75, 0.5}, {30e6, 1, 0.75}, {1e12, 1, 1}} {
		if l.CDF(c.x) != c.cdf || l.Below(c.x) != c.below {
			t.Errorf("at %g: CDF %g, Below %g, want %g and %g", c.x, l.CDF(c.x), l.Below(c.x), c.cdf, c.below)
		}
	}
	if l.Mean() != 17.5e6 || l.String() != "empirical("+path+")" {
		t.Errorf("mean %g, text %s", l.Mean(), l)
	}
	if again := parse(t, "5ms+"+l.String()); distribution.Latency(again, 0.9) != 35*time.Millisecond ||
		again.String() != "5ms+"+l.String() {
		t.Errorf("%s gives %s", again, distribution.Latency(again, 0.9))
	}
}

// Drawn latencies of an empirical distribution have the shares that they have in its file.
func TestEmpiricalSample(t *testing.T) {
	path := filepath.Join(t.TempDir(), "samples.txt")
	if err := os.WriteFile(path, []byte("30ms\n10ms\n20ms\n10ms\n10ms\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	const n = 50_000
	counts := map[time.Duration]float64{}
	for _, x := range sample(parse(t, "1ms+empirical("+path+")"), n) {
		counts[x]++
	}
	for x, want := range map[time.Duration]float64{11 * time.Millisecond: 0.6, 21 * time.Millisecond: 0.2,
		31 * time.Millisecond: 0.2} {
		if math.Abs(counts[x]/n-want) > 4*math.Sqrt(want*(1-want)/n) {
			t.Errorf("%s has the share %g, want %g", x, counts[x]/n, want)
		}
	}
	if len(counts) != 3 {
		t.Errorf("drawn were %v", counts)
	}
}

func TestBrokenComposites(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for text, want := range map[string]string{
		"mixture": "mixture needs its arguments: mixture(weight,distribution," +
			"weight,distribution,...)",
		"mixture()":                "want at least two pairs",
		"mixture(1,10ms)":          "want at least two pairs",
		"mixture(1,10ms,2)":        "want at least two pairs",
		"mixture(0,10ms,1,20ms)":   `weight "0": want a number above 0`,
		"mixture(x,10ms,1,20ms)":   `weight "x": want a number above 0`,
		"mixture(NaN,10ms,1,20ms)": `weight "NaN"`,
		"mixture(1,10ms,1,uniform(5ms))": `distribution 2, "uniform(5ms)": want the arguments ` +
			`uniform(from,to), not 1`,
		"mixture(1,10ms,1,uniform(1ms,2ms)": "the parentheses do not match",
		"mixtur(1,10ms,1,20ms)": "Did you mean mixture(weight,distribution,weight," +
			"distribution,...)?",
		"empirical()":                                 "want a file: empirical(file)",
		"empirical(" + dir + "/nothing)":              "no such file",
		"empirical(" + dir + ")":                      "want a regular file",
		"empirical(" + write("empty", "#\n") + ")":    "holds no sample",
		"empirical(" + write("bad", "1ms\nx\n") + ")": `bad:2: "x" is no latency`,
		"empirical(" + write("minus", "-5\n") + ")":   `minus:1: "-5" is no latency`,
	} {
		if l, err := distribution.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, error %v; want one that says %q", text, l, err, want)
		}
	}
}

// The files of a distribution are those that its text names, in whatever it is made of.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	samples, recording := filepath.Join(dir, "samples"), filepath.Join(dir, "recording")
	for path, text := range map[string]string{samples: "1ms\n2ms\n", recording: "0s,1ms\n"} {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for text, want := range map[string][]string{
		"5ms": nil, "1ms+exponential(2ms)": nil,
		"empirical( " + samples + " )":                                 {samples},
		"1ms+replay(" + recording + ")":                                {recording},
		"3ms+mixture(1,empirical(" + samples + "),2,uniform(1ms,2ms))": {samples},
	} {
		if got := distribution.Files(parse(t, text)); !slices.Equal(got, want) {
			t.Errorf("%s reads %q, want %q", text, got, want)
		}
	}
	if got := distribution.Files(nil); got != nil {
		t.Errorf("no distribution reads %q", got)
	}
}
