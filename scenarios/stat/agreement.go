package stat

// AgreementConfidence is the confidence of the two intervals that an agreement test compares. By
// chance, the test fails once in a million times.
const AgreementConfidence = 1 - 1e-6

// leastExpected is how many failures must be expected for an agreement test to be meaningful.
const leastExpected = 5

// Agreement is a test of whether independent trials agree with another estimate of their failure
// probability.
type Agreement struct {
	Proportion         // of the trials, at AgreementConfidence
	Expected   float64 // failures expected from the other estimate
	Agrees     bool    // the two intervals overlap
	Feasible   bool    // there are enough trials for a meaningful test
}

// CheckAgreement compares the failures in independent trials, with the interval of Clopper and
// Pearson, with another estimate at AgreementConfidence.
func CheckAgreement(failures, trials int, of Estimate) Agreement {
	p := ClopperPearson(failures, trials, AgreementConfidence)
	expected := of.Value * float64(trials)
	return Agreement{Proportion: p, Expected: expected, Agrees: p.Meets(of), Feasible: expected >= leastExpected}
}
