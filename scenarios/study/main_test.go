package study_test

import (
	"os"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios/worker"
)

func TestMain(m *testing.M) {
	worker.ServeIfAsked()
	os.Exit(m.Run())
}
