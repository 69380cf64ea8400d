package stat

import (
	"fmt"
	"slices"
	"strings"
)

// Method is how an interval is computed.
type Method string

// The methods.
const (
	// WilsonScore is the interval of [Wilson]: on average, its coverage is near the nominal one.
	WilsonScore Method = "wilson"

	// ClopperPearsonExact is the interval of [ClopperPearson]: its coverage is never below the
	// nominal one, so it is wider than the others.
	ClopperPearsonExact Method = "clopper-pearson"

	// JeffreysPrior is the interval of [Jeffreys]: on average, its coverage is near the nominal
	// one.
	JeffreysPrior Method = "jeffreys"

	Hall                    Method = "hall"                      // of [SampleMean], [WeightedMean], [PairedMean]
	EffectiveClopperPearson Method = "effective-clopper-pearson" // of [StratifiedProportion]
	Tango                   Method = "tango"                     // of [PairedDifference]
	OrderStatistics         Method = "order-statistics"          // of lifetime.Quantiles
	Greenwood               Method = "greenwood"                 // of the steps of lifetime.KaplanMeier
	BrookmeyerCrowley       Method = "brookmeyer-crowley"        // of lifetime.Survival.Quantile
	Bootstrap               Method = "bca"                       // of sensitivity.NewIndices
	Bounds                  Method = "bounds"                    // of [Exact]
	RandomRuns              Method = "random-runs"               // of [Searched]
)

// titles are the names of methods in prose.
var titles = map[Method]string{
	WilsonScore: "Wilson", ClopperPearsonExact: "Clopper-Pearson", JeffreysPrior: "Jeffreys",
	Hall:                    "Hall, Student's t without skewness",
	EffectiveClopperPearson: "Clopper-Pearson for the effective number of replications", Tango: "Tango",
	OrderStatistics: "order statistics", Greenwood: "Greenwood, on the scale log(-log)",
	BrookmeyerCrowley: "Brookmeyer and Crowley",
	Bootstrap:         "bootstrap (BCa)", Bounds: "nothing estimated: what was not searched, and rounding",
	RandomRuns: "what random runs would have found otherwise",
}

// Title returns the name of a method in prose.
func (m Method) Title() string { return titles[m] }

// ProportionMethods are the methods for a proportion. The first is the default.
var ProportionMethods = []Method{WilsonScore, ClopperPearsonExact, JeffreysPrior}

// ProportionMethodNames lists the methods for a proportion, separated by sep.
func ProportionMethodNames(sep string) string {
	var names []string
	for _, m := range ProportionMethods {
		names = append(names, string(m))
	}
	return strings.Join(names, sep)
}

// ParseProportionMethod parses the name of a method for a proportion.
func ParseProportionMethod(text string) (Method, error) {
	if !slices.Contains(ProportionMethods, Method(text)) {
		return "", fmt.Errorf("%q is not one of %s", text, ProportionMethodNames(", "))
	}
	return Method(text), nil
}
