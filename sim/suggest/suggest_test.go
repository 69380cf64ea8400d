package suggest

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/dtlssim/dtlssim/clock/testkit"
)

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"abc", "abc", 0},
		{"", "abc", 3},
		{"abc", "", 3},
		{"abc", "abd", 1},  // one replaced
		{"abc", "abcd", 1}, // one added
		{"abcd", "acd", 1}, // one removed
		{"ab", "ba", 2},    // exchanged letters are two changes
		{"kitten", "sitting", 3},
		{"saturday", "sunday", 3},
		{"gamma", "GAMMA", 5}, // the case counts
		{"naïve", "naive", 2}, // bytes, not letters
	} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// plainDistance is the definition.
func plainDistance(a, b string) int {
	switch {
	case a == "":
		return len(b)
	case b == "":
		return len(a)
	case a[0] == b[0]:
		return plainDistance(a[1:], b[1:])
	}
	return 1 + min(plainDistance(a[1:], b), plainDistance(a, b[1:]), plainDistance(a[1:], b[1:]))
}

func TestDistanceIsThatOfItsDefinition(t *testing.T) {
	short := rapid.StringMatching(`[abc]{0,6}`)
	testkit.Check(t, func(t *rapid.T) {
		a, b := short.Draw(t, "a"), short.Draw(t, "b")
		if got, want := distance(a, b), plainDistance(a, b); got != want {
			t.Errorf("distance(%q, %q) = %d, want %d", a, b, got, want)
		}
	})
}

func TestNearest(t *testing.T) {
	laws := []string{"exponential", "gamma", "lognormal", "normal", "pareto", "uniform", "weibull"}
	for _, c := range []struct {
		name       string
		candidates []string
		want       string
	}{
		{"gamma", laws, "gamma"},
		{"gama", laws, "gamma"},
		{"gmama", laws, "gamma"},
		{"norml", laws, "normal"},
		{"lognorml", laws, "lognormal"}, // nearer than normal
		{"exponental", laws, "exponential"},

		// Two changes are near whatever the length ...
		{"gam", laws, "gamma"},
		{"ga", laws, ""},
		// ... and of eleven letters three are.
		{"exponent", laws, "exponential"},
		{"exponen", laws, ""},
		// It is the candidate whose letters count, not the name's.
		{"abcdefghijkl", []string{"abcdefghi"}, "abcdefghi"},
		{"abcdefgh", []string{"abcde"}, ""},

		{"latency", laws, ""},
		{"", laws, ""},
		{"gamma", nil, ""},
	} {
		if got := nearest(c.name, c.candidates); got != c.want {
			t.Errorf("nearest(%q, %q) = %q, want %q", c.name, c.candidates, got, c.want)
		}
	}
}

func TestLikely(t *testing.T) {
	names := []string{
		"late-close-notify",
		"deferred-alert",
		"ghost-session",
		"ghost-flight5",
		"hello1-mixing",
		"hello2-poison",
		"gap",
	}
	for _, c := range []struct {
		name string
		want []string
	}{
		{"late-close-notfy", names[:1]},          // the nearest
		{"LATE-CLOSE-NOTIFY", names[:1]},         // in any case
		{"late-close", names[:1]},                // what begins with it
		{"ghost", names[2:4]},                    // all of them
		{"alert", names[1:2]},                    // what contains it
		{"mixing", names[4:5]},                   // .
		{"late-close-notify-again", names[:1]},   // what it contains
		{"my-ghost-session.yaml-2", names[2:3]},  // .
		{"lo", nil},                              // too short to tell
		{"the-gap-of-all", []string{"gap"}},      // three letters are not
		{"something-else", nil},                  // nothing
		{"", nil},                                // likewise
		{"late-close-notify", names[:1]},         // it is there
		{"ghost-", []string{names[2], names[3]}}, // the hyphen counts
		{"poisson", nil},                         // part of none, and near none
		{"hello", []string{names[4], names[5]}},  // in their order
	} {
		if got := Likely(c.name, names); !slices.Equal(got, c.want) {
			t.Errorf("Likely(%q) = %q, want %q", c.name, got, c.want)
		}
	}
	many := []string{"a-delay", "b-delay", "c-delay", "d-delay"}
	if got, want := NotOneOf("delay", many).Error(),
		`"delay" is not one of a-delay, b-delay, c-delay, d-delay. Did you mean a-delay?`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := NotOneOf("other", many).Error(),
		`"other" is not one of a-delay, b-delay, c-delay, d-delay`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := DidYouMean("lay", many), " Did you mean a-delay, b-delay or c-delay?"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestOfEquallyNearTheFirst(t *testing.T) {
	if got := nearest("cat", []string{"bat", "rat", "car"}); got != "bat" {
		t.Errorf("the nearest is %q, want the first, bat", got)
	}
	if got := nearest("cat", []string{"cats", "coat", "cat", "cap"}); got != "cat" {
		t.Errorf("the nearest is %q, want cat itself, wherever it stands", got)
	}
}
