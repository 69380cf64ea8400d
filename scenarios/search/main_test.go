package search_test

import (
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
)

func TestMain(m *testing.M) {
	testkit.Main(m, fixture.RegisterOwnServers, run.ServeIfAsked)
}
