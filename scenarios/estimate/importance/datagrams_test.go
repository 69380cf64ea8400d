package importance_test

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/loss"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// registerDatagrams registers a scenario whose failure probabilities have closed forms:
// a client sends some datagrams, all at once, to a server that does nothing.
func registerDatagrams() {
	network := func(name string, kind scenarios.Type, preset string) scenarios.Parameter {
		return scenarios.Parameter{
			Name: name, Type: kind, Default: preset, Group: scenarios.NetworkGroup, Meaning: "as ever",
		}
	}
	if err := catalogue.Register(&scenarios.Scenario{
		Name: "test-datagrams",
		Parameters: []scenarios.Parameter{
			network(
				"latency", scenarios.DistributionType, "10ms",
			), network("loss", scenarios.LossType, "0"), network("correlation", scenarios.CorrelationType, "0"),
			network("reorder", scenarios.ProbabilityType, "0"),
			{
				Name: "datagrams", Type: scenarios.CountType, Default: "3", Min: 1, Max: 1000,
				Meaning: "how many there are",
			},
			{Name: "limit", Type: scenarios.DurationType, Default: "1s", Meaning: "of late, latest and earliest"},
		},
		Outcomes: []scenarios.Outcome{
			{
				Name: "all-lost", Meaning: "every datagram was lost",
			}, {Name: "late", Meaning: "the sum of their latencies is above the limit"},
			{
				Name: "latest", Meaning: "the largest latency is above the limit",
			}, {Name: "earliest", Meaning: "the least latency is above the limit"},
			{Name: "quick", Meaning: "every latency is below the limit"},
		},
		Run: func(v scenarios.Values, c sim.Config) (sim.Result, scenarios.Observation) {
			c.Link = sim.Link{
				Latency: func(*sim.Packet) distribution.Distribution { return v.Distribution("latency") },
				Loss:    func(*sim.Packet) loss.Model { return v.Loss("loss") },
				Correlation: v.Correlation(
					"correlation",
				), Reorder: v.Probability("reorder"), ReorderDelay: distribution.Constant{Value: 10 * time.Millisecond},
			}
			r := sim.Run(c, func(w *sim.Simulation) {
				client, server := w.Host("client", netip.MustParseAddr("192.0.2.2")), netip.MustParseAddr("192.0.2.1")
				w.Host("server", server)
				socket, err := client.Connect(1, netip.AddrPortFrom(server, 9))
				if err != nil {
					panic(err)
				}
				w.Go("client-1", func() {
					for range v.Count("datagrams") {
						fmt.Fprint(socket, "x")
					}
				})
			})
			return r, observe(r.Records, v.Count("datagrams"), v.Duration("limit"))
		},
	}); err != nil {
		panic(err)
	}
}

// observe tells what went wrong.
func observe(records []trace.Record, n int, limit time.Duration) (o scenarios.Observation) {
	lost, above, below, sum := 0, 0, 0, time.Duration(0)
	for i := range records {
		switch r := &records[i]; r.Kind {
		case trace.Lose:
			lost++
		case trace.Send:
			sum += r.Latency
			if r.Latency > limit {
				above++
			} else {
				below++
			}
		}
	}
	for _, outcome := range []struct {
		name string
		is   bool
	}{{"all-lost", lost == n}, {"late", sum > limit}, {"latest", above > 0}, {"earliest", above == n},
		{"quick", below == n}} {
		if outcome.is {
			o.Outcome = append(o.Outcome, outcome.name)
		}
	}
	return o
}
