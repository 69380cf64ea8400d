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

// LeastSamples is the effective number of samples below which an interval of their mean
// covers less than it says.
const LeastSamples = 10

// SampleMean estimates a mean from independent samples from [0, 1] with the interval of
// [Hall]. With fewer than two samples the interval is all of [0, 1]; of samples that are
// all equal it is a point, and a warning says so.
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
