package study_test

import (
	"os"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios/run"
)

func TestMain(m *testing.M) {
	run.ServeIfAsked()
	if path := os.Getenv(storeToKill); path != "" {
		if err := runToBeKilled(path); err != nil {
			println(err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}
