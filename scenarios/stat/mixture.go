package stat

import "math"

// WeightedSample is one replication of importance sampling.
type WeightedSample struct {
	LogWeight float64 // the natural logarithm of the likelihood ratio to the tilted draws
	Untilted  bool    // nothing was tilted in it
	Failed    bool
}

// MixtureWeights returns the natural logarithms of the weights of samples from a mixture of tilted
// and untilted replications. The weights are likelihood ratios to the mixture, with the observed
// shares of the two kinds. No weight exceeds 1 over the share of the untilted replications.
// Failures that the tilts make improbable still occur as often as the untilted replications show
// them (defensive mixtures: Hesterberg, Technometrics 37, 1995, 185-194; in fixed shares: Owen and
// Zhou, Journal of the American Statistical Association 95, 2000, 135-143).
func MixtureWeights(samples []WeightedSample) []float64 {
	untilted := 0
	for _, s := range samples {
		if s.Untilted {
			untilted++
		}
	}
	share := float64(untilted) / float64(len(samples))
	weights := make([]float64, len(samples))
	for i, s := range samples {
		if s.LogWeight > 0 { // 1/(share + (1-share)/w), without an overflow of w
			weights[i] = -math.Log(share + (1-share)*math.Exp(-s.LogWeight))
		} else {
			weights[i] = s.LogWeight - math.Log(share*math.Exp(s.LogWeight)+1-share)
		}
	}
	return weights
}

// MixtureMean estimates a probability from samples of a mixture; see [MixtureWeights] and
// [WeightedMean].
func MixtureMean(samples []WeightedSample, confidence float64) Weighted {
	failed, untilted := make([]bool, len(samples)), 0
	for i, s := range samples {
		failed[i] = s.Failed
		if s.Untilted {
			untilted++
		}
	}
	return WeightedMean(MixtureWeights(samples), failed, untilted, confidence)
}
