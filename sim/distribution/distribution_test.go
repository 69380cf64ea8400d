package distribution_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/stream"
)

func parse(t interface {
	Helper()
	Fatal(...any)
}, text string) distribution.Distribution {
	t.Helper()
	l, err := distribution.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// continuous are distributions with a density, each with and without an offset.
var continuous = withOffsets(
	"uniform(from=5ms,to=15ms)",
	"uniform(from=0s,to=1s)",
	"normal(mean=20ms,sigma=5ms)",
	"normal(mean=1ms,sigma=10ms)", // nearly half of it is cut off
	"normal(mean=0s,sigma=10ms)",
	"exponential(mean=20ms)",
	"lognormal(median=20ms,sigma=0.6)",
	"lognormal(median=1ms,sigma=0.01)",
	"gamma(mean=20ms,shape=1)",
	"gamma(mean=20ms,shape=2.5)",
	"gamma(mean=20ms,shape=100)",
	"weibull(scale=20ms,shape=1.5)",
	"weibull(scale=20ms,shape=8)",
	"pareto(minimum=5ms,shape=1)",
	"pareto(minimum=5ms,shape=3)",
)

func withOffsets(texts ...string) []string {
	var all []string
	for _, text := range texts {
		all = append(all, text, "7ms+"+text)
	}
	return all
}

// grid returns probabilities from the lowest that a stream draws to near 1.
func grid() []float64 {
	us := []float64{0x1p-54, 1e-15, 1e-12, 1e-9, 1e-6, 1e-4}
	for i := 1; i < 200; i++ {
		us = append(us, float64(i)/200)
	}
	return append(us, 1-1e-4, 1-1e-6, 1-1e-9, 1-1e-12, 1-1e-15)
}

// checkInverse holds the quantile function against the distribution function. Its
// slack is for the gamma distribution, whose quantile is found by iteration: below a
// nanosecond, where every latency is 0, it may fall, and above by a rounding error.
func checkInverse(t interface{ Errorf(string, ...any) }, l distribution.Distribution, us []float64) {
	previous := math.Inf(-1)
	for _, u := range us {
		q := l.Quantile(u)
		if back := l.CDF(q); !(math.Abs(back-u) < 1e-9) {
			t.Errorf("%s: CDF(Quantile(%v)) = %v", l, u, back)
		}
		if l.Below(q) != l.CDF(q) {
			t.Errorf("%s: Below(%v) = %v and CDF = %v, although it has no atom", l, q, l.Below(q), l.CDF(q))
		}
		if previous < 1 && !(q >= 0) || previous >= 1 && !(q >= previous*(1-1e-12)) {
			t.Errorf("%s: Quantile(%v) = %v falls below the %v before it", l, u, q, previous)
		}
		previous = q
	}
}

func TestTheQuantileIsTheInverseOfTheDistribution(t *testing.T) {
	for _, text := range continuous {
		checkInverse(t, parse(t, text), grid())
	}
	// Without an offset the density may be infinite at 0.
	for _, text := range []string{"gamma(mean=20ms,shape=0.6)", "weibull(scale=20ms,shape=0.3)",
		"lognormal(median=20ms,sigma=5)"} {
		checkInverse(t, parse(t, text), grid())
	}
}

func TestTheQuantileIsTheInverseForAnyParameters(t *testing.T) {
	// No distribution is narrower than a thousandth of where it lies: a double has 16 digits,
	// and the nine wanted here have to remain.
	scale := rapid.Int64Range(1000, int64(time.Minute))
	testkit.Check(t, func(t *rapid.T) {
		d := time.Duration(scale.Draw(t, "duration_ns"))
		var text string
		switch family := rapid.SampledFrom([]string{"uniform", "normal", "exponential", "lognormal", "gamma", "weibull",
			"pareto"}).Draw(t, "family"); family {
		case "uniform":
			text = fmt.Sprintf("uniform(%s,%s)", d, d+max(d/1000, time.Duration(scale.Draw(t, "width_ns"))))
		case "normal":
			text = fmt.Sprintf("normal(%s,%s)", d, max(d/1000, time.Duration(scale.Draw(t, "sigma_ns"))))
		case "exponential":
			text = fmt.Sprintf("exponential(%s)", d)
		case "lognormal":
			text = fmt.Sprintf("lognormal(%s,%v)", d, rapid.Float64Range(0.01, 10).Draw(t, "sigma"))
		case "gamma":
			text = fmt.Sprintf("gamma(%s,%v)", d, rapid.Float64Range(0.6, 1000).Draw(t, "shape"))
		default:
			text = fmt.Sprintf("%s(%s,%v)", family, d, rapid.Float64Range(0.1, 100).Draw(t, "shape"))
		}
		us := rapid.SliceOfN(rapid.Float64Range(1e-15, 1-1e-15), 1, 10).Draw(t, "u")
		slices.Sort(us)
		checkInverse(t, parse(t, text), us)
	})
}

// A latency is the variate rounded down: the latency at u is the n for which u
// lies between the probability below n and that below n+1. This holds even where
// the variate itself is so small that it cannot be told from 0.
func TestALatencyIsTheQuantileRoundedDown(t *testing.T) {
	distributions := append([]string{
		"10ms",
		"gamma(mean=20ms,shape=0.02)", "gamma(mean=20ms,shape=0.1)", "gamma(mean=20ms,shape=0.3)",
		"weibull(scale=20ms,shape=0.05)", "pareto(minimum=5ms,shape=0.7)", "1ms+gamma(mean=20ms,shape=0.5)",
		"uniform(from=0s,to=2ns)", "uniform(from=3ns,to=17ns)", "exponential(mean=2ns)", "normal(mean=5ns,sigma=2ns)",
	}, continuous...)
	for _, text := range distributions {
		l := parse(t, text)
		for _, u := range grid() {
			n := distribution.Latency(l, u)
			if n == 1<<61 {
				continue // the greatest latency, whatever the quantile
			}
			if below, upTo := l.Below(float64(n)), l.Below(float64(n+1)); !(below-1e-9 <= u && u <= upTo+1e-9) {
				t.Errorf("%s: the latency at %v is %d ns, but below it lies %v and below the next %v", l, u, n, below,
					upTo)
			}
		}
	}
}

// valueDistribution is a distribution whose quantile is whatever a test wants.
type valueDistribution struct {
	distribution.Distribution
	value float64
}

func (v valueDistribution) Quantile(float64) float64 { return v.value }

func TestLatencyRoundsDownAndStaysInRange(t *testing.T) {
	const greatest = time.Duration(1) << 61
	for _, c := range []struct {
		quantile float64
		want     time.Duration
	}{
		{0, 0}, {0.999999, 0}, {1, 1}, {1.999999, 1}, {20e6 + 0.75, 20 * time.Millisecond},
		{-0.5, 0}, {-1, 0}, {math.Inf(-1), 0}, {math.NaN(), 0},
		{0x1p61 - 512, greatest - 512}, {0x1p61, greatest}, {0x1p63, greatest}, {1e300, greatest},
		{math.Inf(1), greatest},
	} {
		if got := distribution.Latency(valueDistribution{value: c.quantile}, 0.5); got != c.want {
			t.Errorf("the latency of a quantile of %v is %d ns, want %d", c.quantile, got, c.want)
		}
	}
	// A heavy tail does not overflow, nor does the time at which such a datagram arrives.
	l := parse(t, "1000h+pareto(minimum=1000h,shape=0.01)")
	if got := distribution.Latency(l, 0.9999); got != greatest {
		t.Errorf("the latency far in a tail is %d ns, want %d", got, greatest)
	}
	if sum := 1000*time.Hour + greatest; sum < 0 {
		t.Errorf("a time plus the greatest latency overflows")
	}
}

func TestEveryQuantileOfADrawIsFinite(t *testing.T) {
	highest := math.Nextafter(1, 0) // the highest draw below 1
	for _, text := range append([]string{"normal(mean=0s,sigma=1ms)", "normal(mean=2ms,sigma=1ms)"}, continuous...) {
		l := parse(t, text)
		if q := l.Quantile(highest); math.IsInf(q, 0) || math.IsNaN(q) {
			t.Errorf("%s: Quantile(1 - 2^-53) = %v", l, q)
		}
	}
}

func TestConstant(t *testing.T) {
	c := distribution.Constant{Value: 10 * time.Millisecond}
	for _, u := range grid() {
		if got := distribution.Latency(c, u); got != 10*time.Millisecond {
			t.Errorf("the latency at %v is %v, want 10ms", u, got)
		}
	}
	for _, p := range []struct {
		x          float64
		cdf, below float64
	}{{0, 0, 0}, {10e6 - 1, 0, 0}, {10e6, 1, 0}, {10e6 + 1, 1, 1}} {
		if c.CDF(p.x) != p.cdf || c.Below(p.x) != p.below {
			t.Errorf("at %v: CDF %v and Below %v, want %v and %v", p.x, c.CDF(p.x), c.Below(p.x), p.cdf, p.below)
		}
	}
	if c.Mean() != 10e6 || c.String() != "10ms" {
		t.Errorf("mean %v and text %q, want 1e7 and 10ms", c.Mean(), c)
	}
}

func TestProbabilityOfAConstantIsExactOnTheHalfOpenWindow(t *testing.T) {
	c := distribution.Constant{Value: 100}
	for _, w := range []struct {
		from, to time.Duration
		want     float64
	}{
		{100, 101, 1}, {0, 101, 1}, {100, 1000, 1}, {0, 1000, 1}, // the window holds its first point
		{0, 100, 0}, {99, 100, 0}, // but not its last
		{101, 1000, 0}, {0, 99, 0},
		{100, 100, 0}, {101, 100, 0}, {1000, 0, 0}, // an empty window, and one the wrong way round
	} {
		if got := distribution.Probability(c, w.from, w.to); got != w.want {
			t.Errorf("the probability of [%d, %d) is %v, want %v", w.from, w.to, got, w.want)
		}
	}
}

func TestProbabilityOfAUniformDistributionIsTheShareOfTheWindow(t *testing.T) {
	l := parse(t, "5ms+uniform(0s,10ms)")
	for _, w := range []struct {
		from, to time.Duration
		want     float64
	}{
		{0, 5 * time.Millisecond, 0}, {0, time.Second, 1}, {15 * time.Millisecond, time.Second, 0},
		{7 * time.Millisecond, 8 * time.Millisecond, 0.1}, {4 * time.Millisecond, 6 * time.Millisecond, 0.1},
		{14 * time.Millisecond, 20 * time.Millisecond, 0.1}, {8 * time.Millisecond, 7 * time.Millisecond, 0},
	} {
		if got := distribution.Probability(l, w.from, w.to); math.Abs(got-w.want) > 1e-15 {
			t.Errorf("the probability of [%v, %v) is %v, want %v", w.from, w.to, got, w.want)
		}
	}
}

func TestProbabilityIsAdditive(t *testing.T) {
	for _, text := range append([]string{"10ms"}, continuous...) {
		l := parse(t, text)
		var total float64
		edges := []time.Duration{0, 1, time.Millisecond, 9 * time.Millisecond, 10 * time.Millisecond,
			10*time.Millisecond + 1, 25 * time.Millisecond, 100 * time.Millisecond, time.Second, time.Hour, 1 << 61}
		for i, to := range edges[1:] {
			p := distribution.Probability(l, edges[i], to)
			if !(p >= 0 && p <= 1) {
				t.Errorf("%s: the probability of [%v, %v) is %v", l, edges[i], to, p)
			}
			total += p
			if whole := distribution.Probability(l, 0, to); math.Abs(whole-total) > 1e-14 {
				t.Errorf("%s: the windows up to %v sum to %v, and the whole is %v", l, to, total, whole)
			}
		}
		if math.Abs(total-1) > 1e-9 {
			t.Errorf("%s: all windows sum to %v, want 1", l, total)
		}
	}
}

// sample draws latencies as a link does.
func sample(l distribution.Distribution, n int) []time.Duration {
	s := stream.New(20260101, "law test", l.String())
	latencies := make([]time.Duration, n)
	for i := range latencies {
		latencies[i] = distribution.Latency(l, s.Uniform())
	}
	return latencies
}

// The critical value of Kolmogorov and Smirnov at a level of 0.001 is
// sqrt(-ln(0.0005)/2n) = 1.949/sqrt(n).
func TestSampledLatenciesFollowTheirDistribution(t *testing.T) {
	testkit.NotShort(t)
	const n = 20_000
	for _, text := range append([]string{"gamma(mean=20ms,shape=0.2)", "weibull(scale=20ms,shape=0.5)"},
		continuous...) {
		l := parse(t, text)
		latencies := sample(l, n)
		slices.Sort(latencies)
		largest := 0.0
		for i, x := range latencies {
			// Within a nanosecond the empirical distribution rises at once, the distribution
			// from Below(x) to Below(x+1).
			largest = max(largest, l.Below(float64(x))-float64(i)/n, float64(i+1)/n-l.Below(float64(x+1)))
		}
		if critical := 1.949 / math.Sqrt(n); largest > critical {
			t.Errorf("%s: the sample is %.4f away from the distribution, want at most %.4f", l, largest, critical)
		}
	}
}

func TestTheSampleMeanIsNearTheMean(t *testing.T) {
	testkit.NotShort(t)
	const n = 20_000
	for _, text := range append([]string{"10ms", "gamma(mean=20ms,shape=0.2)", "weibull(scale=20ms,shape=0.7)"},
		continuous...) {
		l := parse(t, text)
		if math.IsInf(l.Mean(), 0) {
			continue
		}
		latencies := sample(l, n)
		var sum, squares float64
		for _, x := range latencies {
			sum += float64(x)
		}
		mean := sum / n
		for _, x := range latencies {
			squares += (float64(x) - mean) * (float64(x) - mean)
		}
		// Four standard errors, and the nanosecond that rounding down costs.
		if bound := 4*math.Sqrt(squares/(n-1)/n) + 1; math.Abs(mean-l.Mean()) > bound {
			t.Errorf("%s: the sample mean is %.0f ns, want %.0f to within %.0f", l, mean, l.Mean(), bound)
		}
	}
}

// Closed forms of the standard deviation, which the implementation does not have.
func TestTheSampleDeviationIsThatOfTheDistribution(t *testing.T) {
	testkit.NotShort(t)
	const n = 100_000
	gammaOf := func(k float64) float64 { return math.Gamma(1 + k/2.5) }
	for text, want := range map[string]float64{ // in nanoseconds
		"5ms+uniform(0ms,12ms)":   12e6 / math.Sqrt(12),
		"normal(50ms,5ms)":        5e6,
		"exponential(20ms)":       20e6,
		"lognormal(20ms,0.4)":     20e6 * math.Exp(0.08) * math.Sqrt(math.Exp(0.16)-1),
		"gamma(20ms,4)":           10e6,
		"weibull(20ms,2.5)":       20e6 * math.Sqrt(gammaOf(2)-gammaOf(1)*gammaOf(1)),
		"pareto(5ms,10)":          5e6 / 9 * math.Sqrt(10./8),
		"mixture(1,10ms,3,30ms)":  20e6 * math.Sqrt(0.25*0.75),
		"mixture(1,0s,1,40ms)":    20e6,
		"7ms+exponential(100us)":  100e3,
		"mixture(1,5ms,1000,5ms)": 0,
	} {
		latencies := sample(parse(t, text), n)
		var sum, squares float64
		for _, x := range latencies {
			sum += float64(x)
		}
		for _, x := range latencies {
			squares += (float64(x) - sum/n) * (float64(x) - sum/n)
		}
		// The heaviest tail here, of the Pareto distribution, has a kurtosis of 15: two parts in a
		// hundred are three standard errors of it, and more of the others.
		if got := math.Sqrt(squares / n); math.Abs(got-want) > 0.02*want {
			t.Errorf("%s: the sample deviates by %.0f ns, want %.0f", text, got, want)
		}
	}
}

func TestMean(t *testing.T) {
	for _, c := range []struct {
		text string
		want float64 // in nanoseconds
	}{
		{"10ms", 10e6},
		{"uniform(5ms,15ms)", 10e6},
		{"normal(20ms,1ms)", 20e6},                               // 20 sigma from the cut
		{"normal(0s,10ms)", 10e6 * math.Sqrt(2/math.Pi)},         // the half-normal distribution
		{"exponential(20ms)", 20e6},                              //
		{"lognormal(20ms,0.6)", 20e6 * math.Exp(0.18)},           //
		{"gamma(20ms,2)", 20e6},                                  //
		{"weibull(20ms,1)", 20e6},                                // the exponential distribution
		{"weibull(20ms,2)", 20e6 * math.Sqrt(math.Pi) / 2},       // the Rayleigh distribution
		{"weibull(20ms,0.5)", 40e6},                              //
		{"pareto(5ms,3)", 7.5e6},                                 //
		{"pareto(5ms,1)", math.Inf(1)},                           //
		{"pareto(5ms,0.5)", math.Inf(1)},                         //
		{"3ms+exponential(20ms)", 23e6},                          //
		{"3ms+pareto(5ms,1)", math.Inf(1)},                       //
		{"3ms+uniform(5ms,15ms)", 13e6},                          //
		{"3ms+normal(0s,10ms)", 3e6 + 10e6*math.Sqrt(2/math.Pi)}, //
	} {
		got := parse(t, c.text).Mean()
		if got != c.want && !(math.Abs(got-c.want) <= 1e-12*c.want) {
			t.Errorf("the mean of %s is %v, want %v", c.text, got, c.want)
		}
	}
}

// Closed forms that the implementation does not use.
func TestDistributionAgainstClosedForms(t *testing.T) {
	for _, c := range []struct {
		text string
		x    time.Duration
		want float64
	}{
		{"exponential(20ms)", 20 * time.Millisecond, 1 - 1/math.E},
		{"gamma(20ms,1)", 20 * time.Millisecond, 1 - 1/math.E},
		{"gamma(20ms,2)", 20 * time.Millisecond, 1 - 3*math.Exp(-2)}, // the Erlang distribution
		{"gamma(20ms,0.5)", 20 * time.Millisecond, math.Erf(math.Sqrt(0.5))},
		{"weibull(20ms,2)", 40 * time.Millisecond, 1 - math.Exp(-4)},
		{"pareto(5ms,2)", 10 * time.Millisecond, 0.75},
		{"pareto(5ms,2)", 5 * time.Millisecond, 0},
		{"lognormal(20ms,0.6)", 20 * time.Millisecond, 0.5},
		{"normal(0s,10ms)", 10 * time.Millisecond, math.Erf(math.Sqrt(0.5))},
		{"5ms+exponential(20ms)", 25 * time.Millisecond, 1 - 1/math.E},
		{"5ms+exponential(20ms)", 5 * time.Millisecond, 0},
		{"5ms+normal(20ms,10ms)", 4 * time.Millisecond, 0},
	} {
		if got := parse(t, c.text).CDF(float64(c.x)); math.Abs(got-c.want) > 1e-14 {
			t.Errorf("%s: CDF(%v) = %v, want %v", c.text, c.x, got, c.want)
		}
	}
}

// The golden vectors fix what a draw means: a change of any of them changes the
// results of every study with that distribution.
func TestGoldenLatencies(t *testing.T) {
	us := []float64{0x1p-54, 0.0013123456789, 0.1123456789, 0.4912345678, 0.8712345678, 0.9991123456, 0.9999991234567}
	for _, g := range []struct {
		text string
		want [7]time.Duration
	}{
		{"10ms", [7]time.Duration{10000000, 10000000, 10000000, 10000000, 10000000, 10000000, 10000000}},
		{"uniform(from=5ms,to=15ms)",
			[7]time.Duration{5000000, 5013123, 6123456, 9912345, 13712345, 14991123, 14999991}},
		{"normal(mean=20ms,sigma=5ms)", [7]time.Duration{0, 4993304, 13929998, 19890334, 25661328, 35627316, 43899954}},
		{"normal(mean=1ms,sigma=10ms)", [7]time.Duration{0, 17845, 1522104, 6988221, 15794415, 34024735, 50024753}},
		{"exponential(mean=20ms)", [7]time.Duration{0, 26264, 2383457, 13515364, 40995257, 140538561, 278945594}},
		{"lognormal(median=20ms,sigma=0.6)",
			[7]time.Duration{138112, 3288996, 9652758, 19738049, 39451816, 130451906, 352032326}},
		{"gamma(mean=20ms,shape=2)", [7]time.Duration{0, 521277, 5706842, 16505265, 35690732, 93654015, 168280529}},
		{"gamma(mean=20ms,shape=0.5)", [7]time.Duration{0, 54, 399160, 8732108, 46146511, 220967301, 483637059}},
		{"weibull(scale=20ms,shape=0.7)", [7]time.Duration{0, 1528, 957819, 11425729, 55759759, 324111923, 863008378}},
		{"pareto(minimum=5ms,shape=2.5)",
			[7]time.Duration{5000000, 5002627, 5244118, 6551835, 11351422, 83113666, 1323916682}},
		{"5ms+uniform(from=5ms,to=15ms)",
			[7]time.Duration{10000000, 10013123, 11123456, 14912345, 18712345, 19991123, 19999991}},
		{"5ms+normal(mean=20ms,sigma=5ms)",
			[7]time.Duration{5000000, 9993304, 18929998, 24890334, 30661328, 40627316, 48899954}},
		{"5ms+exponential(mean=20ms)",
			[7]time.Duration{5000000, 5026264, 7383457, 18515364, 45995257, 145538561, 283945594}},
		{"5ms+lognormal(median=20ms,sigma=0.6)",
			[7]time.Duration{5138112, 8288996, 14652758, 24738049, 44451816, 135451906, 357032326}},
		{"1s+gamma(mean=20ms,shape=2)",
			[7]time.Duration{1000000000, 1000521277, 1005706842, 1016505265, 1035690732, 1093654015, 1168280529}},
		{"5ms+weibull(scale=20ms,shape=0.7)",
			[7]time.Duration{5000000, 5001528, 5957819, 16425729, 60759759, 329111923, 868008378}},
		{"5ms+pareto(minimum=5ms,shape=2.5)",
			[7]time.Duration{10000000, 10002627, 10244118, 11551835, 16351422, 88113666, 1328916682}},
	} {
		l := parse(t, g.text)
		for i, u := range us {
			if got := distribution.Latency(l, u); got != g.want[i] {
				t.Errorf("%s: the latency at %v is %d ns, want %d", l, u, got, g.want[i])
			}
		}
	}
}
