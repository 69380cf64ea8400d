package stat

import "math"

// Mean is the mean of independent samples from [0, 1], such as the conditional
// probabilities of seeds.
type Mean struct {
	Estimate
	Variance      float64 // of one sample
	StandardError float64 // of the mean

	// Unseen is an upper bound, at the confidence, on the share of a kind of sample that did not
	// occur. An interval computed from the spread of the samples cannot know of such a kind; with a
	// larger share, one would have occurred.
	Unseen float64
}

// LeastSamples is the effective number of samples below which the interval of a mean covers less
// than its nominal confidence.
const LeastSamples = 10

// SampleMean estimates a mean from independent samples in [0, 1] with the interval of [Hall]. With
// fewer than two samples the interval is [0, 1]. If all samples are equal, the interval is a point
// and a warning says so.
func SampleMean(samples []float64, confidence float64) Mean {
	m := Mean{Estimate: Unknown(len(samples), 0, 1, confidence, Hall), Unseen: 1}
	if len(samples) == 0 {
		return m
	}
	k := summarize(samples)
	complements := make([]float64, len(samples)) // the interval of 1 - p mirrors that of p
	for i, v := range samples {
		complements[i] = 1 - v
	}
	k.effective = min(k.effective, effectiveSize(complements))
	m.set(k)
	switch {
	case len(samples) == 1:
	case m.Variance == 0:
		m.Warnings = append(m.Warnings, EqualSamples{m.N, m.Unseen})
	case k.effective < LeastSamples:
		m.Warnings = append(m.Warnings, FewSamples{m.N, k.effective})
	}
	return m
}

// set computes everything but the warnings from the summary of one sample or more.
func (m *Mean) set(k summary) {
	m.Value, m.Unseen = k.mean, unseen(m.Confidence, k.n)
	if k.n < 2 {
		return
	}
	m.Variance, m.StandardError = k.variance, k.standardError()
	low, high := k.interval(m.Confidence)
	m.Low, m.High = max(0, low), min(1, high)
}

// unseen returns the largest share of a kind that may be missing from n samples, at a confidence.
func unseen(confidence, n float64) float64 { return -math.Expm1(math.Log(1-confidence) / n) }

// Equivalent returns the number of independent trials that would estimate the probability as
// precisely. It is NaN if the samples have no variance, or the probability is 1.
func (m Mean) Equivalent() float64 {
	if !(m.Variance > 0 && m.Value < 1) {
		return math.NaN()
	}
	return m.Value * (1 - m.Value) / (m.StandardError * m.StandardError)
}
