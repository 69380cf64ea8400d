package scenarios_test

import (
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/session"
	"github.com/dtlssim/dtlssim/scenarios/session/outcome"
	"github.com/dtlssim/dtlssim/sim"
)

// sound returns a scenario without a fault.
func sound() *scenarios.Scenario {
	s := &scenarios.Scenario{
		Name: "sound", Parameters: session.Parameters([]scenarios.Parameter{
			{Name: "late", Type: scenarios.DistributionType, Follows: "uplink"},
			{Name: "way", Type: scenarios.ChoiceType, Default: "a", Choices: []string{"a", "b"}},
		}),
		Asks: session.Asks(), Outcomes: outcome.All, Fail: []string{outcome.GhostSession},
		Probe:    scenarios.ProbeRange{Name: "late", From: 0, To: time.Second},
		Remedies: []scenarios.Remedy{{Name: "lingering", Set: scenarios.Settings{"linger": "1s"}}},
		Rules: []scenarios.Rule{{
			Name: "alert", When: scenarios.Settings{"way": "a"}, Delay: scenarios.Delay{Parameter: "late"},
		}},
		Failing: scenarios.Settings{"late": "20ms"}, Passing: scenarios.Settings{"late": "0s"},
		Cause: scenarios.Cause{Set: scenarios.Settings{"without": "alert"}},
		Run: func(v scenarios.Values, c sim.Config) (sim.Result, scenarios.Observation) {
			return session.Run(v, c, nil)
		},
	}
	s.Parameters = append(s.Parameters, scenarios.NewWithoutParameter(s.Rules))
	s.Parameters = append(s.Parameters, scenarios.NewRemedyParameter(s))
	return s
}

