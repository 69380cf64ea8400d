package figure

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/sim/distribution"
)

// distributionExamples are distributions with windows inside, at the end of, and beyond what is drawn.
func distributionExamples(t testing.TB) map[string]Figure {
	const ms = time.Millisecond
	figures := map[string]Figure{}
	for name, c := range map[string]struct {
		text    string
		windows []FailureWindow
	}{
		"law-density": {"10ms+gamma(mean=20ms,shape=2)",
			[]FailureWindow{{0, 12 * ms}, {25*ms + 1, 27 * ms}, {28 * ms, 29 * ms}, {30 * ms, 40 * ms},
				{61 * ms, 70 * ms}, {150 * ms, 250 * ms}}},
		"law-unbounded": {"weibull(scale=20ms,shape=0.5)", []FailureWindow{{50 * ms, 100 * ms}}},
		"law-atoms": {"mixture(0.7,10ms,0.3,5ms+exponential(mean=20ms))",
			[]FailureWindow{{9 * ms, 11 * ms}, {40 * ms, time.Second}}},
		"law-constant": {"30ms", []FailureWindow{{11*ms + 1, 300 * ms}}},
	} {
		l, err := distribution.Parse(c.text)
		if err != nil {
			t.Fatal(err)
		}
		figures[name] = LatencyDistribution(
			"A distribution and its failure windows", "alert-latency", l, c.windows, "A sentence.",
		)
	}
	return figures
}

// What is shaded is as large as the probability that stands above it: the bins within each
// window sum up to it, for distributions with a density; and a distribution with atoms is known.
func TestLatencyDistributionShadesTheProbability(t *testing.T) {
	const ms = time.Millisecond
	windows := []FailureWindow{{8 * ms, 12*ms + 345678}, {25*ms + 1, 27 * ms}, {27*ms + 1, 27*ms + 2}}
	for text, atoms := range map[string]bool{
		"exponential(mean=20ms)": false, "10ms+lognormal(median=300us,sigma=3)": false, "uniform(5ms,40ms)": false,
		"pareto(minimum=5ms,shape=2)": false, "normal(mean=20ms,sigma=5ms)": false, "gamma(mean=20ms,shape=0.5)": false,
		"normal(mean=20ms,sigma=10us)": false, "10ms": true, "mixture(0.999,exponential(mean=20ms),0.001,15ms)": true,
	} {
		l, err := distribution.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		c := newDensityChart(l, windows)
		if c.atoms != atoms {
			t.Errorf("%s: atoms %t, want %t", text, c.atoms, atoms)
		}
		if atoms {
			continue
		}
		for i, w := range c.windows {
			from, to := max(float64(w.From), c.from), min(float64(w.To), c.to)
			sum := 0.0
			for j, height := range c.heights {
				if c.edges[j] >= from && c.edges[j+1] <= to {
					sum += height * (c.edges[j+1] - c.edges[j]) / float64(c.unit.size)
				}
			}
			want := l.Below(to) - l.Below(from)
			if math.Abs(sum-want) > 1e-9 {
				t.Errorf("%s: window %d shades %g, not %g", text, i, sum, want)
			}
			if p := fmt.Sprintf("%.3g", distribution.Probability(l, w.From, w.To)); c.labels[i] != p {
				t.Errorf("%s: window %d is labelled %s, not %s", text, i, c.labels[i], p)
			}
		}
	}
}

// A window beyond the figure is told in words.
func TestLatencyDistributionTellsWhatItLeavesOut(t *testing.T) {
	for name, part := range map[string]string{
		"law-density":   "Outside of the figure: [150ms, 250ms), 1.25e-05.",
		"law-unbounded": "The density goes beyond the top of the figure.",
		"law-atoms":     "of the distribution lies outside of the figure.",
	} {
		if f := distributionExamples(t)[name]; !strings.Contains(f.sentence, part) {
			t.Errorf("%s: %q is not in %q", name, part, f.sentence)
		}
	}
}
