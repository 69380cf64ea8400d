package plane_test

import (
	"os"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios/run"
)

func TestMain(m *testing.M) {
	run.ServeIfAsked()
	os.Exit(m.Run())
}
