package sample_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
)

// What is remembered of a measure, in the order of the replications: the value, or that
// it was cut; by its own limit, or with the run.
func TestRecorder(t *testing.T) {
	sweep := sample.Sweep{
		Replications: 6,
		Design: fixture.Design(
			t, fixture.Scenario(t), nil, scenarios.Settings{}, scenarios.Settings{"linger": "1ms"},
		),
	}
	r := sample.Record(&sweep, "took")
	_, err := sample.RunSweep(context.Background(), fixture.Reporting(func(seed uint64) run.Result {
		o := run.Result{Status: run.Completed}
		o.Measures = map[string]int64{"took": int64(seed)}
		switch seed {
		case 1:
			o.Measures["took-censored"] = 10
		case 2:
			o.Status, o.Limit = run.Limited, "horizon"
		case 3:
			o.Status = run.Crashed
		case 4:
			o.Status, o.Limit = run.Limited, "memory-limit"
		case 5:
			o.Measures = nil
		}
		return o
	}), sweep, nil)
	if err != nil {
		t.Fatal(err)
	}
	for point := range 2 {
		var got []string
		r.Each(point, func(value int64, censored bool) { got = append(got, fmt.Sprint(value, censored)) })
		if want := []string{"0 false", "10 true", "2 true"}; !slices.Equal(got, want) {
			t.Errorf("point %d: %v, want %v", point, got, want)
		}
	}
}
