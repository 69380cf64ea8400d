package record

import (
	"context"
	"reflect"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
)

// watched performs a run as a search does.
func watched(t testing.TB, settings scenarios.Settings) run.Result {
	t.Helper()
	job := fixture.Job(t, "late-close-notify", settings, 7)
	job.Watch = true
	o, err := fixture.Pool(t, 1).Do(context.Background(), job)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// What a search is given is what is kept, to the last field.
func TestRunsAreKeptWhole(t *testing.T) {
	for _, o := range []run.Result{
		watched(t, scenarios.Settings{"alert-latency": "20ms", "client": "waits"}),
		watched(t, scenarios.Settings{"latency": "uniform(1ms,30ms)", "clients": "3"}),
		{Status: run.Crashed, Dump: "panic: \x00\xff of a test", Flags: []string{"--wall-limit", "3s"}},
	} {
		want := Reduced(o)
		value, err := EncodeRun(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeRun(value)
		if err != nil {
			t.Fatal(err)
		}
		if o.Status == run.Crashed { // JSON has no bytes that are no UTF-8
			got.Dump, want.Dump = "", ""
		}
		if !reflect.DeepEqual(got, want) || want.Status == run.Completed && len(want.Watched.Timelines) < 2 {
			t.Errorf("kept:\n%+v\nwant\n%+v", got, want)
		}
		t.Logf("%d bytes", len(value))
	}
}

func BenchmarkEncodeRun(b *testing.B) {
	o := Reduced(watched(b, scenarios.Settings{"alert-latency": "20ms"}))
	for b.Loop() {
		if _, err := EncodeRun(o); err != nil {
			b.Fatal(err)
		}
	}
}
