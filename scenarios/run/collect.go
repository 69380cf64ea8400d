package run

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/measure"
	"github.com/dtlssim/dtlssim/scenarios/rule"
)

// Collector collects what the rules met in all runs of an answer, and which limits of the predicate had
// a measure to compare. It is safe for concurrent use.
type Collector struct {
	mu     sync.Mutex
	rules  Rules
	jobs   map[string]Job  // by command: those that describe an unmet rule
	limits map[string]bool // whether a run took the measure, by limit
}

// Over returns a runner whose runs are collected.
func (c *Collector) Over(r Runner) Runner { return &collecting{Runner: r, to: c} }

// collecting is a runner whose runs are collected.
type collecting struct {
	Runner
	to *Collector
}

// Do implements [Runner].
func (r *collecting) Do(ctx context.Context, job Job) (Result, error) {
	o, err := r.Runner.Do(ctx, job)
	if err == nil {
		r.to.add(&job, &o)
	}
	return o, err
}

// Twice implements [Runner].
func (r *collecting) Twice(ctx context.Context, job Job) (first, second Result, err error) {
	first, second, err = r.Runner.Twice(ctx, job)
	if err == nil {
		r.to.add(&job, &first)
	}
	return first, second, err
}

// Recalled tells a runner, if it collects, of a run that was not performed because it was stored.
func Recalled(r Runner, job *Job, o *Result) {
	if r, ok := r.(*collecting); ok {
		r.to.add(job, o)
	}
}

// Rules returns what the rules met so far.
func (c *Collector) Rules() Rules {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Rules{maps.Clone(c.rules.of)}
}

func (c *Collector) add(job *Job, o *Result) {
	if o.Status != Completed {
		return
	}
	c.addLimits(job.Fail, o.Measures)
	if len(o.Rules) == 0 {
		return
	}
	of := Replication{Rules: o.Rules, UnmetRules: o.UnmetRules}
	for i := range of.Rules {
		if of.Rules[i].Datagrams > 0 {
			continue
		}
		if of.UnmetRules = o.UnmetRules; of.UnmetRules == nil { // a stored run
			of.UnmetRules = job.Values.Unmet(o.Rules, nil)
		}
		of.Repeat = job.Command().String()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rules.Add(&of)
	if of.Repeat != "" {
		if c.jobs == nil {
			c.jobs = map[string]Job{}
		}
		c.jobs[of.Repeat] = *job
		for command := range c.jobs {
			if !c.describes(command) {
				delete(c.jobs, command)
			}
		}
	}
}

func (c *Collector) addLimits(p scenarios.Predicate, measures map[string]int64) {
	if len(p.Limits()) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.limits == nil {
		c.limits = map[string]bool{}
	}
	for _, l := range p.Limits() {
		_, taken := measures[l.Measure.Name]
		_, censored := measures[measure.Censored(l.Measure.Name)]
		c.limits[l.Text()] = c.limits[l.Text()] || taken || censored
	}
}

// Untaken returns the limits whose measures no run took, sorted. They decided nothing.
func (c *Collector) Untaken() (list []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, limit := range slices.Sorted(maps.Keys(c.limits)) {
		if !c.limits[limit] {
			list = append(list, limit)
		}
	}
	return list
}

// describes reports whether an unmet rule has this command.
func (c *Collector) describes(command string) bool {
	for _, use := range c.rules.of {
		if !use.met && use.unmet.Repeat == command {
			return true
		}
	}
	return false
}

// Unmet returns the rules that met no datagram in any run. They say what there was to meet only as
// far as runner, if it is not nil, can repeat a run; otherwise they have its command.
func (c *Collector) Unmet(ctx context.Context, runner Runner) []rule.Unmet {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.rules.Unmet()
	for i := range list {
		list[i].Sent = nil
		if runner == nil || ctx.Err() != nil {
			continue
		}
		o, err := runner.Do(ctx, c.jobs[list[i].Repeat])
		if err != nil || o.Status != Completed {
			continue
		}
		for _, u := range o.UnmetRules {
			if u.Rule == list[i].Rule {
				list[i] = u
			}
		}
	}
	return list
}
