package text

import (
	"fmt"
	"io"

	"github.com/dtlssim/dtlssim/scenarios/sample"
)

// WholeSweep writes the answer of a sweep: its table, the measures if asked for, and the findings
// of a verification.
func WholeSweep(w io.Writer, r *sample.Results, factors []string, measures bool) error {
	if err := Sweep(w, r, factors); err != nil {
		return err
	}
	if measures {
		if err := Measures(w, r, factors); err != nil {
			return err
		}
	}
	if !r.Sweep.Verify || len(r.Differences) > 0 {
		return nil
	}
	_, err := fmt.Fprintf(w,
		"\nVerified: %d replications were performed twice, in different processes, and no two traces differ.\n",
		r.Done-r.NoResult())
	return err
}
