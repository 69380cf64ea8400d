package stat

import "math"

// Mean is the mean of independent samples from [0, 1], such as the conditional
// probabilities of seeds, with a two-sided confidence interval.
type Mean struct {
	Samples       int
	Estimate      float64
	Variance      float64 // of one sample
	StandardError float64 // of the mean
	Low, High     float64
	Confidence    float64 // of the interval

	// Unseen bounds the share of samples of a kind that is not among these, at the
	// confidence: what an interval that goes by the spread of the samples cannot know.
	// Had their share been larger, one would have been among them.
	Unseen float64
}

// StudentMean estimates a mean with Student's interval (Biometrika 6, 1908, 1-25). It
// is right in the limit of many samples, and sooner the less skewed they are. With
// fewer than two samples the interval is all of [0, 1].
func StudentMean(samples []float64, confidence float64) Mean {
	m := Mean{Samples: len(samples), Estimate: math.NaN(), High: 1, Confidence: confidence, Unseen: 1}
	if len(samples) == 0 {
		return m
	}
	n := float64(len(samples))
	sum, squares := 0.0, 0.0
	for _, v := range samples {
		sum += v
	}
	m.Estimate = sum / n
	m.Unseen = -math.Expm1(math.Log(1-confidence) / n)
	if len(samples) == 1 {
		return m
	}
	for _, v := range samples {
		squares += (v - m.Estimate) * (v - m.Estimate)
	}
	m.Variance = squares / (n - 1)
	m.StandardError = math.Sqrt(m.Variance / n)
	half := studentQuantile(confidence, n-1) * m.StandardError
	m.Low, m.High = max(0, m.Estimate-half), min(1, m.Estimate+half)
	return m
}

// studentQuantile returns the half-width, in standard errors, of a two-sided interval
// of that confidence with so many degrees of freedom: t for which
// freedom/(freedom + t^2), a beta variate, has the lower tail 1 - confidence.
func studentQuantile(confidence, freedom float64) float64 {
	x, y := betaQuantile(1-confidence, false, freedom/2, 0.5)
	return math.Sqrt(freedom * y / x)
}
