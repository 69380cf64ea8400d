package run

import (
	"slices"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/measure"
	"github.com/dtlssim/dtlssim/scenarios/rule"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/tilt"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// Replication is one replication with all its results.
type Replication struct {
	Scenario string            `json:"scenario"`
	Seed     uint64            `json:"seed"`
	Params   map[string]string `json:"params"`
	Outcome  []string          `json:"outcome"` // including limits that were exceeded
	Failed   bool              `json:"failed"`

	// Sessions and Server say what clients and a server in Go did, Programs what programs did. A scenario
	// with programs has no sessions.
	Sessions []scenarios.Session    `json:"sessions,omitzero"`
	Server   scenarios.Server       `json:"server,omitzero"`
	Programs []scenarios.ProgramRun `json:"programs,omitempty"`

	Measures map[string]int64 `json:"measures,omitempty"`

	// Exceeded are the limits of the predicate that measures are beyond.
	Exceeded []measure.Exceeded `json:"exceeded,omitempty"`

	// Units are the units of the measures, by name; a count has none.
	Units map[string]measure.Unit `json:"units,omitempty"`

	Virtual   int64  `json:"virtual_ns"`
	Events    int    `json:"events"`
	Digest    string `json:"digest"`
	Signature string `json:"signature"`
	Repeat    string `json:"repeat"`

	// Rules says how many datagrams each rule met that applied. UnmetRules describes those that met
	// none.
	Rules      []sim.RuleCount `json:"rules,omitempty"`
	UnmetRules []rule.Unmet    `json:"unmet_rules,omitempty"`

	// Limit names the limit that ended the replication, and Fault says what a program did that is not
	// simulated; both are empty if it ended normally.
	Limit string `json:"limit,omitempty"`
	Fault string `json:"fault,omitempty"`

	Tilt *tilt.Likelihood `json:"tilt,omitempty"` // nil unless requested by Job.Tilt

	Records []trace.Record `json:"-"`
	Reasons []trace.Reason `json:"-"` // nil unless requested by Job.Explain

	// Omitted is how many records are missing in the middle of Records, because Job.Ends said so.
	Omitted int `json:"-"`

	// Watched is nil unless requested by Job.Watch, and if the replication met a limit.
	Watched *sim.Watched `json:"watched,omitempty"`
}

// Replicate performs one replication in this process. The result repeats to the byte only if the
// process has the environment that sim.Environment describes.
func Replicate(v scenarios.Values, seed uint64, p scenarios.Predicate) Replication {
	var records []trace.Record
	r := replicate(v, seed, p, sim.Config{Trace: func(r *trace.Record) { records = append(records, *r) }})
	r.Records = records
	r.Params, r.Units, r.Repeat = v.Text(), v.Scenario().UnitsOf(r.Measures), v.Repeat(seed, p).String()
	return r
}

// replicate performs one replication. It leaves out what the caller knows: the parameters, and the
// command that repeats it. config says what is requested, and which draws are tilted.
func replicate(v scenarios.Values, seed uint64, p scenarios.Predicate, config sim.Config) Replication {
	config.Scenario, config.Seed = v.Scenario().Name, seed
	result, o := v.Scenario().Run(v, config)
	exceeded := p.Exceeded(o.Measures)
	for _, e := range exceeded {
		o.Outcome = append(slices.Clip(o.Outcome), e.Limit)
	}
	if result.Watched != nil {
		p.Watch(result.Watched, &o)
	}
	r := Replication{
		Scenario: v.Scenario().Name, Seed: seed,
		Outcome: o.Outcome, Failed: p.Failed(o.Outcome), Sessions: o.Sessions, Server: o.Server, Programs: o.Programs,
		Measures: o.Measures, Exceeded: exceeded,
		Virtual: int64(result.Virtual), Events: result.Events, Digest: result.Digest, Signature: result.Signature,
		Watched: result.Watched, Rules: result.Rules, UnmetRules: v.Unmet(result.Rules, result.Sent), Tilt: result.Tilt,
	}
	if r.Outcome == nil {
		r.Outcome = []string{}
	}
	if r.Programs == nil {
		if r.Server.Errors == nil {
			r.Server.Errors = []string{}
		}
		if r.Sessions == nil {
			r.Sessions = []scenarios.Session{}
		}
	}
	switch result.End {
	case clock.Quiet:
	case clock.Failed:
		r.Fault = result.Fault
	default:
		r.Limit = string(result.End)
	}
	return r
}

// TiltArguments returns the command-line arguments for the tilts; nil if nothing is tilted.
func TiltArguments(c *tilt.Config) []string {
	if c == nil || len(c.Tilts) == 0 || c.Untilted {
		return nil
	}
	return []string{"--tilt", tilt.Text(c.Tilts)}
}
