package estimate_test

import (
	"os"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios/run"
)

func TestMain(m *testing.M) {
	registerDatagrams()
	run.ServeIfAsked()
	os.Exit(m.Run())
}
