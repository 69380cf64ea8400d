// Package scenarios holds what is simulated: the scenarios, with their typed
// parameters, server and client behaviours and failure predicates. How they are
// explored is in the packages of this folder.
//
// In: a scenario, from a file or in Go, and settings as text. Out: [Values], typed once, with
// which [Scenario.Run] performs a replication, and the [Command] that repeats it.
package scenarios

import (
	"slices"

	"github.com/dtlssim/dtlssim/sim"
)

// Scenario is a named arrangement of hosts, links, server and client behaviour.
type Scenario struct {
	Name    string
	Summary string

	// File is the path of the file that the scenario was read from; it is empty for one
	// that is built in or registered. Source is the text of the file, and HasStudy tells
	// whether it holds a study as well; a scenario in Go has neither.
	File     string
	Source   []byte
	HasStudy bool

	Explanation Explanation

	// Parameters in the order in which they are shown. A parameter that follows another comes
	// after it.
	Parameters []Parameter

	// Asks are the parameters that Run asks for. Those that do not exist, or have another type,
	// are found when the scenario is registered or read.
	Asks []Asked

	// Outcomes are the names of all that can go wrong, with their meanings, in the
	// order in which a run lists them. A run in which nothing did is clean.
	Outcomes []Outcome

	// Fail are the outcomes that count as failure unless told otherwise; none: all.
	Fail []string

	// Probe is the parameter that the window search varies unless told otherwise,
	// and the range that shows most.
	Probe ProbeRange

	// Remedies are the values of the parameter remedy, but for none.
	Remedies []Remedy

	// Failing and Passing are settings of a run that fails and of one that is clean, and
	// ExampleSeed is the seed of both; a scenario in Go may leave it 0.
	Failing, Passing Settings
	ExampleSeed      uint64

	Cause Cause

	// Measures are the measures that runs report; nil if that is not known before a run.
	Measures []Measured

	Rules []Rule // of a scenario from a file

	// Run performs one replication.
	Run func(v Values, c sim.Config) (sim.Result, Observation)
}

// Explanation is what is known of a scenario besides what its runs show.
type Explanation struct {
	Mechanism  string   // how it fails
	Prediction string   // under which condition, before any run
	Findings   []string // what the runs showed that the prediction did not say; tests hold them
	References []string // RFC sections, issues, source
}

// Remedy is a name for settings that are meant to help.
type Remedy struct {
	Name string
	Set  Settings

	// Helps says what it does about the failure window of the default probe in which the
	// run of Scenario.Failing lies: HelpsFully (nothing of it is left), HelpsPartly (less
	// is) or HelpsNot (all of it).
	Helps string

	Note string // a remark; may be empty
}

// What a remedy does about a failure window.
const (
	HelpsFully  = "yes"
	HelpsPartly = "partly"
	HelpsNot    = "no"
)

// Cause is the root cause of a failing run: with the setting, the run of Failing is
// clean.
type Cause struct {
	Text string
	Set  Settings // for a datagram of a rule: without=RULE
}

// Outcome is one thing that can go wrong in a run.
type Outcome struct{ Name, Meaning string }

// Clean is the name of the outcome of a run in which nothing went wrong.
const Clean = "clean"

// Session is what one client saw.
type Session struct {
	Client        int    `json:"client"`         // from 1
	Handshake     string `json:"handshake"`      // "completed", "failed" or "never started"
	HandshakeTime int64  `json:"handshake_ns"`   // from the first datagram; 0 unless completed
	Attempts      int    `json:"attempts"`       // how often it connected
	Error         string `json:"error"`          // what the client's application was told; may be empty
	DataDelivered bool   `json:"data_delivered"` // whether its data reached the server's application
}

// Server is what the server did.
type Server struct {
	Sessions int      `json:"sessions"` // that it began to serve
	Errors   []string `json:"errors"`   // that it reported
}

// Observation is what a scenario reports of one replication.
type Observation struct {
	Outcome  []string // what went wrong, in the order of Scenario.Outcomes; empty if clean
	Sessions []Session
	Server   Server

	// Measures are what a scenario measures besides, by name; the unit ends the name. Where
	// something was cut before it was over, the measure of the name Censored says how long
	// it takes at least.
	Measures map[string]int64

	Delivered map[int]bool // clients whose data reached the server's application
}

// RemedyParameter is the parameter that chooses a remedy, and NoRemedy its value for
// none.
const (
	RemedyParameter = "remedy"
	NoRemedy        = "none"

	// ModelParameter is the parameter that chooses the server model, if a scenario has
	// several.
	ModelParameter = "model"
)

// Remedy returns the remedy of that name; it is empty if there is none.
func (s *Scenario) Remedy(name string) Remedy {
	for _, r := range s.Remedies {
		if r.Name == name {
			return r
		}
	}
	return Remedy{}
}

// RemedyNames returns the values of the parameter remedy, if there is one, that for
// none first.
func (s *Scenario) RemedyNames() []string {
	if p := s.Parameter(RemedyParameter); p != nil {
		return p.Choices
	}
	return nil
}

// Reference returns how a command line names the scenario: by its file, if it has
// one.
func (s *Scenario) Reference() string {
	if s.File != "" {
		return s.File
	}
	return s.Name
}

// Parameter returns the parameter of that name, or nil.
func (s *Scenario) Parameter(name string) *Parameter {
	i := slices.IndexFunc(s.Parameters, func(p Parameter) bool { return p.Name == name })
	if i < 0 {
		return nil
	}
	return &s.Parameters[i]
}

// ParameterNames returns the names of the parameters, in their order.
func (s *Scenario) ParameterNames() []string {
	names := make([]string, len(s.Parameters))
	for i := range s.Parameters {
		names[i] = s.Parameters[i].Name
	}
	return names
}
