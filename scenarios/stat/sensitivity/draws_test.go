package sensitivity_test

import (
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/sim/stream"
)

// draws returns a stream of the seed of the tests.
func draws(t *testing.T) *stream.Stream {
	t.Helper()
	return stream.New(testkit.Seed(t), "estimate", t.Name())
}