// Every fault of a scenario's declaration is found before anything is run.
func TestValidate(t *testing.T) {
	if err := sound().Validate(); err != nil {
		t.Fatal(err)
	}
	remove := func(s *scenarios.Scenario, name string) {
		var left []scenarios.Parameter
		for _, p := range s.Parameters {
			if p.Name != name {
				left = append(left, p)
			}
		}
		s.Parameters = left
	}
	for want, spoil := range map[string]func(s *scenarios.Scenario){
		`name "a b" of a scenario: want neither spaces, commas nor equals signs`: func(s *scenarios.Scenario) {
			s.Name = "a b"
		},
		"it has no function Run": func(s *scenarios.Scenario) { s.Run = nil },
		"the server asks for parameter linger, a duration, and the scenario has none of that name. Did you mean " +
			"lingers?": func(s *scenarios.Scenario) { s.Parameter("linger").Name = "lingers" },
		"the network asks for parameter loss as a loss model, and it is a probability": func(s *scenarios.Scenario) {
			s.Parameter("loss").Type = scenarios.ProbabilityType
		},
		"a client asks for parameter clients, a count, and the scenario has none of that name": func(
			s *scenarios.Scenario,
		) {
			remove(s, "clients")
		},
		"the NAT asks for parameter nat-lifetime, a duration": func(s *scenarios.Scenario) { remove(s, "nat-lifetime") },
		`name "a,b" of a parameter: want neither spaces`: func(s *scenarios.Scenario) {
			s.Parameter("way").Name = "a,b"
		},
		`there are two parameters of the name "late"`: func(s *scenarios.Scenario) { s.Parameter("way").Name = "late" },
		`choices ["a" "b=c"] of parameter way: want words`: func(s *scenarios.Scenario) {
			s.Parameter("way").Choices = []string{"a", "b=c"}
		},
		"choices [] of parameter way: want words": func(s *scenarios.Scenario) { s.Parameter("way").Choices = nil },
		"parameter way: want either a default, or another parameter that it follows": func(s *scenarios.Scenario) {
			s.Parameter("way").Follows = "model"
		},
		`default of parameter way: "c" is not one of a, b`: func(s *scenarios.Scenario) {
			s.Parameter("way").Default = "c"
		},
		`default of parameter gap: "soon" is not a duration`: func(s *scenarios.Scenario) {
			s.Parameter("gap").Default = "soon"
		},
		`default of parameter way: parameter way has the unknown type "word"`: func(s *scenarios.Scenario) {
			s.Parameter("way").Type = "word"
		},
		`parameter late follows "loss-model", and no parameter before it has that name`: func(s *scenarios.Scenario) {
			s.Parameter("late").Follows = "loss-model"
		},
		`parameter late follows "gap", and no parameter before it has that name`: func(s *scenarios.Scenario) {
			s.Parameter("late").Follows = "gap" // which comes after it
		},
		"parameter uplink-loss is a loss model and follows latency, a latency distribution": func(
			s *scenarios.Scenario,
		) {
			s.Parameter("uplink-loss").Follows = "latency"
		},
		"want a parameter remedy, a choice of none, lingering": func(s *scenarios.Scenario) { remove(s, "remedy") },
		"want a parameter without, a choice of nothing, alert, hello": func(s *scenarios.Scenario) {
			s.Rules = append(s.Rules, scenarios.Rule{Name: "hello"})
		},
		`remedy lingering: sound has no parameter "lingr". Did you mean linger?`: func(s *scenarios.Scenario) {
			s.Remedies[0].Set = scenarios.Settings{"lingr": "1s"}
		},
		`remedy lingering: parameter linger: "soon" is not a duration`: func(s *scenarios.Scenario) {
			s.Remedies[0].Set = scenarios.Settings{"linger": "soon"}
		},
		"remedy lingering: parameter filter does not apply to a server of model sequential": func(
			s *scenarios.Scenario,
		) {
			s.Remedies[0].Set = scenarios.Settings{"filter": "handshake"}
		},
		`rule alert: sound has no parameter "lat"`: func(s *scenarios.Scenario) { s.Rules[0].Delay.Parameter = "lat" },
		"rule alert: parameter loss is a loss model; want a duration or a latency distribution": func(
			s *scenarios.Scenario,
		) {
			s.Rules[0].Delay.Parameter = "loss"
		},
		"when of rule alert: parameter gap is a duration; want choices": func(s *scenarios.Scenario) {
			s.Rules[0].When = scenarios.Settings{"gap": "1s"}
		},
		`when of rule alert: parameter way: "c" is not one of a, b`: func(s *scenarios.Scenario) {
			s.Rules[0].When = scenarios.Settings{"way": "c"}
		},
		`fail: "ghost" is not an outcome of sound`: func(s *scenarios.Scenario) { s.Fail = []string{"ghost"} },
		`the failing example: sound has no parameter "x"`: func(s *scenarios.Scenario) {
			s.Failing = scenarios.Settings{"x": "1"}
		},
		`the passing example: parameter late: latency distribution "x"`: func(s *scenarios.Scenario) {
			s.Passing = scenarios.Settings{"late": "x"}
		},
		`the cause: parameter without: "hello" is not one of nothing, alert`: func(s *scenarios.Scenario) {
			s.Cause.Set = scenarios.Settings{"without": "hello"}
		},
		`probe: sound has no parameter "lat"`: func(s *scenarios.Scenario) { s.Probe.Name = "lat" },
		"probe: parameter way is a choice; only a duration or a latency distribution can be varied": func(
			s *scenarios.Scenario,
		) {
			s.Probe.Name = "way"
		},
		"the range is empty: FROM must be below TO": func(s *scenarios.Scenario) { s.Probe.To = 0 },
		"parameter handshake-timeout: 0s is out of range: at least 1ns": func(s *scenarios.Scenario) {
			s.Probe.Name = "handshake-timeout"
		},
		`parameter tombstone does not apply to a server of model sequential`: func(s *scenarios.Scenario) {
			s.Probe.Name = "tombstone"
		},
	} {
		s := sound()
		spoil(s)
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// All faults of the parameters are told at once.
func TestValidateTellsEveryFault(t *testing.T) {
	s := sound()
	s.Name, s.Run = "a b", nil
	s.Parameter("way").Default = "c"
	s.Parameter("linger").Name = "lingers"
	if err := s.Validate(); err == nil || strings.Count(err.Error(), "\n") != 3 {
		t.Errorf("got %v, want four faults", err)
	}
}

// A run that asks for what it did not declare ends with the parameter's name.
func TestUndeclaredParameter(t *testing.T) {
	v, err := sound().Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	for want, ask := range map[string]func(){
		"sound has no parameter lingr of Go type time.Duration":               func() { v.Duration("lingr") },
		"sound has no parameter linger of Go type float64":                    func() { v.Probability("linger") },
		"sound has no parameter latency of Go type sim.BitRate":               func() { v.BitRate("latency") },
		"sound has no parameter none of Go type sim.Span":                     func() { v.Interval("none") },
		"sound has no parameter model of Go type int64":                       func() { v.Count("model") },
		"sound has no parameter gap of Go type string":                        func() { v.Choice("gap") },
		"sound has no parameter clients of Go type float64":                   func() { v.Correlation("clients") },
		"sound has no parameter down of Go type loss.Model":                   func() { v.Loss("down") },
		"sound has no parameter uplinks of Go type distribution.Distribution": func() { v.Distribution("uplinks") },
	} {
		func() {
			defer func() {
				if got := recover(); got != want {
					t.Errorf("got %v, want %s", got, want)
				}
			}()
			ask()
		}()
	}
}
