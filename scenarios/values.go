package scenarios

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/scenarios/command"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/loss"
)

// Settings are parameters as a user gave them: names and texts of values.
type Settings map[string]string

// With returns a copy of the settings with others added. The others take precedence.
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

// Values are the typed parameters of a replication: each parameter of the scenario has a value of
// its type. [Scenario.Resolve] reads settings into Values once. To vary a duration, lay it over
// them with [Values.With], which reads no text again. Values never change, and copies share their
// contents.
type Values struct {
	base *Resolved
	laid []laid // over the base, at most one per name
}

// laid is a duration that replaces a parameter's value.
type laid struct {
	Assignment
	value   any  // a time.Duration, or a distribution.Distribution
	follows bool // the parameter is not given, and follows one that is laid over
}

// Assignment gives a parameter a duration.
type Assignment struct {
	Name  string        `json:"name"`
	Value time.Duration `json:"value_ns"`
}

// checkModel reports a given parameter that does not apply to the server model.
func (v Values) checkModel(p *Parameter) error {
	model, ok := v.base.value(ModelParameter)
	if !ok || p.Models == nil || slices.Contains(p.Models, model.text) {
		return nil
	}
	return fmt.Errorf(
		"parameter %s does not apply to a server of model %s, only to %s", p.Name, model.text,
		strings.Join(p.Models, " and "),
	)
}

// With returns the values with a duration for a parameter of type duration or latency
// distribution, as if Resolve had read that duration. Parameters that follow it change too,
// unless they are given. It reports a parameter that cannot be varied, and what Resolve would
// report. Apart from durations out of range, its errors do not depend on the duration.
func (v Values) With(name string, d time.Duration) (Values, error) {
	s := v.base.scenario
	p := s.Parameter(name)
	if p == nil || !p.Probeable() {
		return Values{}, s.CheckProbe(name)
	}
	parsed, err := p.duration(d)
	if err != nil {
		return Values{}, fmt.Errorf("parameter %s: %w", name, err)
	}
	if _, implied := v.base.implied[name]; implied && p.Type != DurationType {
		if err := v.base.checkRemedy(name, d.String()); err != nil {
			return Values{}, err
		}
	}
	if err := v.checkModel(p); err != nil {
		return Values{}, err
	}
	next := Values{base: v.base, laid: make([]laid, 0, len(v.laid)+1)}
	affected := []string{name}
	for i := range s.Parameters { // a parameter follows an earlier one
		if q := &s.Parameters[i]; q.Follows != "" && !v.Given(q.Name) && slices.Contains(affected, q.Follows) {
			affected = append(affected, q.Name)
		}
	}
	for _, l := range v.laid {
		if !slices.Contains(affected, l.Name) {
			next.laid = append(next.laid, l)
		}
	}
	for i, name := range affected {
		next.laid = append(next.laid, laid{Assignment{name, d}, parsed, i > 0})
	}
	return next, nil
}

// Without returns the values without the setting of one parameter.
func (v Values) Without(name string) (Values, error) {
	settings := v.Settings()
	if _, given := settings[name]; !given {
		return v, nil
	}
	delete(settings, name)
	return v.base.scenario.resolve(settings, v.base)
}

// Resolved returns the settings that the values are based on.
func (v Values) Resolved() *Resolved { return v.base }

// Values returns the values of the resolved settings, with no durations laid over them.
func (r *Resolved) Values() Values { return Values{base: r} }

// Laid returns the durations that With laid over the resolved settings, in an order in which With
// can apply them again.
func (v Values) Laid() []Assignment {
	var list []Assignment
	for _, l := range v.laid {
		if !l.follows {
			list = append(list, l.Assignment)
		}
	}
	return list
}

// Files returns the files on which runs with the values depend, besides those of latency
// distributions. Its error is a [NotReadyError]: it reports what prevents these runs.
func (v Values) Files() ([]string, error) {
	if v.Scenario() == nil || v.Scenario().Files == nil {
		return nil, nil
	}
	files, err := v.Scenario().Files(v)
	if err != nil {
		err = &NotReadyError{err}
	}
	return files, err
}

// NotReadyError says what prevents a scenario's runs, such as a program that is missing.
type NotReadyError struct{ error }

// Unwrap returns the reason.
func (e *NotReadyError) Unwrap() error { return e.error }

// Ready reports what prevents runs with any of the values, each fault once.
func Ready(list ...Values) error {
	var faults []error
	var known []string
	for _, v := range list {
		if _, err := v.Files(); err != nil && !slices.Contains(known, err.Error()) {
			faults, known = append(faults, err), append(known, err.Error())
		}
	}
	return errors.Join(faults...)
}

// Settings returns what is given, as a user writes it. The caller may change it.
func (v Values) Settings() Settings {
	settings := v.base.given.With(nil)
	for _, l := range v.laid {
		if !l.follows {
			settings[l.Name] = l.Value.String()
		}
	}
	return settings
}

