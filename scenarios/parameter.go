package scenarios

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/law"
	"github.com/dtlssim/dtlssim/sim/loss"
	"github.com/dtlssim/dtlssim/sim/suggest"
)

// Type is what a parameter's value is.
type Type string

// The types.
const (
	DurationType    Type = "duration"      // a number with a unit: 10ms
	LawType         Type = "latency law"   // a duration or a law: 5ms+exponential(mean=20ms)
	ChoiceType      Type = "choice"        // one of Parameter.Choices
	CountType       Type = "count"         // a whole number
	ProbabilityType Type = "probability"   // a number from 0 to 1
	CorrelationType Type = "correlation"   // a number from 0 to below 1
	BitRateType     Type = "bit rate"      // a number with a unit, 64kbit/s, or unlimited
	LossType        Type = "loss model"    // a probability, or a model of bursts
	IntervalType    Type = "time interval" // FROM..TO in virtual time, or never
)

// Parameter is one parameter of a scenario.
type Parameter struct {
	Name    string
	Type    Type
	Default string // as a user would write it; empty if Follows is set
	Follows string // the parameter whose value this one has unless it is given
	Meaning string

	Group    string   // the section of a scenario file that gives it another default
	Models   []string // the server models that it means something to; nil: all
	Choices  []string // of a choice
	Min, Max int64    // of a count; Min also of a duration, in nanoseconds
}

// DefaultText returns the default as lists show it.
func (p *Parameter) DefaultText() string {
	if p.Follows != "" {
		return "as " + p.Follows
	}
	return p.Default
}

// Unit returns what a value of the parameter is written in.
func (p *Parameter) Unit() string {
	if p.Type == ChoiceType {
		return strings.Join(p.Choices, "|")
	}
	return string(p.Type)
}

// Probeable tells whether the window search can vary the parameter.
func (p *Parameter) Probeable() bool { return p.Type == DurationType || p.Type == LawType }

// value is a parsed value: a time.Duration, law.Law, string, int64, float64,
// sim.BitRate, loss.Model or sim.Interval.
type value struct {
	parsed any
	text   string // canonical
}

func (p *Parameter) parse(text string) (value, error) {
	switch p.Type {
	case DurationType:
		d, err := law.ParseDuration(text)
		if err != nil {
			return value{}, err
		}
		if int64(d) < p.Min {
			return value{}, fmt.Errorf("%s is out of range: at least %s", text, time.Duration(p.Min))
		}
		return value{d, d.String()}, nil
	case LawType:
		l, err := law.Parse(text)
		if err != nil {
			return value{}, err
		}
		return value{l, l.String()}, nil
	case ChoiceType:
		if !slices.Contains(p.Choices, text) {
			return value{}, fmt.Errorf("%q is not one of %s.%s", text, strings.Join(p.Choices, ", "),
				didYouMean(text, p.Choices))
		}
		return value{text, text}, nil
	case BitRateType:
		r, err := sim.ParseBitRate(text)
		if err != nil {
			return value{}, err
		}
		return value{r, r.String()}, nil
	case LossType:
		m, err := loss.Parse(text)
		if err != nil {
			return value{}, err
		}
		return value{m, m.String()}, nil
	case IntervalType:
		i, err := parseInterval(text)
		if err != nil {
			return value{}, err
		}
		return value{i, intervalText(i)}, nil
	case CountType:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return value{}, fmt.Errorf("%q is not a whole number from %d to %d", text, p.Min, p.Max)
		}
		if n < p.Min || n > p.Max {
			return value{}, fmt.Errorf("%d is out of range: %d to %d", n, p.Min, p.Max)
		}
		return value{n, strconv.FormatInt(n, 10)}, nil
	case ProbabilityType, CorrelationType:
		bounds := "0 to 1"
		if p.Type == CorrelationType {
			bounds = "0 to below 1"
		}
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(f) {
			return value{}, fmt.Errorf("%q is not a number from %s", text, bounds)
		}
		if f < 0 || f > 1 || (f == 1 && p.Type == CorrelationType) {
			return value{}, fmt.Errorf("%s is out of range: %s", text, bounds)
		}
		return value{f, strconv.FormatFloat(f, 'g', -1, 64)}, nil
	}
	return value{}, fmt.Errorf("parameter %s has the unknown type %q", p.Name, p.Type)
}

