package sample_test

import (
	"context"
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
)

// measured sweeps one design point and returns its measures.
func measured(t *testing.T, replications int, r fixture.Reporting) map[string]sample.Measure {
	t.Helper()
	results, err := sample.RunSweep(context.Background(), r, sample.Sweep{
		Replications: replications, Design: fixture.Design(t, fixture.Scenario(t), nil, scenarios.Settings{}),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return results.Points[0].Measures
}

// took reports values in turn, of one measure.
func took(values ...int64) fixture.Reporting {
	return func(seed uint64) run.Result {
		o := run.Result{Status: run.Completed}
		o.Measures = map[string]int64{"took": values[seed]}
		return o
	}
}

// oracle sums up values the plain way: sort them all.
func oracle(values []int64) sample.Measure {
	values = slices.Sorted(slices.Values(values))
	n := len(values)
	sum := new(big.Rat)
	for _, v := range values {
		sum.Add(sum, new(big.Rat).SetInt64(v))
	}
	mean := new(big.Rat).Quo(sum, new(big.Rat).SetInt64(int64(n)))
	mean.Add(mean, big.NewRat(1, 2)) // to round by cutting off
	rounded := new(big.Int).Div(mean.Num(), mean.Denom())
	return sample.Measure{
		Count: n, Mean: rounded.Int64(), Minimum: values[0], Maximum: values[n-1],
		Median: values[(n*50+99)/100-1], Quantile95: values[(n*95+99)/100-1],
	}
}

// Values of all sizes, against the oracle: quantiles within 0.1 % below, all else
// exact; and the same whatever order they come in.
func TestMeasuresAgainstOracle(t *testing.T) {
	random := rand.New(rand.NewPCG(testkit.Seed(t), 0))
	for _, n := range []int{1, 2, 3, 19, 20, 21, 60, 1000} {
		values := make([]int64, n)
		for i := range values {
			values[i] = int64(math.Exp(random.Float64() * 43)) // to half of the largest there is
		}
		got, want := measured(t, n, took(values...))["took"], oracle(values)
		for _, q := range []struct{ got, want int64 }{{got.Median, want.Median}, {got.Quantile95, want.Quantile95}} {
			if q.got > q.want || float64(q.got) < float64(q.want)*(1-1./1024) {
				t.Errorf("%d values: a quantile is %d, want %d or 0.1 %% less", n, q.got, q.want)
			}
		}
		exact := got
		exact.Median, exact.Quantile95 = want.Median, want.Quantile95
		if exact != want {
			t.Errorf("%d values: %+v, want %+v", n, got, want)
		}
		random.Shuffle(n, func(i, j int) { values[i], values[j] = values[j], values[i] })
		if again := measured(t, n, took(values...))["took"]; again != got {
			t.Errorf("%d values: %+v, in another order %+v", n, got, again)
		}
	}
}

// Small values are exact, and so is one that all replications report; the sum may be
// larger than any value.
func TestExactMeasures(t *testing.T) {
	hundred := make([]int64, 100)
	for i := range hundred {
		hundred[i] = int64(i + 1)
	}
	for _, c := range []struct {
		values []int64
		want   sample.Measure
	}{
		{hundred, sample.Measure{Count: 100, Mean: 51, Minimum: 1, Median: 50, Quantile95: 95, Maximum: 100}},
		{[]int64{0, 0, 0}, sample.Measure{Count: 3}},
		{[]int64{60_000_000_001, 60_000_000_001}, sample.Measure{
			Count: 2, Mean: 60_000_000_001, Minimum: 60_000_000_001, Median: 60_000_000_001, Quantile95: 60_000_000_001,
			Maximum: 60_000_000_001,
		}},
		{[]int64{math.MaxInt64, math.MaxInt64}, sample.Measure{
			Count: 2, Mean: math.MaxInt64, Minimum: math.MaxInt64, Median: math.MaxInt64, Quantile95: math.MaxInt64,
			Maximum: math.MaxInt64,
		}},
	} {
		if got := measured(t, len(c.values), took(c.values...))["took"]; got != c.want {
			t.Errorf("%v: %+v, want %+v", c.values, got, c.want)
		}
	}
}

// What counts are the replications that came to their end and took the measure.
func TestMeasuresOfSomeReplications(t *testing.T) {
	got := measured(t, 30, func(seed uint64) run.Result {
		o := run.Result{Status: run.Completed}
		o.Measures = map[string]int64{"always": 1}
		switch seed % 3 {
		case 1:
			o.Measures["sometimes"] = 7
		case 2:
			o.Status, o.Limit = run.Limited, "horizon"
		}
		return o
	})
	want := map[string]sample.Measure{
		"always":    {Count: 20, Mean: 1, Minimum: 1, Median: 1, Quantile95: 1, Maximum: 1},
		"sometimes": {Count: 10, Mean: 7, Minimum: 7, Median: 7, Quantile95: 7, Maximum: 7},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if none := measured(t, 3, func(uint64) run.Result { return run.Result{Status: run.Completed} }); none != nil {
		t.Errorf("nobody measured anything, and there is %+v", none)
	}
}

// A negative measure is a fault of the scenario, and named.
func TestNegativeMeasure(t *testing.T) {
	_, err := sample.RunSweep(context.Background(), took(-5), sample.Sweep{
		Replications: 1, Design: fixture.Design(t, fixture.Scenario(t), nil, scenarios.Settings{}),
	}, nil)
	if err == nil ||
		!strings.Contains(
			err.Error(), "dtlssim run late-close-notify --seed 0: measure took: it is -5, want 0 or more",
		) {
		t.Errorf("error %v", err)
	}
}
