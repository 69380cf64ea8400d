package record_test

import (
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios/run"
)

func TestMain(m *testing.M) {
	testkit.Main(m, run.ServeIfAsked)
}
