package cli

import (
	"errors"
	"fmt"

	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/sim/suggest"
)

// checkSampling reports what is wrong with the flags of stratified and importance.
func (e *estimation) checkSampling() error {
	var faults []error
	if e.allocation != proportional && e.allocation != neyman {
		faults = append(faults, fmt.Errorf("--allocation %w", suggest.NotOneOf(e.allocation, []string{proportional, neyman})))
	}
	if e.strata < 1 || e.strata > mostStrata {
		faults = append(faults, fmt.Errorf("--strata %d is out of range: 1 to %d", e.strata, mostStrata))
	}
	if e.pilots < leastPilots {
		faults = append(faults, fmt.Errorf("--pilots %d must be at least %d", e.pilots, leastPilots))
	}
	if e.method == stratified {
		least := estimate.LeastOfStratum * e.strata
		if e.replications < least {
			faults = append(faults, fmt.Errorf("--replications %d must be at least %d, that is %d of each stratum", e.replications, least, estimate.LeastOfStratum))
		}
		if e.allocation == neyman && e.pilots < least {
			faults = append(faults, fmt.Errorf("--pilots %d must be at least %d, that is %d of each stratum", e.pilots, least, estimate.LeastOfStratum))
		}
		if e.allocation != neyman && e.command.Flags().Changed("pilots") {
			faults = append(faults, fmt.Errorf("--pilots means nothing to --allocation %s, only to %s", e.allocation, neyman))
		}
	}
	if e.method == importance && e.tilt != "" && e.command.Flags().Changed("pilots") {
		faults = append(faults, errors.New("--pilots means nothing with --tilt: nothing is left to choose"))
	}
	return errors.Join(faults...)
}

// The range of --strata, and the least of --pilots.
const (
	mostStrata  = 1000
	leastPilots = 50
)

// stratified estimates by strata of the probe's law, and returns the interval of a
// check.
func (e *estimation) stratified(j *text.EstimateJSON) (checked stat.Estimate, err error) {
	looks, confidence := e.looks(j, max(leastReplications, estimate.LeastOfStratum*e.strata), e.replications)
	pilots := 0
	if e.allocation == neyman {
		pilots = e.pilots
	}
	bar := newProgress(e.command.ErrOrStderr(), looks[len(looks)-1]+pilots, "replications")
	var at stat.Stratified
	r, err := e.integral.Stratified(e.command.Context(), e.workers, e.strata, pilots, looks, func(s []stat.Stratum) bool {
		at = stat.StratifiedProportion(s, confidence)
		return e.target.Met(at.Estimate)
	}, bar.increment)
	bar.finish()
	if err != nil {
		return checked, failure(err)
	}
	text.Aborted(e.command.ErrOrStderr(), r.Results)
	at = stat.StratifiedProportion(r.Strata, confidence)
	j.Stratified(at, r)
	j.NoResult, j.Interrupted = r.NoResult(), r.Interrupted
	j.ConditionalOn = fmt.Sprintf("the parameters; %s is drawn from strata of its law, and everything else that they leave open as ever", e.probe)
	if j.Stopping != nil {
		j.Stopping.Met = e.target.Met(at.Estimate)
	}
	return stat.StratifiedProportion(r.Strata, stat.AgreementConfidence).Estimate, nil
}

// importance estimates by importance sampling, and returns the interval of a check.
func (e *estimation) importance(j *text.EstimateJSON) (checked stat.Estimate, err error) {
	q := estimate.Importance{Values: e.values, Seed: e.seed, Fail: e.predicate, Tilts: e.tilts}
	pilots := 0
	if e.tilt == "" {
		bar := newProgress(e.command.ErrOrStderr(), e.pilots*estimate.MostPilotRounds, "pilot replications")
		chosen, err := estimate.ChooseTilts(e.command.Context(), e.workers, q, e.pilots, bar.increment)
		bar.finish()
		if err != nil {
			return checked, failure(err)
		}
		if chosen.Interrupted {
			return checked, interruptedOr(e.command, e.command.Context().Err())
		}
		q.Tilts, pilots = chosen.Tilts, chosen.Runs
	}
	looks, confidence := e.looks(j, leastReplications, e.replications)
	bar := newProgress(e.command.ErrOrStderr(), looks[len(looks)-1], "replications")
	r, err := estimate.RunImportance(e.command.Context(), e.workers, q, looks, func(s []stat.WeightedSample) bool {
		w := stat.MixtureMean(s, confidence)
		return w.Reliable() && e.target.Met(w.Estimate)
	}, bar.increment)
	bar.finish()
	if err != nil {
		return checked, failure(err)
	}
	text.Aborted(e.command.ErrOrStderr(), r.Results)
	w := stat.MixtureMean(r.Samples, confidence)
	j.Weighted(w, r, q.Tilts, pilots)
	j.NoResult, j.Interrupted = r.NoResult(), r.Interrupted
	j.ConditionalOn = "the parameters; everything that they leave open is drawn, tilted as said, and weighted"
	if j.Stopping != nil {
		j.Stopping.Met = w.Reliable() && e.target.Met(w.Estimate)
	}
	return stat.MixtureMean(r.Samples, stat.AgreementConfidence).Estimate, nil
}
