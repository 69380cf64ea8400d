package verb

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/scenarios/study"
	"github.com/dtlssim/dtlssim/sim/suggest"
)

// Choice is a flag that takes one of several names. It accepts any text when set; the name is
// checked together with all other flags, so that every fault is reported at once.
type Choice struct {
	names  []string
	chosen string
}

// late is a flag that is checked after all flags have been read.
type late interface{ fault() error }

// NewChoice returns a choice among names; the first is the default.
func NewChoice(names ...string) *Choice { return &Choice{names, names[0]} }

// fault implements late.
func (c *Choice) fault() error {
	if c.known() {
		return nil
	}
	return suggest.NotOneOf(c.chosen, c.names)
}

// known reports whether the chosen text is one of the names.
func (c *Choice) known() bool { return slices.Contains(c.names, c.chosen) }

// Is reports whether one of the given names is chosen.
func (c *Choice) Is(names ...string) bool { return slices.Contains(names, c.chosen) }

// String implements [pflag.Value].
func (c *Choice) String() string { return c.chosen }

// Type implements [pflag.Value].
func (c *Choice) Type() string { return strings.Join(c.names, "|") }

// Set implements [pflag.Value].
func (c *Choice) Set(text string) error {
	c.chosen = text
	return nil
}

// Choose sets the choice to a name that was not given by a flag.
func (c *Choice) Choose(name string) { c.chosen = name }

// Confidence is the flag --confidence.
type Confidence struct {
	stat.Inference
	Of string // the subject of the confidence; empty: the intervals
}

// AddTo implements [Part].
func (i *Confidence) AddTo(f *pflag.FlagSet) {
	if i.Of == "" {
		i.Of = "the intervals"
	}
	i.Inference = stat.DefaultInference(0.95)
	f.Float64Var(&i.Confidence, "confidence", i.Confidence, "confidence of "+i.Of)
}

// Check implements [Part].
func (i *Confidence) Check(_ *Call, f *Faults) { f.Add(stat.CheckConfidence(i.Confidence)) }

// Interval is the flags --interval and --confidence.
type Interval struct {
	Confidence
	method *Choice
}

// AddTo implements [Part].
func (i *Interval) AddTo(f *pflag.FlagSet) {
	i.Confidence.AddTo(f)
	i.method = NewChoice(strings.Split(stat.ProportionMethodNames(" "), " ")...)
	f.Var(i.method, "interval", "how intervals of proportions are computed")
}

// Check implements [Part].
func (i *Interval) Check(c *Call, f *Faults) {
	i.Confidence.Check(c, f)
	if i.method.known() {
		i.Method, _ = stat.ParseProportionMethod(i.method.chosen) // both have the same names
	}
}

// Selection is a scenario, the first argument, with its settings.
type Selection struct {
	set   []string
	short []string // the assignments for which flags other than --set are short
	fail  string

	Seed      uint64
	Scenario  *scenarios.Scenario // nil if no scenario has that name
	Settings  scenarios.Settings  // as given
	Values    scenarios.Values    // resulting from the settings; none if these are faulty
	Predicate scenarios.Predicate
	Good      bool // the selection has no fault
}

// AddTo implements [Part].
func (s *Selection) AddTo(f *pflag.FlagSet) {
	f.StringArrayVar(&s.set, "set", nil,
		"set a parameter, `NAME=VALUE`; may be repeated (see dtlssim list SCENARIO)")
	f.Uint64Var(&s.Seed, "seed", 1, "seed of every random stream")
	f.Func("perturb", "short for --set perturb=`N`: the seed draws the order in which an endpoint's own "+
		"goroutines use its socket",
		func(text string) error {
			s.short = append(s.short, "perturb="+text)
			return nil
		})
	f.StringVar(&s.fail, "fail", "",
		"`OUTCOMES` and limits of measures (handshake>500ms; also >=, <, <=) that count as failure, separated by "+
			"commas, or all (default those that the scenario names)")
}

// Check implements [Part]. Even without a scenario of that name it reports the other faults.
func (s *Selection) Check(c *Call, f *Faults) {
	var faults [4]error
	s.Scenario, faults[0] = study.LoadScenario(c.Args[0])
	s.Settings, faults[1] = scenarios.ParseSettings(slices.Concat(s.short, s.set))
	if s.Scenario != nil {
		s.Predicate, faults[2] = s.Scenario.ParsePredicate(s.fail)
		s.Values, faults[3] = s.Scenario.Resolve(s.Settings)
	}
	if faults[3] == nil {
		faults[3] = scenarios.Ready(s.Values)
	}
	s.Good = errors.Join(faults[:]...) == nil
	f.Add(faults[:]...)
}

// Pool is the pool of worker processes.
type Pool struct {
	Count  int // 0: the flag --workers sets it
	Limits run.Limits
	Single bool // there is one worker and no flag --workers
}

// AddTo implements [Part].
func (p *Pool) AddTo(f *pflag.FlagSet) {
	p.Count = 1
	if !p.Single {
		f.IntVar(&p.Count, "workers", runtime.NumCPU(), "number of worker processes")
	}
	f.DurationVar(&p.Limits.Wall, "wall-limit", run.DefaultWallLimit,
		"time after which a replication counts as timed out: processor time, if it computes")
	p.Limits.Memory = run.DefaultMemoryLimit
	f.Var(&p.Limits.Memory, "memory-limit",
		"memory of a replication, garbage included, at which it counts as limited; at twice that, its worker is "+
			"stopped")
}

// Check implements [Part].
func (p *Pool) Check(_ *Call, f *Faults) {
	f.Within("workers", p.Count, 1, run.MostWorkers)
	if p.Limits.Wall <= 0 {
		f.Add(fmt.Errorf("--wall-limit %s must be above 0", p.Limits.Wall))
	}
	if p.Limits.Memory < run.LeastMemoryLimit {
		f.Add(fmt.Errorf("--memory-limit %s must be at least %s", p.Limits.Memory, run.LeastMemoryLimit))
	}
	if p.Limits.Memory > run.MostMemoryLimit {
		f.Add(fmt.Errorf("--memory-limit %s must be at most %s", p.Limits.Memory, run.MostMemoryLimit))
	}
}

// Replications is the flag --replications of verbs that require it.
type Replications int

// AddTo implements [Part].
func (r *Replications) AddTo(f *pflag.FlagSet) {
	f.IntVar((*int)(r), "replications", 0, "replications at each design point (required)")
}

// Check implements [Part].
func (r *Replications) Check(c *Call, f *Faults) {
	if !c.Changed("replications") {
		f.Add(errors.New("--replications is missing: want a whole number of at least 1"))
		return
	}
	f.AtLeast("replications", int(*r), 1)
	f.AtMost("replications", int(*r), sample.MostReplications)
}

// Budget is the flag --budget.
type Budget float64

// AddTo implements [Part].
func (b *Budget) AddTo(f *pflag.FlagSet) {
	f.Float64Var((*float64)(b), "budget", 1, "factor on the numbers of replications")
}

// Check implements [Part].
func (b *Budget) Check(_ *Call, f *Faults) { f.Add(study.CheckBudget(float64(*b))) }
