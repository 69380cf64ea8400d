package stat

import "math"

// Mean is the mean of independent samples from [0, 1], such as the conditional
// probabilities of seeds.
type Mean struct {
	Estimate
	Variance      float64 // of one sample
	StandardError float64 // of the mean

	// Unseen bounds the share of samples of a kind that is not among these, at the
	// confidence: what an interval that goes by the spread of the samples cannot know.
	// Had their share been larger, one would have been among them.
	Unseen float64
}

// StudentMean estimates a mean with Student's interval (Biometrika 6, 1908, 1-25). It
// is right in the limit of many samples, and sooner the less skewed they are. With
// fewer than two samples the interval is all of [0, 1].
func StudentMean(samples []float64, confidence float64) Mean {
	m := Mean{Estimate: unknown(len(samples), 0, 1, confidence, Student), Unseen: 1}
	if len(samples) == 0 {
		return m
	}
	n := float64(len(samples))
	sum, squares := 0.0, 0.0
	for _, v := range samples {
		sum += v
	}
	m.Value = sum / n
	m.Unseen = unseen(confidence, n)
	if len(samples) == 1 {
		return m
	}
	for _, v := range samples {
		squares += (v - m.Value) * (v - m.Value)
	}
	m.Variance = squares / (n - 1)
	m.StandardError = math.Sqrt(m.Variance / n)
	half := studentQuantile(confidence, n-1) * m.StandardError
	m.Low, m.High = max(0, m.Value-half), min(1, m.Value+half)
	return m
}

// unseen returns the largest share of which n samples may show nothing, at a confidence.
func unseen(confidence, n float64) float64 { return -math.Expm1(math.Log(1-confidence) / n) }

// Equivalent returns how many independent trials estimate the probability as precisely;
// NaN if the samples show no variance, or the probability is 1.
func (m Mean) Equivalent() float64 {
	if !(m.Variance > 0 && m.Value < 1) {
		return math.NaN()
	}
	return m.Value * (1 - m.Value) / (m.StandardError * m.StandardError)
}

// studentQuantile returns the half-width, in standard errors, of a two-sided interval
// of that confidence with so many degrees of freedom: t for which
// freedom/(freedom + t^2), a beta variate, has the lower tail 1 - confidence.
func studentQuantile(confidence, freedom float64) float64 {
	x, y := betaQuantile(1-confidence, false, freedom/2, 0.5)
	return math.Sqrt(freedom * y / x)
}
