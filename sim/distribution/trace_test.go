package distribution_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/sim/distribution"
)

func write(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "recording.txt")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

const recording = "# one second of a path\n1s, 10ms\n\n1500000000,30000000\n1.75s,20ms\n2s,50ms\n"

// A recorded latency is that of the last line at or before a time, and before the
// first line the first's.
func TestLatencyTrace(t *testing.T) {
	path := write(t, recording)
	for _, offset := range []time.Duration{0, 5 * time.Millisecond} {
		text := "trace(" + path + ")"
		if offset > 0 {
			text = offset.String() + "+" + text
		}
		r, ok := parse(t, text).(*distribution.LatencyTrace)
		if !ok || r.String() != text {
			t.Fatalf("%s is read as %v", text, r)
		}
		for _, c := range []struct{ at, want time.Duration }{
			{0, 10 * time.Millisecond}, {time.Second, 10 * time.Millisecond},
			{1500*time.Millisecond - 1, 10 * time.Millisecond},
			{1500 * time.Millisecond, 30 * time.Millisecond}, {1750*time.Millisecond - 1, 30 * time.Millisecond},
			{1750 * time.Millisecond, 20 * time.Millisecond}, {2*time.Second - 1, 20 * time.Millisecond},
			{2 * time.Second, 50 * time.Millisecond}, {1000 * time.Hour, 50 * time.Millisecond},
		} {
			if got := r.At(c.at); got != c.want+offset {
				t.Errorf("%s: at %s it is %s, want %s", text, c.at, got, c.want+offset)
			}
		}
	}
}

// Around any time there is an interval in which a recorded latency is the same, and
// another beyond each of its bounds.
func TestLatencyTraceHolds(t *testing.T) {
	r := parse(t, "trace("+write(t, recording)+")").(*distribution.LatencyTrace)
	for _, at := range []time.Duration{0, time.Second, 1500*time.Millisecond - 1, 1500 * time.Millisecond,
		1800 * time.Millisecond, 2 * time.Second, time.Hour} {
		from, to := r.Holds(at)
		if at < from || at >= to {
			t.Errorf("at %s: [%s, %s)", at, from, to)
		}
		if from > math.MinInt64 && (r.At(from) != r.At(at) || r.At(from-1) == r.At(at)) {
			t.Errorf("at %s: from %s", at, from)
		}
		if to < math.MaxInt64 && (r.At(to-1) != r.At(at) || r.At(to) == r.At(at)) {
			t.Errorf("at %s: to %s", at, to)
		}
	}
	if from, _ := r.Holds(0); from != math.MinInt64 {
		t.Errorf("the first line begins at %s", from)
	}
	if _, to := r.Holds(time.Hour); to != math.MaxInt64 {
		t.Errorf("the last line ends at %s", to)
	}
}

// As a distribution each line weighs as long as it holds: half of the second of the
// recording has 10 ms, a quarter 20 ms and a quarter 30 ms.
func TestLatencyTraceAsADistribution(t *testing.T) {
	l := parse(t, "1ms+trace("+write(t, recording)+")")
	for _, c := range []struct{ u, want float64 }{{1e-9, 11e6}, {0.5, 11e6}, {0.5000001, 21e6}, {0.75, 21e6},
		{0.7500001, 31e6}, {1 - 1e-9, 31e6}} {
		if got := l.Quantile(c.u); got != c.want {
			t.Errorf("Quantile(%g) is %g, want %g", c.u, got, c.want)
		}
	}
	for _, c := range []struct{ x, cdf, below float64 }{{0, 0, 0}, {11e6, 0.5, 0}, {11e6 + 1, 0.5, 0.5},
		{21e6, 0.75, 0.5}, {31e6, 1, 0.75}, {1e12, 1, 1}} {
		if l.CDF(c.x) != c.cdf || l.Below(c.x) != c.below {
			t.Errorf("at %g: CDF %g, Below %g, want %g and %g", c.x, l.CDF(c.x), l.Below(c.x), c.cdf, c.below)
		}
	}
	if l.Mean() != 18.5e6 {
		t.Errorf("mean %g", l.Mean())
	}
	one := parse(t, "replay("+write(t, "7s,3ms\n")+")")
	if one.Quantile(0.5) != 3e6 || one.Mean() != 3e6 || one.CDF(3e6) != 1 || one.Below(3e6) != 0 {
		t.Errorf("of a single line: %g %g %g %g", one.Quantile(0.5), one.Mean(), one.CDF(3e6), one.Below(3e6))
	}
}

