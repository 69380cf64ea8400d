package run

import (
	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/tilt"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// Replication is one replication with all that it gave.
type Replication struct {
	Scenario  string              `json:"scenario"`
	Seed      uint64              `json:"seed"`
	Params    map[string]string   `json:"params"`
	Outcome   []string            `json:"outcome"`
	Failed    bool                `json:"failed"`
	Sessions  []scenarios.Session `json:"sessions"`
	Server    scenarios.Server    `json:"server"`
	Measures  map[string]int64    `json:"measures,omitempty"`
	Virtual   int64               `json:"virtual_ns"`
	Events    int                 `json:"events"`
	Digest    string              `json:"digest"`
	Signature string              `json:"signature"`
	Repeat    string              `json:"repeat"`

	// UnmetRules names the rules that met no datagram of theirs.
	UnmetRules []string `json:"unmet_rules,omitempty"`

	// Limit names the limit that ended the replication; it is empty of one that came
	// to its end.
	Limit string `json:"limit,omitempty"`

	Tilt *tilt.Outcome `json:"tilt,omitempty"` // nil unless asked for: see ReplicateTilted

	Records []trace.Record `json:"-"`

	// Watched is nil unless it was asked for.
	Watched *sim.Watched `json:"watched,omitempty"`
}

// Replicate performs one replication in this process. For a result that repeats
// to the byte, the process has to be one that sim.Environment describes.
func Replicate(v scenarios.Values, seed uint64, p scenarios.Predicate) Replication {
	return ReplicateWith(v, seed, p, Asked{})
}

// Asked is what a replication is asked for besides.
type Asked struct {
	Tilt  *tilt.Config // draws of the network tilted, or observed; nil: neither
	Watch bool         // Replication.Watched
}

// ReplicateWith is Replicate with what is asked for besides.
func ReplicateWith(v scenarios.Values, seed uint64, p scenarios.Predicate, asked Asked) Replication {
	config, repeat := sim.Config{Scenario: v.Scenario().Name, Seed: seed, Watch: asked.Watch}, v.Repeat(seed, p)
	if c := asked.Tilt; c != nil {
		config.Tilt = *c
		repeat = repeat.With(TiltArguments(c)...)
	}
	result, o := v.Scenario().Run(v, config)
	r := Replication{
		Scenario: v.Scenario().Name, Seed: seed, Params: v.Text(),
		Outcome: o.Outcome, Failed: p.Failed(o.Outcome), Sessions: o.Sessions, Server: o.Server, Measures: o.Measures,
		Virtual: int64(result.Virtual), Events: result.Events, Digest: result.Digest, Signature: result.Signature,
		Repeat: repeat.String(), Records: result.Records, Watched: result.Watched, UnmetRules: result.UnmetRules, Tilt: result.Tilt,
	}
	if r.Outcome == nil {
		r.Outcome = []string{}
	}
	if r.Server.Errors == nil {
		r.Server.Errors = []string{}
	}
	if result.End != clock.Quiet {
		r.Limit = string(result.End)
	}
	return r
}

// TiltArguments returns the arguments of a command that tilts so; nil if nothing is tilted.
func TiltArguments(c *tilt.Config) []string {
	if c == nil || len(c.Tilts) == 0 || c.Untilted {
		return nil
	}
	return []string{"--tilt", tilt.Text(c.Tilts)}
}
