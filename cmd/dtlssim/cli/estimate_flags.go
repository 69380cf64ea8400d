package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/sim/suggest"
)

// checkSampling reports what is wrong with the flags of stratified and importance.
func (e *estimation) checkSampling() error {
	var faults []error
	if e.allocation != proportional && e.allocation != neyman {
		faults = append(
			faults,
			fmt.Errorf("--allocation %w", suggest.NotOneOf(e.allocation, []string{proportional, neyman})),
		)
	}
	if e.strata < 1 || e.strata > mostStrata {
		faults = append(faults, fmt.Errorf("--strata %d is out of range: 1 to %d", e.strata, mostStrata))
	}
	if e.pilots < leastPilots {
		faults = append(faults, fmt.Errorf("--pilots %d must be at least %d", e.pilots, leastPilots))
	}
	if string(e.method) == stratified {
		least := estimate.LeastOfStratum * e.strata
		if e.replications < least {
			faults = append(
				faults,
				fmt.Errorf(
					"--replications %d must be at least %d, that is %d of each stratum",
					e.replications,
					least,
					estimate.LeastOfStratum,
				),
			)
		}
		if e.allocation == neyman && e.pilots < least {
			faults = append(
				faults,
				fmt.Errorf(
					"--pilots %d must be at least %d, that is %d of each stratum",
					e.pilots,
					least,
					estimate.LeastOfStratum,
				),
			)
		}
		if e.allocation != neyman && e.command.Flags().Changed("pilots") {
			faults = append(
				faults,
				fmt.Errorf("--pilots means nothing to --allocation %s, only to %s", e.allocation, neyman),
			)
		}
	}
	if string(e.method) == importance && e.tilt != "" && e.command.Flags().Changed("pilots") {
		faults = append(faults, errors.New("--pilots means nothing with --tilt: nothing is left to choose"))
	}
	return errors.Join(faults...)
}

// The range of --strata, and the least of --pilots.
const (
	mostStrata  = 1000
	leastPilots = 50
)

// integralError gives what ended a search its exit code. A scenario in which something
// else is random, as only its runs show, is bad input to the method exact.
func integralError(c *cobra.Command, err error) error {
	var random *estimate.RandomError
	var aborted *run.AbortedError
	switch {
	case errors.As(err, &random):
		return err
	case errors.As(err, &aborted):
		return &codeError{exitNoResult, err}
	}
	return interruptedOr(c, err)
}
