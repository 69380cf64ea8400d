// Package scenarios defines scenarios: their typed parameters, server and client behaviour, and
// failure predicates. The packages in the subfolders explore them.
//
// In: a scenario, from a file or in Go, and settings as text. Out: [Values], typed once.
// [Scenario.Run] performs a replication with them, and a [command.Line] repeats it.
package scenarios

import (
	"slices"

	"github.com/dtlssim/dtlssim/scenarios/measure"
	"github.com/dtlssim/dtlssim/sim"
)

// Scenario is a named arrangement of hosts, links, server and client behaviour.
type Scenario struct {
	Name    string
	Summary string

	// File is the path of the file that the scenario was read from; empty for a built-in or
	// registered scenario. Source is the text of that file. HasStudy reports whether it also
	// contains a study. A scenario in Go has neither.
	File     string
	Source   []byte
	HasStudy bool

	Explanation Explanation

	// Parameters, in display order. A parameter comes after the one that it follows.
	Parameters []Parameter

	// Asks lists the parameters that Run reads. Registering or reading the scenario reports those
	// that do not exist or have another type.
	Asks []Asked

	// Outcomes lists everything that can go wrong, with its meaning, in the order in which a run
	// lists it. A run in which nothing went wrong is clean.
	Outcomes []Outcome

	// Fail lists the outcomes that count as failure by default; if empty, all do.
	Fail []string

	// Probe is the parameter that the window search varies by default, with the most instructive
	// range.
	Probe ProbeRange

	// Remedies are the values of the parameter remedy, except none.
	Remedies []Remedy

	// Failing is the settings of a run that fails, Passing those of a clean run. ExampleSeed is
	// the seed of both; a scenario in Go may leave it 0.
	Failing, Passing Settings
	ExampleSeed      uint64

	Cause Cause

	// Measures lists the measures that runs report; nil if they are not known before a run.
	Measures []measure.Measured

	Rules []Rule // only for a scenario from a file

	// TimersKnown states that the simulation knows every instant that a run depends on, whether
	// anything happens at it or not. So the run pauses with Simulation.Sleep, its deadlines are those
	// of Simulation.WithTimeout, After and Deadline, of sockets, or of endpoints configured by
	// Simulation.Endpoint; other timers are reported with Simulation.Expect, times that are
	// compared with Simulation.Compare, and what two hosts share with Simulation.Touch. Only answers
	// about such a scenario are proved. Each search checks the statement: see search.Basis. It is
	// true for every scenario from a file.
	TimersKnown bool

	// TimersUnknown says why TimersKnown is false, in words that continue "nothing is proved: ". It may be
	// empty.
	TimersUnknown string

	// Coarse says that its endpoints read clocks whose unit is longer than a nanosecond, as programs do. Times are
	// then no affine functions of a probe, and a search can only halve distances.
	Coarse bool

	// Files returns the files on which runs with the given values depend, such as programs and the
	// libraries that they load. Its error reports what prevents these runs: a program that is missing, or that cannot
	// be started. It is called before anything runs. nil: there are none.
	Files func(v Values) ([]string, error)

	// Clients returns the numbers of the clients, from 1, by the names of their actors. nil: client N is
	// client-N.
	Clients func(v Values) map[string]int

	// Run performs one replication.
	Run func(v Values, c sim.Config) (sim.Result, Observation)
}

// Explanation says how a scenario fails, beyond the results of its runs.
type Explanation struct {
	Mechanism  string   // how it fails
	Prediction string   // the condition for a failure, derived before any run
	Findings   []string // results of runs beyond the prediction; tests check them
	References []string // RFC sections, issues, source
}

// Remedy names settings that are meant to prevent failures.
type Remedy struct {
	Name string
	Set  Settings

	// Helps says how the remedy changes one failure window of the default probe, the one that
	// contains the run of Scenario.Failing: HelpsFully (it disappears), HelpsPartly (it shrinks)
	// or HelpsNot (it stays).
	Helps string

	Note string // a remark; may be empty
}

// The effects of a remedy on a failure window.
const (
	HelpsFully  = "yes"
	HelpsPartly = "partly"
	HelpsNot    = "no"
)

