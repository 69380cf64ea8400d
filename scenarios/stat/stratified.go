package stat

import "math"

// Stratum counts the replications of one stratum.
type Stratum struct{ Failures, Trials int }

// Stratified is a probability estimated from strata of equal probability.
type Stratified struct {
	Estimate      // the value is the mean of the strata's failure shares; N is all trials
	Strata        []Stratum
	Failures      int
	StandardError float64 // of the estimate, from the strata's shares; 0 if none is mixed

	Mixed         int     // strata with both failures and successes
	EffectiveSize float64 // the equivalent number of crude Monte Carlo trials
}

// StratifiedProportion estimates a probability from independent trials in strata of equal
// probability. Its interval is that of Clopper and Pearson for the number of crude Monte Carlo
// trials that has the same variance (Korn and Graubard, Survey Methodology 24, 1998, 193-201). The
// counts of trials and failures are then not whole numbers.
// The variance is that of the strata's shares, plus an allowance for strata with one outcome only:
// their trials show no variance, but there may be some. For the heaviest such stratum, z^2/2 trials
// are counted as if they had gone the other way, as many as the interval of Agresti and Coull adds
// (The American Statistician 52, 1998, 119-126).
//
// The trials are never worth less than the same number of crude Monte Carlo trials would be if each
// stratum had as few as the smallest one. This holds for any probabilities, because p(1-p) is
// concave. If a stratum has no trial, the interval is [0, 1].
func StratifiedProportion(strata []Stratum, confidence float64) Stratified {
	s := Stratified{
		Estimate: Unknown(0, 0, 1, confidence, EffectiveClopperPearson), Strata: strata,
		StandardError: math.NaN(),
	}
	k, z := float64(len(strata)), Z(confidence)
	sum, variance, heaviest, fewest := 0.0, 0.0, 0.0, math.Inf(1)
	for _, t := range strata {
		n := float64(t.Trials)
		s.Failures, s.N, fewest = s.Failures+t.Failures, s.N+t.Trials, min(fewest, n)
		p := float64(t.Failures) / n
		sum += p
		if t.Failures > 0 && t.Failures < t.Trials {
			s.Mixed++
			variance += p * (1 - p) / (n - 1) / (k * k)
		} else {
			heaviest = max(heaviest, 1/(k*n))
		}
	}
	if len(strata) == 0 || fewest == 0 {
		return s
	}
	s.Value, s.StandardError = sum/k, math.Sqrt(variance)
	if s.Failures == 0 { // the sum has rounding errors
		s.Value = 0
	} else if s.Failures == s.N {
		s.Value = 1
	}
	s.EffectiveSize = max(k*fewest, s.Value*(1-s.Value)/(variance+z*z/2*heaviest*heaviest))
	s.Low, s.High = clopperPearson(s.Value, s.EffectiveSize, (1-confidence)/2)
	return s
}

// Variance returns the variance of a single trial, if the estimate were the mean of as many
// independent ones.
func (s *Stratified) Variance() float64 { return s.StandardError * s.StandardError * float64(s.N) }

// clopperPearson returns the interval of Clopper and Pearson with the given error on either side.
// The numbers of failures and trials need not be whole.
func clopperPearson(share, trials, tail float64) (low, high float64) {
	k, high := share*trials, 1.0
	if share > 0 {
		low, _ = betaQuantile(tail, false, k, trials-k+1)
	}
	if share < 1 {
		high, _ = betaQuantile(tail, true, k+1, trials-k)
	}
	return low, high
}
