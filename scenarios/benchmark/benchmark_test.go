package benchmark

import (
	"testing"

	"github.com/dtlssim/dtlssim/sim/endpoint"
)

func TestX(t *testing.T) {
	for _, c := range endpoint.Credentials {
		s, err := Measure(c, 10, 50)
		t.Logf("%+v %v", s, err)
	}
}
