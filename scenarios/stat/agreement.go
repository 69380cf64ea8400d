package stat

// AgreementConfidence is the confidence of the two intervals that an agreement test holds
// against one another: by chance, it fails once in a million times.
const AgreementConfidence = 1 - 1e-6

// leastExpected is how many failures an agreement test has to expect to tell much.
const leastExpected = 5

// Agreement is a test whether independent trials agree with another estimate of their
// failure probability.
type Agreement struct {
	Proportion         // of the trials, at AgreementConfidence
	Expected   float64 // failures, by the other estimate
	Agrees     bool    // the two intervals meet
	Feasible   bool    // so many trials can tell much
}

// CheckAgreement holds failures in independent trials, with the interval of Clopper and
// Pearson, against an estimate of AgreementConfidence.
func CheckAgreement(failures, trials int, of Estimate) Agreement {
	p := ClopperPearson(failures, trials, AgreementConfidence)
	expected := of.Value * float64(trials)
	return Agreement{Proportion: p, Expected: expected, Agrees: p.Meets(of), Feasible: expected >= leastExpected}
}
