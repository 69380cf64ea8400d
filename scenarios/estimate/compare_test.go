package estimate_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/stat"
)

// Three lingers on the same latencies: a longer one fails at no seed at which a shorter
// one does not. The differences of the probabilities have closed forms, 1/2 + exp(-(P +
// W)/m)/2 each, and both methods have them in their intervals.
func TestCompareAgainstClosedForms(t *testing.T) {
	testkit.NotShort(t)
	seed := testkit.Seed(t)
	p := fixture.Pool(t, 2)
	s := fixture.Scenario(t)
	set := scenarios.Settings{"credentials": "psk", "clients": "1", "uplink": "5ms+exponential(mean=4ms)"}
	points := fixture.Design(
		t, s, set, scenarios.Settings{"linger": "0s"}, scenarios.Settings{"linger": "3ms"},
		scenarios.Settings{"linger": "7ms"},
	)
	probability := func(i int) float64 { return 0.5 + math.Exp(-[]float64{1, 4, 8}[i]/4)/2 }
	const baseline, confidence = 1, 1 - 5.7e-7
	n := testkit.Budget(400, 400, 1000)
	c, err := sample.Compare(
		context.Background(),
		p,
		sample.Sweep{
			Design: points, Replications: n, Seed: seed, Fail: predicate(t),
			Inference: stat.DefaultInference(confidence),
		},
		baseline,
		false,
		nil,
	)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Others) != 2 || c.Others[0].Point != 0 || c.Others[1].Point != 2 || c.Done != 3*n {
		t.Fatalf("%+v", c)
	}
	for _, o := range c.Others {
		pairs := stat.Pairs{Both: o.Both, OnlyFirst: o.OnlyBaseline, OnlySecond: o.OnlyOther, Neither: o.Neither}
		if pairs.Total() != n || o.Both+o.OnlyBaseline != c.Points[baseline].Failures ||
			o.Both+o.OnlyOther != c.Points[o.Point].Failures {
			t.Errorf("%+v of %d and %d failures", o, c.Points[baseline].Failures, c.Points[o.Point].Failures)
		}
		d := o.Difference
		if want := probability(o.Point) - probability(baseline); d.Low > want || want > d.High {
			t.Errorf("linger %s: %+v, closed form %g", points[o.Point].Levels["linger"], d, want)
		}
		if d.VarianceRatio < 1.2 {
			t.Errorf("common random numbers save nothing: %+v", d)
		}
		// A longer linger is no worse under any seed.
		worse, better, first := o.OnlyOther, o.OnlyBaseline, o.FirstOnlyBaseline
		if o.Point == 0 {
			worse, better, first = better, worse, o.FirstOnlyOther
		}
		if o.Point == 2 && worse > 0 || o.Point == 0 && worse > 0 || better == 0 {
			t.Errorf("linger %s: %+v", points[o.Point].Levels["linger"], o)
		}
		if first == nil || !strings.Contains(first.Baseline, "linger=3ms") ||
			!strings.Contains(first.Other, "linger="+points[o.Point].Levels["linger"]) ||
			first.Seed < seed {
			t.Fatalf("the first seed that differs: %+v", first)
		}
		// Its commands tell the truth, and no seed before it differs.
		check, err := sample.Compare(context.Background(), p, sample.Sweep{
			Design: []design.Point{
				points[baseline],
				points[o.Point],
			}, Replications: int(first.Seed-seed) + 1, Seed: seed, Fail: predicate(t),
		}, 0, false, nil)
		if err != nil || check.Others[0].OnlyBaseline+check.Others[0].OnlyOther != 1 {
			t.Errorf("up to seed %d: %+v %v", first.Seed, check.Others[0], err)
		}
	}

	var integrals []estimate.Integral
	for _, p := range points {
		integrals = append(integrals, integral(t, set.With(p.Levels), seed))
	}
	k, err := estimate.CompareConditional(
		context.Background(), p, integrals, 25, baseline, confidence, false, func() {},
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range k.Differences {
		i := d.Point
		if want := probability(i) - probability(baseline); d.Low > want || want > d.High || d.N != 25 ||
			d.VarianceRatio < 1.5 {
			t.Errorf("conditional, linger %s: %+v, closed form %g", points[i].Levels["linger"], d, want)
		}
	}
}

func TestCompareWantsABaseline(t *testing.T) {
	s := sample.Sweep{
		Design: fixture.Design(
			t, fixture.Scenario(t), nil, scenarios.Settings{"linger": "0s"}, scenarios.Settings{"linger": "1ms"},
		),
		Replications: 1,
	}
	for _, baseline := range []int{-1, 2} {
		if _, err := sample.Compare(context.Background(), fixture.Instant{}, s, baseline, false, nil); err == nil {
			t.Errorf("the baseline %d is accepted", baseline)
		}
	}
	var points []design.Point
	for _, levels := range []scenarios.Settings{{"a": "1", "b": "1"}, {"a": "1", "b": "2"}, {"a": "2", "b": "1"}} {
		points = append(points, design.Point{Levels: levels})
	}
	for text, want := range map[string]int{"a=2": 2, "b=2": 1, "a=1,b=1": 0, "a=1": -1, "c=1": -1, "a=3": -1} {
		levels, err := scenarios.ParseSettings(strings.Split(text, ","))
		if err != nil {
			t.Fatal(err)
		}
		got, err := design.FindPoint(points, levels)
		if want < 0 && err == nil || want >= 0 && (got != want || err != nil) {
			t.Errorf("%s: %d %v, want %d", text, got, err, want)
		}
	}
}