// Cause is the root cause of a failing run: with this setting added, the run of Failing is clean.
type Cause struct {
	Text string
	Set  Settings // to remove the datagram of a rule: without=RULE
}

// Outcome is one thing that can go wrong in a run.
type Outcome struct{ Name, Meaning string }

// Clean is the name of the outcome of a run in which nothing went wrong.
const Clean = "clean"

// Session is what one client experienced.
type Session struct {
	Client        int    `json:"client"`         // from 1
	Handshake     string `json:"handshake"`      // "completed", "failed" or "never started"
	HandshakeTime int64  `json:"handshake_ns"`   // from the first datagram; 0 unless completed
	Attempts      int    `json:"attempts"`       // how many times it connected
	Error         string `json:"error"`          // what the client's application got; may be empty
	DataDelivered bool   `json:"data_delivered"` // whether the server application got its data
}

// Server is what the server did.
type Server struct {
	Sessions int      `json:"sessions"` // sessions that it began to serve
	Errors   []string `json:"errors"`   // errors that it reported
}

// ProgramRun is what a program did that ran on a host.
type ProgramRun struct {
	Host    string   `json:"host"`
	Actor   string   `json:"actor"`              // that of the trace
	Exit    string   `json:"exit"`               // see the constants; "exit code 1", "signal SIGSEGV"
	Started int64    `json:"started_ns"`         // in virtual time; 0 if it never started
	Took    int64    `json:"took_ns"`            // from its start to its end, or to that of the replication
	Last    []string `json:"last_lines"`         // of standard output and error
	Left    int      `json:"left_off,omitempty"` // lines before these
}

// The values of ProgramRun.Exit for a program that did not end.
const (
	NeverStarted = "never started"
	NeverEnded   = "never ended"
)

// Observation is a scenario's report of one replication.
type Observation struct {
	Outcome  []string // what went wrong, in the order of Scenario.Outcomes; empty if clean
	Sessions []Session
	Server   Server
	Programs []ProgramRun // in the order of their hosts; nil if none has a program

	// Measures are further measurements, by name, in the unit that Scenario.Measures declares. If something was
	// cut off before it ended, the measure named by measure.Censored gives a lower bound of its duration.
	Measures map[string]int64

	// Parts are the values of which a measure is the largest, by name; see Largest.
	Parts map[string][]int64

	Delivered map[int]bool // clients whose data reached the server's application
}

// Largest reports one of the values of which a measure is the largest, such as the handshake of one
// client. A window search then knows where another of them becomes the largest.
func (o *Observation) Largest(measure string, value int64) {
	if o.Measures == nil {
		o.Measures = map[string]int64{}
	}
	if o.Parts == nil {
		o.Parts = map[string][]int64{}
	}
	o.Measures[measure] = max(o.Measures[measure], value)
	o.Parts[measure] = append(o.Parts[measure], value)
}

// RemedyParameter is the parameter that chooses a remedy; NoRemedy is its value for no remedy.
const (
	RemedyParameter = "remedy"
	NoRemedy        = "none"

	// ModelParameter is the parameter that chooses the server model in scenarios with several.
	ModelParameter = "model"
)

// OutcomeNames returns the names of all outcomes, in their order.
func (s *Scenario) OutcomeNames() (names []string) {
	for _, o := range s.Outcomes {
		names = append(names, o.Name)
	}
	return names
}

// Remedy returns the remedy of that name, or an empty Remedy.
func (s *Scenario) Remedy(name string) Remedy {
	for _, r := range s.Remedies {
		if r.Name == name {
			return r
		}
	}
	return Remedy{}
}

// RemedyNames returns the values of the parameter remedy, if the scenario has it; none comes
// first.
func (s *Scenario) RemedyNames() []string {
	if p := s.Parameter(RemedyParameter); p != nil {
		return p.Choices
	}
	return nil
}

// Reference returns the scenario's name on a command line: the path of its file, if it has one.
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

// ParameterNames returns the names of the parameters, in display order.
func (s *Scenario) ParameterNames() []string {
	names := make([]string, len(s.Parameters))
	for i := range s.Parameters {
		names[i] = s.Parameters[i].Name
	}
	return names
}