// Whatever the recording, the distribution is that of its latency at a uniform
// instant, compared with one that is looked up nanosecond by nanosecond.
func TestLatencyTraceAgainstEveryInstant(t *testing.T) {
	path := write(t, "0,0\n")
	testkit.Check(t, func(t *rapid.T) {
		gaps := rapid.SliceOfN(rapid.IntRange(1, 20), 2, 10).Draw(t, "gaps_ns")
		var text strings.Builder
		at := 0
		for _, gap := range gaps {
			at += gap
			text.WriteString(
				time.Duration(at).
					String() +
					"," + time.Duration(rapid.IntRange(0, 5).Draw(t, "latency_ns")).
					String() +
					"\n",
			)
		}
		if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		r := parse(t, "trace("+path+")").(*distribution.LatencyTrace)
		counts, sum := [7]float64{}, 0.0
		for i := gaps[0]; i < at; i++ {
			counts[r.At(time.Duration(i))]++
			sum += float64(r.At(time.Duration(i)))
		}
		total, below := float64(at-gaps[0]), 0.0
		for x, n := range counts {
			if got := distribution.Probability(r, time.Duration(x), time.Duration(x+1)); math.Abs(got-n/total) > 1e-12 {
				t.Errorf("%d ns has the probability %g, want %g of\n%s", x, got, n/total, text.String())
			}
			if n > 0 && distribution.Latency(r, (below+n/2)/total) != time.Duration(x) {
				t.Errorf("the quantile at %g is %s, want %d ns", (below+n/2)/total,
					distribution.Latency(r, (below+n/2)/total), x)
			}
			below += n
		}
		if math.Abs(r.Mean()-sum/total) > 1e-9 {
			t.Errorf("mean %g, want %g", r.Mean(), sum/total)
		}
	})
}

// A probability cannot be integrated over a recording, nor a draw choose it.
func TestLatencyTraceIsNoMatterOfChance(t *testing.T) {
	path := write(t, recording)
	for _, text := range []string{"trace(" + path + ")", "5ms+trace(" + path + ")"} {
		if err := distribution.CheckIntegrable(parse(t, text)); err == nil ||
			!strings.Contains(err.Error(), text+" says when") {
			t.Errorf("%s: error %v", text, err)
		}
		mixed := "mixture(1,10ms,1," + text + ")"
		if l, err := distribution.Parse(mixed); err == nil || !strings.Contains(err.Error(), "distribution 2") ||
			!strings.Contains(err.Error(), "the time decides on a latency of a recording") {
			t.Errorf("%s: %v, error %v", mixed, l, err)
		}
	}
	for _, text := range []string{"10ms", "5ms+exponential(10ms)", "mixture(1,1ms,1,2ms)"} {
		if err := distribution.CheckIntegrable(parse(t, text)); err != nil {
			t.Error(err)
		}
	}
}

// Every fault of a recording is reported, with its line.
func TestBrokenRecordings(t *testing.T) {
	for text, want := range map[string][]string{
		"":                    {"holds no line TIME,LATENCY"},
		"# nothing\n":         {"holds no line TIME,LATENCY"},
		"1s,1ms\n2s\n":        {`:2: "2s": want TIME,LATENCY`},
		"1s,1ms\n1s,2ms\n":    {":2: the time 1s does not come after 1s"},
		"2s,1ms\n#\n1s,2ms\n": {":3: the time 1s does not come after 2s"},
		"x,1ms\n1s,-1ms\n2s,1ms,3ms\n": {`:1: "x" is no time`, `:2: "-1ms" is no latency`,
			`:3: "1ms,3ms" is no latency`},
		strings.Repeat("x\n", 13) + "1s,1": {":1: ", ":10: ", "and 3 more faults"},
	} {
		l, err := distribution.Parse("trace(" + write(t, text) + ")")
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%q: %v, error %v; want one that says %q", text, l, err, w)
			}
		}
	}
	for text, want := range map[string]string{
		"trace()": "want a file: trace(file)", "trace(/nowhere)": "no such file",
		"trace":    "trace needs its arguments: trace(file)",
		"trase(x)": "Did you mean trace(file)?",
	} {
		if _, err := distribution.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v; want one that says %q", text, err, want)
		}
	}
}