// Setting returns what is given for a parameter, as a user writes it.
func (v Values) Setting(name string) (text string, given bool) {
	if i := slices.IndexFunc(v.laid, func(l laid) bool { return l.Name == name && !l.follows }); i >= 0 {
		return v.laid[i].Value.String(), true
	}
	text, given = v.base.given[name]
	return text, given
}

// Scenario returns the scenario that the values belong to; nil for zero Values.
func (v Values) Scenario() *Scenario {
	if v.base == nil {
		return nil
	}
	return v.base.scenario
}

// Given reports whether the user, or the remedy that the user chose, set the parameter.
func (v Values) Given(name string) bool {
	_, given := v.base.given[name]
	_, implied := v.base.implied[name]
	return given || implied || slices.ContainsFunc(v.laid, func(l laid) bool { return l.Name == name && !l.follows })
}

// Has reports whether the scenario has a parameter of that name.
func (v Values) Has(name string) bool {
	_, ok := v.base.value(name)
	return ok
}

// Duration returns the value of a parameter of DurationType.
func (v Values) Duration(name string) time.Duration { return get[time.Duration](v, name) }

// Distribution returns the value of a parameter of DistributionType.
func (v Values) Distribution(name string) distribution.Distribution {
	return get[distribution.Distribution](v, name)
}

// Constant returns the value of a duration, or of a latency distribution with a single value; ok
// reports whether the parameter is one of these.
func (v Values) Constant(name string) (d time.Duration, ok bool) {
	switch value := v.value(name).(type) {
	case time.Duration:
		return value, true
	case distribution.Constant:
		return value.Value, true
	}
	return 0, false
}

// Choice returns the value of a parameter of ChoiceType.
func (v Values) Choice(name string) string { return get[string](v, name) }

// Loss returns the value of a parameter of LossType.
func (v Values) Loss(name string) loss.Model { return get[loss.Model](v, name) }

// Interval returns the value of a parameter of IntervalType.
func (v Values) Interval(name string) sim.Span { return get[sim.Span](v, name) }

// Count returns the value of a parameter of CountType.
func (v Values) Count(name string) int { return int(get[int64](v, name)) }

// Probability returns the value of a parameter of ProbabilityType.
func (v Values) Probability(name string) float64 { return get[float64](v, name) }

// Correlation returns the value of a parameter of CorrelationType.
func (v Values) Correlation(name string) float64 { return get[float64](v, name) }

// BitRate returns the value of a parameter of BitRateType.
func (v Values) BitRate(name string) sim.BitRate { return get[sim.BitRate](v, name) }

// get returns the value of a parameter. It panics if the scenario has no parameter of that name
// and type. List what Run reads in [Scenario.Asks]; then registering the scenario reports such
// faults.
func get[T any](v Values, name string) T {
	value, ok := v.value(name).(T)
	if !ok {
		panic(fmt.Sprintf("%s has no parameter %s of Go type %s", v.base.scenario.Name, name, reflect.TypeFor[T]()))
	}
	return value
}

// value returns the value of a parameter, or nil if the scenario has none of that name.
func (v Values) value(name string) any {
	for i := range v.laid {
		if v.laid[i].Name == name {
			return v.laid[i].value
		}
	}
	value, _ := v.base.value(name)
	return value.parsed
}

// Text returns the value of each parameter in canonical form. The map may be shared: do not write
// to it.
func (v Values) Text() map[string]string {
	if len(v.laid) == 0 && v.base.parent == nil {
		return v.base.text
	}
	text := map[string]string{}
	if v.base.parent != nil {
		maps.Copy(text, v.base.parent.text)
	}
	maps.Copy(text, v.base.text)
	for name, value := range v.base.values {
		text[name] = value.text
	}
	for _, l := range v.laid {
		text[l.Name] = l.Value.String()
	}
	return text
}

// TextOf returns the value of one parameter in canonical form; empty if the scenario has none of
// that name.
func (v Values) TextOf(name string) string {
	for _, l := range v.laid {
		if l.Name == name {
			return l.Value.String()
		}
	}
	value, _ := v.base.value(name)
	return value.text
}

// Command returns the command that applies a verb, such as run, to the scenario with these
// values.
func (v Values) Command(verb string, seed uint64, p Predicate) command.Line {
	c := command.New(verb, v.base.scenario.Reference(), "--seed", strconv.FormatUint(seed, 10)).With(v.Arguments()...)
	if text := p.Text(); text != "" {
		c = c.With("--fail", text)
	}
	return c
}

// Repeat returns the command that repeats one replication with these values.
func (v Values) Repeat(seed uint64, p Predicate) command.Line { return v.Command("run", seed, p) }

// Arguments returns the settings as arguments of a command, in the order of the
// scenario's parameters.
func (v Values) Arguments() []string {
	var args []string
	for _, p := range v.base.scenario.Parameters {
		if text, given := v.Setting(p.Name); given {
			args = append(args, "--set", p.Name+"="+text)
		}
	}
	return args
}
