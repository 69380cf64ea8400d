package explore_test

import (
	"os"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios/worker"
)

func TestMain(m *testing.M) {
	registerDatagrams()
	worker.ServeIfAsked()
	os.Exit(m.Run())
}
