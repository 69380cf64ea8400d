package catalogue_test

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
)

// A duration that is laid over values, and settings that are set in them, come to what
// Resolve makes of all settings as text, and are refused with the same words.
func TestValuesAgainstResolve(t *testing.T) {
	testkit.NotShort(t)
	seed := testkit.Seed(t)
	random := rand.New(rand.NewPCG(seed, 0))
	laidAny, refused := 0, 0
	for range testkit.Cases(t, 600, 1000, 6000) {
		s := fixture.Catalogue()[random.IntN(len(fixture.Catalogue()))]
		all := scenarios.Settings{}
		v := fixture.Values(t, s, nil)
		for range 1 + random.IntN(6) {
			p := &s.Parameters[random.IntN(len(s.Parameters))]
			text, next, err := "", v, error(nil)
			switch {
			case p.Probeable() && random.IntN(4) > 0:
				d := time.Duration(random.Int64N(int64(time.Minute))) - time.Second/2
				text = d.String()
				next, err = v.With(p.Name, d)
				laidAny++
			case len(p.Choices) > 0:
				text = p.Choices[random.IntN(len(p.Choices))]
				next, err = v.Set(scenarios.Settings{p.Name: text})
			case p.Default != "":
				text = p.Default
				next, err = v.Set(scenarios.Settings{p.Name: text})
			default:
				continue
			}
			with := all.With(scenarios.Settings{p.Name: text})
			want, wantErr := s.Resolve(with)
			if (err == nil) != (wantErr == nil) || err != nil && !strings.Contains(wantErr.Error(), err.Error()) {
				t.Fatalf("%s %v: error %v, want %v", s.Name, with, err, wantErr)
			}
			if err != nil {
				refused++
				continue
			}
			expectEqual(t, want, next)
			v, all = next, with
			if random.IntN(5) == 0 { // and without one
				fewer := all.With(nil)
				delete(fewer, p.Name)
				want, wantErr := s.Resolve(fewer)
				next, err := v.Without(p.Name)
				if (err == nil) != (wantErr == nil) {
					t.Fatalf("%s %v: error %v, want %v", s.Name, fewer, err, wantErr)
				}
				if err == nil {
					expectEqual(t, want, next)
					v, all = next, fewer
				}
			}
		}
		again := v.Resolved().Values()
		for _, l := range v.Laid() {
			var err error
			if again, err = again.With(l.Name, l.Value); err != nil {
				t.Fatal(err)
			}
		}
		expectEqual(t, v, again)
	}
	if laidAny == 0 || refused == 0 {
		t.Errorf("%d durations were laid, and %d values refused", laidAny, refused)
	}
}

// expectEqual reports in what values differ.
func expectEqual(t *testing.T, want, got scenarios.Values) {
	t.Helper()
	set := want.Settings()
	if !reflect.DeepEqual(got.Settings(), set) || !reflect.DeepEqual(got.Text(), want.Text()) {
		t.Fatalf("%s %v: settings %v, and %v, want %v", want.Scenario().Name, set, got.Settings(), got.Text(),
			want.Text())
	}
	if a, b := want.Repeat(1, scenarios.Predicate{}).String(), got.Repeat(1, scenarios.Predicate{}).String(); a != b {
		t.Fatalf("repeated by\n%s\nwant\n%s", b, a)
	}
	for i := range want.Scenario().Parameters {
		p := &want.Scenario().Parameters[i]
		var a, b any
		switch p.Type {
		case scenarios.DurationType:
			a, b = want.Duration(p.Name), got.Duration(p.Name)
		case scenarios.DistributionType:
			a, b = want.Distribution(p.Name), got.Distribution(p.Name)
		case scenarios.ChoiceType:
			a, b = want.Choice(p.Name), got.Choice(p.Name)
		case scenarios.CountType:
			a, b = want.Count(p.Name), got.Count(p.Name)
		}
		if !reflect.DeepEqual(a, b) || want.Given(p.Name) != got.Given(p.Name) ||
			want.TextOf(p.Name) != got.TextOf(p.Name) {
			t.Fatalf("%s %v: parameter %s is %v (given %t), want %v (given %t)",
				want.Scenario().Name, set, p.Name, b, got.Given(p.Name), a, want.Given(p.Name))
		}
	}
}
