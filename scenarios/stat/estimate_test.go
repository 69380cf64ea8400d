package stat_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios/stat"
)

// The published values are those of the worked examples in Newcombe (Statistics in
// Medicine 17, 1998, 857-872, table I, method 3) and, for n = 10, of the tables in
// common use.
func TestWilsonAgainstPublishedValues(t *testing.T) {
	for _, c := range []struct {
		failures, trials int
		low, high        float64
	}{
		{81, 263, 0.2553, 0.3662}, // Newcombe
		{15, 148, 0.0624, 0.1605}, // Newcombe
		{0, 20, 0, 0.1611},        // Newcombe
		{1, 29, 0.0061, 0.1718},   // Newcombe
		{0, 10, 0, 0.2775},
		{10, 10, 0.7225, 1},
		{5, 10, 0.2366, 0.7634},
		{1, 100, 0.0018, 0.0545},
	} {
		p := stat.Wilson(c.failures, c.trials, 0.95)
		if math.Abs(p.Low-c.low) > 0.00005 || math.Abs(p.High-c.high) > 0.00005 {
			t.Errorf("%d of %d: [%.4f, %.4f], want [%.4f, %.4f]", c.failures, c.trials, p.Low, p.High, c.low, c.high)
		}
		if p.Failures != c.failures || p.N != c.trials || p.Confidence != 0.95 {
			t.Errorf("%d of %d: the estimate says %+v", c.failures, c.trials, p)
		}
		if want := float64(c.failures) / float64(c.trials); p.Value != want {
			t.Errorf("%d of %d: estimate %v, want %v", c.failures, c.trials, p.Value, want)
		}
	}
}

// An end of the interval is the probability that the score test just rejects:
// |k/n - p| = z sqrt(p(1-p)/n). That is its definition, without its solution.
func TestTheEndsOfTheIntervalSolveTheScoreEquation(t *testing.T) {
	for _, confidence := range []float64{0.5, 0.9, 0.95, 0.999} {
		for _, n := range []int{1, 2, 10, 1000, 1_000_000} {
			for _, k := range []int{0, 1, n / 3, n / 2, n - 1, n} {
				p := stat.Wilson(k, n, confidence)
				for _, end := range []float64{p.Low, p.High} {
					distance := math.Abs(p.Value - end)
					bound := stat.Z(confidence) * math.Sqrt(end*(1-end)/float64(n))
					if math.Abs(distance-bound) > 1e-9 {
						t.Errorf(
							"%d of %d at %g: the end %v is %v away from the estimate, want %v", k, n, confidence, end,
							distance, bound,
						)
					}
				}
			}
		}
	}
}

func TestTheIntervalIsExactAtTheExtremes(t *testing.T) {
	for n := 1; n <= 2000; n++ {
		for _, confidence := range []float64{0.8, 0.95, 0.99} {
			none, all := stat.Wilson(0, n, confidence), stat.Wilson(n, n, confidence)
			if none.Low != 0 || all.High != 1 {
				t.Fatalf(
					"n = %d at %g: low end of no failures %v, high end of all failures %v, want 0 and 1", n, confidence,
					none.Low, all.High,
				)
			}
			if !(none.High > 0 && none.High < 1 && all.Low > 0 && all.Low < 1) {
				t.Fatalf("n = %d at %g: no failures %v, all failures %v", n, confidence, none, all)
			}
		}
	}
}

func TestWilsonIsSymmetric(t *testing.T) {
	for n := 1; n <= 60; n++ {
		for k := range n + 1 {
			p, q := stat.Wilson(k, n, 0.95), stat.Wilson(n-k, n, 0.95)
			if math.Abs(p.Low-(1-q.High)) > 1e-14 || math.Abs(p.High-(1-q.Low)) > 1e-14 {
				t.Errorf("%d of %d is %v and %d of %d is %v: not mirror images", k, n, p, n-k, n, q)
			}
		}
	}
}

func TestTheIntervalHoldsTheEstimateAndGrowsWithTheConfidence(t *testing.T) {
	for n := 1; n <= 40; n++ {
		for k := range n + 1 {
			narrow, wide := stat.Wilson(k, n, 0.9), stat.Wilson(k, n, 0.99)
			if !(0 <= wide.Low && wide.Low <= narrow.Low && narrow.Low <= narrow.Value &&
				narrow.Value <= narrow.High && narrow.High <= wide.High && wide.High <= 1) {
				t.Errorf("%d of %d: %v at 0.9, %v at 0.99", k, n, narrow, wide)
			}
		}
	}
}

