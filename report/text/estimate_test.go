package text

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/sim/distribution"
)

// printed matches the first two lines of an estimate.
var printed = regexp.MustCompile(`(?s)probability +(\S+).*?(?:bounds|interval) +(\S+) \.\. (\S+)`)

// An exact probability lies within its own bounds as they are printed, whatever its size.
func TestExactProbabilityLiesWithinItsBounds(t *testing.T) {
	random := rand.New(rand.NewPCG(testkit.Seed(t), 0))
	check := func(e stat.Estimate, what string) {
		t.Helper()
		var b strings.Builder
		j := &EstimateJSON{Method: "exact", Estimate: &e.Value, Low: e.Low, High: e.High, Confidence: 1,
			Interval: string(e.Method)}
		if err := Estimate(&b, j); err != nil {
			t.Fatal(err)
		}
		var value, low, high float64
		m := printed.FindStringSubmatch(b.String())
		if m == nil {
			t.Fatalf("no bounds in %s", b.String())
		}
		if _, err := fmt.Sscan(strings.Join(m[1:], " "), &value, &low, &high); err != nil {
			t.Fatal(err)
		}
		if !(low <= value && value <= high) || !e.Holds(e.Value) {
			t.Errorf("%s: %s is not within %s .. %s", what, m[1], m[2], m[3])
		}
	}
	check(stat.Exact(9.999999994e-10, 0, 1e-22, 3), "1e-9, a little less")
	for range 2000 {
		value := math.Pow(10, -20*random.Float64())
		check(stat.Exact(value, value*math.Pow(10, -14*random.Float64()-3), value*1e-12, 3), fmt.Sprint(value))
	}
	for _, text := range []string{"10ms+exponential(mean=1ms)", "lognormal(median=1ms,sigma=0.5)",
		"mixture(0.5,2ms,0.5,10ms+exponential(mean=1ms))"} {
		l, err := distribution.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		for range 300 {
			from := int64(random.Float64() * float64(40*time.Millisecond))
			w := &search.Windows{To: int64(time.Hour),
				FailureWindows: []search.Interval{{From: from, To: from + 1 + random.Int64N(int64(time.Second))}}}
			p, outside := w.Exact(l)
			check(stat.Exact(p, outside, w.Rounding(l), 3), fmt.Sprint(text, w.FailureWindows))
		}
	}
}
