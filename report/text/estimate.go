package text

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/estimate/importance"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/sim/tilt"
)

// EstimateJSON is an estimated or exact failure probability, for JSON. It omits what a method does
// not have.
type EstimateJSON struct {
	Scenario string            `json:"scenario"`
	Seed     uint64            `json:"seed"`
	Params   map[string]string `json:"params"`
	Method   string            `json:"method"`

	Estimate      *float64 `json:"estimate"` // null without data
	Low           float64  `json:"lo"`
	High          float64  `json:"hi"`
	Interval      string   `json:"interval"`
	Confidence    float64  `json:"confidence"` // 1 if exact
	ConditionalOn string   `json:"conditional_on"`

	Variance      *float64 `json:"variance"` // of one replication or seed
	StandardError *float64 `json:"standard_error"`
	Runs          int      `json:"runs"`

	Replications int `json:"replications,omitempty"` // for Monte Carlo
	Failures     int `json:"failures,omitempty"`
	NoResult     int `json:"no_result,omitempty"`

	Probe        string   `json:"probe,omitempty"` // for the other methods
	Distribution string   `json:"law,omitempty"`
	From         int64    `json:"from_ns,omitempty"` // the searched range
	To           int64    `json:"to_ns,omitempty"`
	Outside      *float64 `json:"outside,omitempty"` // probability of a latency outside that range
	Seeds        int      `json:"seeds,omitempty"`

	Unseen     *float64          `json:"unseen_share,omitempty"` // for conditional
	Equivalent *float64          `json:"equivalent_replications,omitempty"`
	Rounding   *float64          `json:"rounding,omitempty"` // for exact
	Windows    []search.Interval `json:"failure_windows,omitempty"`

	// Basis is that of the windows that exact and conditional integrate.
	Basis *search.Basis `json:"basis,omitempty"`

	Strata      []StratumJSON `json:"strata,omitempty"` // for stratified
	MixedStrata *int          `json:"mixed_strata,omitempty"`
	// number of crude Monte Carlo replications to which the interval corresponds
	Effective *float64 `json:"effective_replications,omitempty"`

	Tilts             []TiltJSON `json:"tilts,omitempty"` // for importance
	Untilted          int        `json:"untilted_replications,omitempty"`
	PilotRuns         int        `json:"pilot_runs,omitempty"`
	MeanWeight        *float64   `json:"mean_weight,omitempty"`
	MeanWeightError   *float64   `json:"mean_weight_error,omitempty"`
	EffectiveFailures *float64   `json:"effective_failures,omitempty"`
	LargestShare      *float64   `json:"largest_share,omitempty"`

	Warnings []string `json:"warnings,omitempty"`
	Note     string   `json:"note,omitempty"` // says that nothing is random

	Stopping *StoppingJSON `json:"stopping,omitempty"`
	Check    *CheckJSON    `json:"check,omitempty"`

	Interrupted bool   `json:"interrupted"`
	Repeat      string `json:"repeat"`
}

// StratumJSON describes the replications of one stratum, for JSON.
type StratumJSON struct {
	Failures     int `json:"failures"`
	Replications int `json:"replications"`
}

// TiltJSON is one tilt of draws, for JSON.
type TiltJSON struct {
	tilt.Tilt
	Draws float64 `json:"draws"` // mean number of draws per replication that it applied to
}

// StoppingJSON describes the looks at an estimate, to stop when its interval was narrow enough, for
// JSON.
type StoppingJSON struct {
	HalfWidth      float64 `json:"half_width,omitempty"`
	Relative       float64 `json:"relative,omitempty"`
	Looks          []int   `json:"looks"`
	LookConfidence float64 `json:"look_confidence"`
	Met            bool    `json:"met"` // the target was met; otherwise the budget ended it
}

// CheckJSON is the result of crude Monte Carlo for the same probability, for JSON.
type CheckJSON struct {
	Replications int     `json:"replications"`
	Failures     int     `json:"failures"`
	Expected     float64 `json:"expected_failures"`
	Low          float64 `json:"lo"`
	High         float64 `json:"hi"`
	Confidence   float64 `json:"confidence"`
	Agrees       bool    `json:"agrees"`
	Feasible     bool    `json:"feasible"` // whether that many replications are informative
}

