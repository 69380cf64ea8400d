package store

import (
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/store/layout"
)

// A store that another binary wrote is refused.
func TestAnotherBinaryIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "study.sqlite")
	sweep := sample.Sweep{
		Replications: 5, Seed: 1,
		Design: fixture.Design(t, fixture.Scenario(t), nil, scenarios.Settings{"linger": "0s"}),
	}
	s, _, err := OpenSweep(path, sweep, run.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	err = s.writer.ledger.Transaction(func(tx *sql.Tx) error {
		return s.writer.ledger.Update(tx, "program", "run", s.run, 5, "other")
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	_, _, err = OpenSweep(path, sweep, run.Limits{})
	var mismatch *layout.MismatchError
	if !errors.As(err, &mismatch) || !strings.Contains(err.Error(), "was written by another binary") {
		t.Errorf("error %v, want one that says so", err)
	}
}