// never is how an empty interval is written.
const never = "never"

func parseInterval(text string) (sim.Interval, error) {
	if text == never {
		return sim.Interval{}, nil
	}
	low, high, ok := strings.Cut(text, "..")
	if !ok {
		return sim.Interval{}, fmt.Errorf("%q is not an interval: want FROM..TO, or %s", text, never)
	}
	from, err := law.ParseDuration(strings.TrimSpace(low))
	if err != nil {
		return sim.Interval{}, err
	}
	to, err := law.ParseDuration(strings.TrimSpace(high))
	if err != nil {
		return sim.Interval{}, err
	}
	if to <= from {
		return sim.Interval{}, fmt.Errorf("%q is empty: FROM must be below TO", text)
	}
	return sim.Interval{From: from, To: to}, nil
}

func intervalText(i sim.Interval) string {
	if i == (sim.Interval{}) {
		return never
	}
	return i.From.String() + ".." + i.To.String()
}

func didYouMean(name string, candidates []string) string {
	if s := suggest.Nearest(name, candidates); s != "" {
		return fmt.Sprintf(" Did you mean %s?", s)
	}
	return ""
}

// Settings are parameters as a user gave them: name to text.
type Settings map[string]string

// With returns the settings with others laid over them.
func (s Settings) With(others Settings) Settings {
	merged := maps.Clone(s)
	if merged == nil {
		merged = Settings{}
	}
	maps.Copy(merged, others)
	return merged
}

// ParseSettings reads assignments NAME=VALUE. It reports every fault.
func ParseSettings(assignments []string) (Settings, error) {
	s := Settings{}
	var faults []error
	for _, a := range assignments {
		name, text, ok := strings.Cut(a, "=")
		name = strings.TrimSpace(name)
		switch {
		case !ok || name == "":
			faults = append(faults, fmt.Errorf("%q is not an assignment NAME=VALUE", a))
		default:
			text = strings.TrimSpace(text)
			if before, ok := s[name]; ok {
				faults = append(faults, fmt.Errorf("parameter %s is set twice: %q and %q", name, before, text))
				continue
			}
			s[name] = text
		}
	}
	return s, errors.Join(faults...)
}

// Values are the resolved parameters of a replication: every parameter of the
// scenario has a value of its type.
type Values struct {
	scenario *Scenario
	given    Settings // as given, without what the remedy sets
	implied  Settings // by the remedy
	values   map[string]value
	text     map[string]string // canonical, of every parameter
}

// Resolve checks settings and completes them with the defaults. It reports every
// fault.
func (s *Scenario) Resolve(settings Settings) (Values, error) {
	v := Values{scenario: s, given: settings, values: make(map[string]value)}
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if err := s.Check(name, settings[name]); err != nil {
			faults = append(faults, err)
			continue
		}
		v.values[name], _ = s.Parameter(name).parse(settings[name])
	}
	if len(faults) == 0 {
		implied, err := v.remedySettings()
		if err != nil {
			faults = append(faults, err)
		}
		for name, text := range implied {
			parsed, err := s.Parameter(name).parse(text)
			if err != nil {
				faults = append(faults, err)
			}
			v.values[name] = parsed
		}
		v.implied = implied
	}
	if len(faults) > 0 {
		return Values{}, errors.Join(faults...)
	}
	for i := range s.Parameters {
		p := &s.Parameters[i]
		if _, ok := v.values[p.Name]; ok {
			continue
		}
		if p.Follows != "" { // stands behind the one that it follows
			v.values[p.Name] = v.values[p.Follows]
			continue
		}
		parsed, err := p.parse(p.Default)
		if err != nil {
			return Values{}, fmt.Errorf("default of parameter %s: %w", p.Name, err)
		}
		v.values[p.Name] = parsed
	}
	for _, fault := range v.checkModel() {
		faults = append(faults, errors.New(fault))
	}
	if err := v.checkWithout(); err != nil {
		faults = append(faults, err)
	}
	if len(faults) > 0 {
		return Values{}, errors.Join(faults...)
	}
	v.text = make(map[string]string, len(v.values))
	for name, value := range v.values {
		v.text[name] = value.text
	}
	return v, nil
}