// NewEstimate converts an answer; repeat is the command that repeats it.
func NewEstimate(q *estimate.Question, a *estimate.Answer, repeat string) *EstimateJSON {
	j := &EstimateJSON{
		Scenario: q.Values.Scenario().Name, Seed: q.Seed, Params: q.Values.Text(), Method: string(q.Method),
		Confidence: a.Confidence, Repeat: repeat,
		Estimate: known(a.Value), Low: a.Low, High: a.High, Interval: string(a.Estimate.Method),
		Variance: known(a.Variance), StandardError: known(a.StandardError),
		Runs: a.Runs, NoResult: a.NoResult, Interrupted: a.Interrupted,
		ConditionalOn: conditionalOn(q),
	}
	for _, w := range a.Warnings {
		j.Warnings = append(j.Warnings, Warning(w))
	}
	probe := q.Integral.Search.Probe
	switch q.Method {
	case estimate.ExactMethod, estimate.ConditionalMethod:
		j.From, j.To = int64(probe.From), int64(probe.To)
		fallthrough
	case estimate.StratifiedMethod:
		j.Probe, j.Distribution = probe.Name, q.Integral.Distribution.String()
	}
	if p := a.Proportion; p != nil {
		j.Replications, j.Failures = p.N, p.Failures
	}
	if e := a.Exact; e != nil {
		j.setBasis(&e.Basis)
		j.Seeds, j.Outside, j.Rounding, j.Windows = e.N, &e.Outside, &e.Rounding, e.Windows.FailureWindows
	}
	if c := a.Conditional; c != nil {
		j.setBasis(&c.Basis)
		j.Seeds, j.Outside, j.Unseen, j.Equivalent = c.Probability.N, &c.Outside, &c.Probability.Unseen, known(
			c.Probability.Equivalent(),
		)
	}
	if s := a.Stratified; s != nil {
		p := &s.Probability
		j.Replications, j.Failures, j.PilotRuns, j.MixedStrata, j.Effective = p.N, p.Failures, s.Pilots, &p.Mixed,
			&p.EffectiveSize
		for _, stratum := range s.Strata {
			j.Strata = append(j.Strata, StratumJSON{stratum.Failures, stratum.Trials})
		}
	}
	if w := a.Importance; w != nil {
		j.weighted(w)
	}
	if a.Certain {
		j.Method, j.Seeds, j.Note = string(estimate.ExactMethod), a.N, NothingRandom(q.Values.Scenario(), 1, 1)
		j.ConditionalOn = "the parameters; nothing is random"
	}
	if !a.Plan.Target.None() && !a.Estimate.Exact {
		t := a.Plan.Target
		j.Stopping = &StoppingJSON{
			HalfWidth: t.HalfWidth, Relative: t.Relative, Looks: a.Plan.Looks,
			LookConfidence: a.Plan.Confidence, Met: a.Met,
		}
	}
	if g := a.Agreement; g != nil {
		j.Check = &CheckJSON{
			Replications: g.N, Failures: g.Failures, Expected: g.Expected, Low: g.Low, High: g.High,
			Confidence: g.Confidence,
			Agrees:     g.Agrees, Feasible: g.Feasible,
		}
	}
	return j
}

// setBasis sets what the completeness of the windows depends on.
func (j *EstimateJSON) setBasis(b *search.Basis) {
	if j.Basis = b; !b.Proved {
		j.ConditionalOn += ", and that no window was missed, which is not proved"
		j.Warnings = append(j.Warnings, NotProved(b))
	}
}

// weighted adds the results of importance sampling.
func (j *EstimateJSON) weighted(r *importance.Answer) {
	w := &r.Probability
	j.Replications, j.Failures, j.PilotRuns, j.Untilted = w.N, w.Failures, r.Pilots, w.Untilted
	j.MeanWeight, j.MeanWeightError, j.Unseen = &w.MeanWeight, &w.MeanWeightError, &w.Unseen
	j.EffectiveFailures, j.LargestShare, j.Equivalent = &w.EffectiveSize, &w.LargestShare, known(w.Equivalent())
	for i, t := range r.Tilts {
		j.Tilts = append(j.Tilts, TiltJSON{t, float64(r.Draws[i]) / float64(max(1, w.N))})
	}
}

// conditionalOn says what an estimate is conditional on.
func conditionalOn(q *estimate.Question) string {
	probe := q.Integral.Search.Probe.Name
	switch q.Method {
	case estimate.ExactMethod:
		return fmt.Sprintf("the parameters, and that nothing but %s is random", probe)
	case estimate.ConditionalMethod:
		return fmt.Sprintf("the parameters; %s is integrated over, and everything else that they leave open is drawn",
			probe)
	case estimate.StratifiedMethod:
		return fmt.Sprintf(
			"the parameters; %s is drawn from strata of its distribution, and everything else that they leave open is "+
				"drawn as usual",
			probe,
		)
	case estimate.ImportanceMethod:
		return "the parameters; everything that they leave open is drawn, tilted as said, and weighted"
	}
	return "the parameters; everything that they leave open is drawn"
}

// known returns a number for JSON, or nil for NaN.
func known(f float64) *float64 {
	if math.IsNaN(f) {
		return nil
	}
	return &f
}

