package stat

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Kind is how the interval of a proportion is computed.
type Kind string

// The kinds.
const (
	// WilsonKind is the score interval, of [Wilson]: its coverage is near the nominal one
	// on average.
	WilsonKind Kind = "wilson"

	// ClopperPearsonKind is the exact interval, of [ClopperPearson]: its coverage is never
	// below the nominal one, and so it is wider than the others.
	ClopperPearsonKind Kind = "clopper-pearson"

	// JeffreysKind is the Bayesian interval of Jeffreys' prior, of [Jeffreys]: its coverage
	// is near the nominal one on average.
	JeffreysKind Kind = "jeffreys"
)

// Kinds are all of them, the default first.
var Kinds = []Kind{WilsonKind, ClopperPearsonKind, JeffreysKind}

// KindNames lists the kinds, separated by sep.
func KindNames(sep string) string {
	var names []string
	for _, k := range Kinds {
		names = append(names, string(k))
	}
	return strings.Join(names, sep)
}

// ParseKind reads the name of a kind.
func ParseKind(text string) (Kind, error) {
	if !slices.Contains(Kinds, Kind(text)) {
		return "", fmt.Errorf("%q is not one of %s", text, KindNames(", "))
	}
	return Kind(text), nil
}

// Interval is a kind of two-sided interval with its confidence, above 0 and below 1.
type Interval struct {
	Kind       Kind
	Confidence float64
}

// Of estimates a probability from a number of failures in independent trials.
func (i Interval) Of(failures, trials int) Proportion {
	switch i.Kind {
	case ClopperPearsonKind:
		return ClopperPearson(failures, trials, i.Confidence)
	case JeffreysKind:
		return Jeffreys(failures, trials, i.Confidence)
	}
	return Wilson(failures, trials, i.Confidence)
}

// ClopperPearson estimates a probability with the interval of Clopper and Pearson
// (Biometrika 26, 1934, 404-413), which holds every probability under which neither
// so few nor so many failures are less probable than half of 1 - confidence. Its
// coverage is never below the confidence. Without trials it is all of [0, 1].
func ClopperPearson(failures, trials int, confidence float64) Proportion {
	p := newProportion(failures, trials, confidence)
	n, k := float64(trials), float64(failures)
	tail := (1 - confidence) / 2
	switch failures { // closed forms where a tail is a single power
	case 0:
	case 1:
		p.Low = -math.Expm1(math.Log1p(-tail) / n)
	case trials:
		p.Low = math.Exp(math.Log(tail) / n)
	default:
		p.Low, _ = betaQuantile(tail, false, k, n-k+1)
	}
	switch trials - failures {
	case 0:
	case 1:
		p.High = math.Exp(math.Log1p(-tail) / n)
	case trials:
		p.High = -math.Expm1(math.Log(tail) / n)
	default:
		p.High, _ = betaQuantile(tail, true, k+1, n-k)
	}
	return p
}

// Jeffreys estimates a probability with the central credible interval of Jeffreys'
// prior, Beta(1/2, 1/2), whose end is 0 without failures and 1 with nothing else
// (Brown, Cai, DasGupta, Statistical Science 16, 2001, 101-133, section 4.3). Without
// trials it is all of [0, 1].
func Jeffreys(failures, trials int, confidence float64) Proportion {
	p := newProportion(failures, trials, confidence)
	n, k := float64(trials), float64(failures)
	tail := (1 - confidence) / 2
	if failures > 0 {
		p.Low, _ = betaQuantile(tail, false, k+0.5, n-k+0.5)
	}
	if failures < trials {
		p.High, _ = betaQuantile(tail, true, k+0.5, n-k+0.5)
	}
	return p
}