// Check reports what is wrong with one parameter's value by itself.
func (s *Scenario) Check(name, text string) error {
	p := s.Parameter(name)
	if p == nil {
		return fmt.Errorf("%s has no parameter %q.%s It has %s", s.Name, name,
			didYouMean(name, s.parameterNames()), strings.Join(s.parameterNames(), ", "))
	}
	if _, err := p.parse(text); err != nil {
		return fmt.Errorf("parameter %s: %w", name, err)
	}
	return nil
}

// remedySettings returns what the remedy that was given sets. It may not be given
// otherwise as well, but for durations, of which the given value stands.
func (v Values) remedySettings() (Settings, error) {
	set, ok := v.values[remedyParameter]
	if !ok {
		return nil, nil
	}
	implied := maps.Clone(v.scenario.remedy(set.text).Set)
	for _, name := range slices.Sorted(maps.Keys(implied)) {
		given, ok := v.values[name]
		switch {
		case !ok:
		case v.scenario.Parameter(name).Type == DurationType:
			delete(implied, name)
		case given.text != implied[name]:
			return nil, fmt.Errorf("%s=%s sets %s=%s, and %s=%s is given as well", remedyParameter, set.text, name, implied[name], name, given.text)
		}
	}
	return implied, nil
}

// Given tells whether the parameter was set, by the user or by the remedy that the
// user chose, and does not have its default.
func (v Values) Given(name string) bool {
	_, given := v.given[name]
	_, implied := v.implied[name]
	return given || implied
}

// Has tells whether the scenario has a parameter of that name.
func (v Values) Has(name string) bool {
	_, ok := v.values[name]
	return ok
}

// Duration returns the value of a parameter of DurationType.
func (v Values) Duration(name string) time.Duration { return v.values[name].parsed.(time.Duration) }

// Law returns the value of a parameter of LawType.
func (v Values) Law(name string) law.Law { return v.values[name].parsed.(law.Law) }

// Choice returns the value of a parameter of ChoiceType.
func (v Values) Choice(name string) string { return v.values[name].parsed.(string) }

// Loss returns the value of a parameter of LossType.
func (v Values) Loss(name string) loss.Model { return v.values[name].parsed.(loss.Model) }

// Interval returns the value of a parameter of IntervalType.
func (v Values) Interval(name string) sim.Interval { return v.values[name].parsed.(sim.Interval) }

// Count returns the value of a parameter of CountType.
func (v Values) Count(name string) int { return int(v.values[name].parsed.(int64)) }

// Probability returns the value of a parameter of ProbabilityType.
func (v Values) Probability(name string) float64 { return v.values[name].parsed.(float64) }

// Correlation returns the value of a parameter of CorrelationType.
func (v Values) Correlation(name string) float64 { return v.values[name].parsed.(float64) }

// BitRate returns the value of a parameter of BitRateType.
func (v Values) BitRate(name string) sim.BitRate { return v.values[name].parsed.(sim.BitRate) }

// Text returns every parameter's value in its canonical form. The map is shared:
// nobody writes to it.
func (v Values) Text() map[string]string { return v.text }

// Arguments returns the settings as arguments for a command line, in the order of
// the scenario's parameters.
func (v Values) Arguments() []string {
	var args []string
	for _, p := range v.scenario.Parameters {
		if text, ok := v.given[p.Name]; ok {
			args = append(args, "--set", Quote(p.Name+"="+text))
		}
	}
	return args
}

// Quote quotes an argument for a POSIX shell if it needs that.
func Quote(s string) string {
	if !strings.ContainsAny(s, " \t\n'\"\\$`()<>|&;*?[]{}#~!") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