// coverage is the probability, by summation over the binomial distribution, that
// the interval holds the true probability.
func coverage(n int, p, confidence float64) float64 {
	total := 0.0
	for k := range n + 1 {
		w := stat.Wilson(k, n, confidence)
		if w.Low <= p && p <= w.High {
			total += binomial(n, k, p)
		}
	}
	return total
}

func binomial(n, k int, p float64) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return math.Exp(a - b - c + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
}

// What is known of the coverage (Brown, Cai, DasGupta, Statistical Science 16,
// 2001, 101-133): it lies near the nominal one on average, and dips to about 0.83
// where p is about 0.18/n.
func TestCoverageIsNearTheNominalOne(t *testing.T) {
	for _, n := range []int{5, 10, 20, 50, 100, 200} {
		const steps = 999
		sum, lowest, lowestAt := 0.0, 1.0, 0.0
		for i := 1; i <= steps; i++ {
			p := float64(i) / (steps + 1)
			c := coverage(n, p, 0.95)
			sum += c
			if c < lowest {
				lowest, lowestAt = c, p
			}
		}
		if mean := sum / steps; math.Abs(mean-0.95) > 0.01 {
			t.Errorf("n = %d: mean coverage %.4f, want 0.95 to within 0.01", n, mean)
		}
		if lowest < 0.83 {
			t.Errorf("n = %d: coverage %.4f at p = %g, want at least 0.83", n, lowest, lowestAt)
		}
	}
}

func TestCoverageAtSelectedPoints(t *testing.T) {
	// At n = 1 the interval of no failure is [0, 0.7935]: it holds p = 0.9 only if
	// the trial fails.
	if c := coverage(1, 0.9, 0.95); math.Abs(c-0.9) > 1e-12 {
		t.Errorf("coverage at n = 1, p = 0.9 is %v, want 0.9", c)
	}
	// At n = 10, p = 0.5 the intervals of 2 to 8 failures hold p: 1 - 22/1024.
	if c, want := coverage(10, 0.5, 0.95), 1-22.0/1024; math.Abs(c-want) > 1e-12 {
		t.Errorf("coverage at n = 10, p = 0.5 is %v, want %v", c, want)
	}
}

func TestWithoutTrialsAnythingIsPossible(t *testing.T) {
	p := stat.Wilson(0, 0, 0.95)
	if p.Low != 0 || p.High != 1 || !math.IsNaN(p.Value) {
		t.Errorf("without trials the estimate is %v in [%v, %v], want NaN in [0, 1]", p.Value, p.Low, p.High)
	}
	if p.String() != "no data" {
		t.Errorf("without trials the estimate reads %q", p)
	}
}

func TestString(t *testing.T) {
	if got, want := stat.Wilson(5, 10, 0.95).String(), "0.5 [0.2366, 0.7634]"; got != want {
		t.Errorf("the estimate reads %q, want %q", got, want)
	}
}

func TestZ(t *testing.T) {
	for _, c := range []struct{ confidence, want float64 }{
		{0.6826894921370859, 1}, {0.9, 1.6448536269514722}, {0.95, 1.959963984540054}, {0.99, 2.5758293035489004},
	} {
		if got := stat.Z(c.confidence); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("Z(%g) = %v, want %v", c.confidence, got, c.want)
		}
	}
}

func TestCheckConfidence(t *testing.T) {
	for _, good := range []float64{0.5, 0.95, 0.999999, math.SmallestNonzeroFloat64} {
		if err := stat.CheckConfidence(good); err != nil {
			t.Errorf("a confidence of %g: %v", good, err)
		}
	}
	for _, bad := range []float64{0, 1, -0.1, 1.5, 95, math.NaN(), math.Inf(1), math.Inf(-1)} {
		err := stat.CheckConfidence(bad)
		if err == nil {
			t.Errorf("a confidence of %g is accepted", bad)
			continue
		}
		if want := fmt.Sprintf("a confidence of %g is out of range: above 0, below 1", bad); err.Error() != want {
			t.Errorf("a confidence of %g: %q, want %q", bad, err, want)
		}
	}
}

func TestEveryAcceptedConfidenceGivesAnInterval(t *testing.T) {
	almost := math.Nextafter(1, 0)
	if err := stat.CheckConfidence(almost); err != nil {
		return // refusing it is as good
	}
	if p := stat.Wilson(5, 10, almost); !(p.Low >= 0 && p.Low <= 0.5 && p.High >= 0.5 && p.High <= 1) {
		t.Errorf("5 of 10 at a confidence of %v: [%v, %v]", almost, p.Low, p.High)
	}
}