// Estimate writes an estimated or exact failure probability.
func Estimate(w io.Writer, j *EstimateJSON) error {
	rows := [][]string{}
	add := func(name, format string, args ...any) {
		rows = append(rows, []string{name, fmt.Sprintf(format, args...)})
	}
	proved := j.Basis == nil || j.Basis.Proved
	digits := 6 // of the value and of its bounds: rounded alike, it stays within them
	if j.Method == "exact" && proved {
		digits = 9
	}
	value := "no data"
	if j.Estimate != nil {
		value = fmt.Sprintf("%.*g", digits, *j.Estimate)
	}
	method := j.Method
	if method == "exact" && !proved {
		method = "exact if no window was missed"
	}
	add("probability", "%s  (%s, %s)", value, j.Scenario, method)
	if j.Method == "exact" && proved {
		add("bounds", "%.*g .. %.*g  (%s)", digits, j.Low, digits, j.High, stat.Method(j.Interval).Title())
	} else {
		add("interval", "%.*g .. %.*g  (%g %%, %s)", digits, j.Low, digits, j.High, 100*j.Confidence,
			stat.Method(j.Interval).Title())
	}
	if j.Variance != nil {
		add("variance", "%.4g, standard error %.4g%s", *j.Variance, *j.StandardError, equivalent(j))
	}
	switch j.Method {
	case "importance":
		add("runs", "%d replications, %d of them without tilts, %d failures; %d pilot replications", j.Replications,
			j.Untilted, j.Failures, j.PilotRuns)
		add("weights",
			"mean %.4g, standard error %.2g, of all; the failures are worth %.4g of equal weight, and one has %.2g "+
				"%% of the estimate", *j.MeanWeight, *j.MeanWeightError, *j.EffectiveFailures, 100**j.LargestShare)
		for i, t := range j.Tilts {
			title := ""
			if i == 0 {
				title = "tilts"
			}
			add(title, "%s  (%.3g draws of a replication)", t.Tilt, t.Draws)
		}
	case "stratified":
		add("runs", "%d replications in %d strata, %d failures; %d pilot replications", j.Replications, len(j.Strata),
			j.Failures, j.PilotRuns)
		add("strata", "%d with failures and others; as good as %.4g replications of crude Monte Carlo", *j.MixedStrata,
			*j.Effective)
	case "monte-carlo":
		add("runs", "%d replications, %d failures", j.Replications, j.Failures)
	default:
		add("runs", "%d replications under %d seeds from %d", j.Runs, j.Seeds, j.Seed)
	}
	switch {
	case j.Method == "importance":
		add("unseen", "a kind of failure that the tilts make no more probable may have up to %.2g", *j.Unseen)
	case j.Unseen != nil:
		add("unseen", "a kind of seed that is not among these may have a share of up to %.2g", *j.Unseen)
	}
	if len(j.Windows) > 0 {
		var windows []string
		for _, i := range j.Windows {
			windows = append(windows, fmt.Sprintf("[%s, %s)", time.Duration(i.From), time.Duration(i.To)))
		}
		add("windows", "%s", strings.Join(windows, " "))
	}
	add("conditional on", "%s", j.ConditionalOn)
	if s := j.Stopping; s != nil {
		end := "the budget ended it"
		if s.Met {
			end = "narrow enough"
		}
		add("stopping", "%s; %d looks set beforehand, each with an interval of %.6g %%", end, len(s.Looks),
			100*s.LookConfidence)
	}
	if c := j.Check; c != nil {
		verdict := "agrees"
		switch {
		case !c.Agrees:
			verdict = "DISAGREES"
		case !c.Feasible:
			verdict = "agrees, but is too small to tell much"
		}
		add("check", "crude Monte Carlo %s: %d failures of %d, %.3g expected", verdict, c.Failures, c.Replications,
			c.Expected)
	}
	for _, warning := range j.Warnings {
		add("WARNING", "%s", warning)
	}
	add("repeat", "%s", j.Repeat)
	err := Table(w, rows)
	if err == nil && j.Note != "" {
		_, err = fmt.Fprintf(w, "\n%s\n", j.Note)
	}
	return err
}

// equivalent says how many replications of crude Monte Carlo would be as precise.
func equivalent(j *EstimateJSON) string {
	if j.Equivalent == nil {
		return ""
	}
	return fmt.Sprintf(", as of %.3g replications of crude Monte Carlo", *j.Equivalent)
}

// Disagreement says that crude Monte Carlo contradicts an estimate, and why the method may not
// apply.
func Disagreement(j *EstimateJSON) string {
	why := fmt.Sprintf("does more than one datagram draw from %s, or does its latency depend on others?", j.Probe)
	if j.Method == string(estimate.ImportanceMethod) {
		why = "do failures happen without what the tilts make probable? Then weaker tilts see them"
	}
	return fmt.Sprintf("crude Monte Carlo has %d failures of %d, and %.3g are expected: the method %s does not hold "+
		"here; %s",
		j.Check.Failures, j.Check.Replications, j.Check.Expected, j.Method, why)
}
