package hosts

import (
	"github.com/dtlssim/dtlssim/scenarios/measure"
	"github.com/dtlssim/dtlssim/scenarios/session/network"
)

// RunTime returns the name of the measure of how long the program of a host ran.
func RunTime(host string) string { return host + "-time" }

// Measures returns what runs of the network measure.
func (n *Network) Measures() (list []measure.Measured) {
	for i := range n.Hosts {
		list = append(list, measure.Measured{
			Name: RunTime(n.Hosts[i].Name), Unit: measure.Nanoseconds, Ordered: true,
			Meaning: "the longest that a program on " + n.Hosts[i].Name + " took, from its start to its end; " +
				"censored if one did not end",
		})
	}
	return append(list, network.TrafficMeasures...)
}
