package run_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// Of a long trace, the caller gets the ends that it asks for, and all of it in parts as it comes. The
// trace has more datagrams than the parent remembers, and a late copy of an early one.
func TestEndsOfALongTrace(t *testing.T) {
	testkit.NotShort(t)
	job := fixture.Traced(t, fixture.Founding, scenarios.Settings{
		"client": "waits", "client-pause": "9s", "keep-alive": "500us", "ends": "peer", "credentials": "psk",
		"clients": "1", "duplicate": "0.001", "duplicate-delay": "8s",
	}, 1)
	job.Explain = true
	p := fixture.Pool(t, 1)
	whole, err := p.Do(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	var streamed []trace.Record
	var reasons []trace.Reason
	job.Ends, job.Each = 50, func(r []trace.Record, x []trace.Reason) {
		streamed, reasons = append(streamed, r...), append(reasons, x...)
	}
	ends, err := p.Do(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	all := whole.Records
	if len(all) < 40_000 || whole.Omitted != 0 || ends.Digest != whole.Digest {
		t.Fatalf("%d records, %d omitted", len(all), whole.Omitted)
	}
	if trace.FirstDifference(streamed, all) >= 0 || !reflect.DeepEqual(reasons, whole.Reasons) {
		t.Errorf("%d records and %d reasons came in parts; want %d and %d", len(streamed), len(reasons), len(all),
			len(whole.Reasons))
	}
	want := slices.Concat(all[:50], all[len(all)-50:])
	if at := trace.FirstDifference(ends.Records, want); at >= 0 || ends.Omitted != len(all)-100 {
		t.Errorf("the ends differ at record %d; %d are omitted of %d", at, ends.Omitted, len(all))
	}
}
