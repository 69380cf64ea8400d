package scenarios

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/loss"
	"github.com/dtlssim/dtlssim/sim/suggest"
)

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

// Values are the typed parameters of a replication: every parameter of the scenario has
// a value of its type. Settings are read into them once, by [Scenario.Resolve]; to
// vary a duration, lay it over them, with [Values.With]: no text is read again.
// Values never change, and copies of them share what they hold.
type Values struct {
	base *Resolved
	laid []laid // over the base; the names are different
}

// Resolved is what settings came to when they were read. Values that differ only in
// durations laid over them have the same one.
type Resolved struct {
	scenario *Scenario
	given    Settings // without what the remedy sets
	implied  Settings // by the remedy
	values   map[string]value

	// parent, if it is not nil, has the values that are not among these: a design of a
	// hundred thousand points has its common values once.
	parent *Resolved
	text   map[string]string // canonical, of every parameter; nil if there is a parent
}

// laid is a duration that stands in the place of a parameter's value.
type laid struct {
	Assignment
	value   any  // a time.Duration, or a distribution.Distribution
	follows bool // the parameter is not given, and follows one that is laid
}

// Assignment gives a parameter a duration.
type Assignment struct {
	Name  string        `json:"name"`
	Value time.Duration `json:"value_ns"`
}

// Resolve checks settings and completes them with the defaults. It reports every
// fault.
func (s *Scenario) Resolve(settings Settings) (Values, error) { return s.resolve(settings, nil) }

// Set returns the values with other parameters set as well, or set otherwise. It reads
// nothing but these, and reports what Resolve would.
func (v Values) Set(settings Settings) (Values, error) {
	if len(settings) == 0 {
		return v, nil
	}
	return v.base.scenario.resolve(v.Settings().With(settings), v.base)
}

// resolve resolves settings. What known has of them, if it is not nil, is not read again.
func (s *Scenario) resolve(settings Settings, known *Resolved) (Values, error) {
	r := &Resolved{scenario: s, given: settings, values: make(map[string]value, len(s.Parameters))}
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		text := settings[name]
		if before, ok := known.givenAs(name); ok && before == text {
			r.values[name], _ = known.value(name)
			continue
		}
		parsed, err := s.read(name, text)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		r.values[name] = parsed
	}
	if len(faults) == 0 {
		if err := r.applyRemedy(); err != nil {
			faults = append(faults, err)
		}
	}
	if len(faults) > 0 {
		return Values{}, errors.Join(faults...)
	}
	for i := range s.Parameters {
		p := &s.Parameters[i]
		if _, ok := r.values[p.Name]; ok {
			continue
		}
		if p.Follows != "" { // stands behind the one that it follows
			r.values[p.Name] = r.values[p.Follows]
			continue
		}
		if known.hasDefault(p.Name) {
			r.values[p.Name], _ = known.value(p.Name)
			continue
		}
		parsed, err := p.parse(p.Default)
		if err != nil {
			return Values{}, fmt.Errorf("default of parameter %s: %w", p.Name, err)
		}
		r.values[p.Name] = parsed
	}
	v := Values{base: r}
	for i := range s.Parameters {
		if p := &s.Parameters[i]; v.Given(p.Name) {
			faults = append(faults, v.checkModel(p))
		}
	}
	faults = append(faults, v.checkWithout())
	if err := errors.Join(faults...); err != nil {
		return Values{}, err
	}
	if known == nil {
		r.text = make(map[string]string, len(r.values))
		for name, value := range r.values {
			r.text[name] = value.text
		}
		return v, nil
	}
	if r.parent = known; known.parent != nil {
		r.parent = known.parent
	}
	own := map[string]value{}
	for name, value := range r.values {
		if r.parent.values[name].text != value.text {
			own[name] = value
		}
	}
	r.values = own
	return v, nil
}

// value returns the value of a parameter; ok tells whether there is one.
func (r *Resolved) value(name string) (v value, ok bool) {
	if v, ok = r.values[name]; !ok && r.parent != nil {
		v, ok = r.parent.values[name]
	}
	return v, ok
}

// givenAs returns the text that a parameter was given; nil has none.
func (r *Resolved) givenAs(name string) (text string, ok bool) {
	if r != nil {
		text, ok = r.given[name]
	}
	return text, ok
}

// hasDefault tells whether a parameter, which follows no other, has its default.
func (r *Resolved) hasDefault(name string) bool {
	if r == nil {
		return false
	}
	_, given := r.given[name]
	_, implied := r.implied[name]
	return !given && !implied
}

// Check reports what is wrong with one parameter's value by itself.
func (s *Scenario) Check(name, text string) error {
	_, err := s.read(name, text)
	return err
}

// read reads one parameter's value.
func (s *Scenario) read(name, text string) (value, error) {
	p := s.Parameter(name)
	if p == nil {
		return value{}, fmt.Errorf("%s has no parameter %q.%s It has %s", s.Name, name,
			suggest.DidYouMean(name, s.ParameterNames()), strings.Join(s.ParameterNames(), ", "))
	}
	parsed, err := p.parse(text)
	if err != nil {
		return value{}, fmt.Errorf("parameter %s: %w", name, err)
	}
	return parsed, nil
}

// applyRemedy sets what the remedy sets that was given. That may not be given otherwise
// as well, but for durations, of which the given value stands.
func (r *Resolved) applyRemedy() error {
	set, ok := r.values[RemedyParameter]
	if !ok {
		return nil
	}
	r.implied = maps.Clone(r.scenario.Remedy(set.text).Set)
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(r.implied)) {
		if given, ok := r.values[name]; ok {
			if r.scenario.Parameter(name).Type == DurationType {
				delete(r.implied, name)
			} else if err := r.checkRemedy(name, given.text); err != nil {
				return err
			}
		}
	}
	for name, text := range r.implied {
		parsed, err := r.scenario.Parameter(name).parse(text)
		if err != nil {
			faults = append(faults, err)
		}
		r.values[name] = parsed
	}
	return errors.Join(faults...)
}

// checkRemedy reports a value of a parameter that the remedy sets otherwise.
func (r *Resolved) checkRemedy(name, text string) error {
	if implied := r.implied[name]; text != implied {
		remedy, _ := r.value(RemedyParameter)
		return fmt.Errorf(
			"%s=%s sets %s=%s, and %s=%s is given as well", RemedyParameter, remedy.text, name, implied, name, text,
		)
	}
	return nil
}

// checkModel reports a parameter that is given and does not apply to the server model.
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

// With returns the values with a duration in the place of a parameter's value, which is a
// duration or a latency distribution: what Resolve returns if the duration is set. Parameters that
// follow it and are not given follow it. It reports a parameter that cannot be varied, and
// what Resolve would report; but for durations that are out of range, that is the same of
// every duration.
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
	for i := range s.Parameters { // one that follows another stands behind it
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

// Without returns the values without what is given for a parameter.
func (v Values) Without(name string) (Values, error) {
	settings := v.Settings()
	if _, given := settings[name]; !given {
		return v, nil
	}
	delete(settings, name)
	return v.base.scenario.resolve(settings, v.base)
}

// Resolved returns what the values were read from.
func (v Values) Resolved() *Resolved { return v.base }

// Values returns what the settings came to, with nothing laid over.
func (r *Resolved) Values() Values { return Values{base: r} }

// Laid returns the durations that With laid over what the settings came to, in an order
// in which it can lay them again.
func (v Values) Laid() []Assignment {
	var list []Assignment
	for _, l := range v.laid {
		if !l.follows {
			list = append(list, l.Assignment)
		}
	}
	return list
}

// Settings returns what is given, as a user would write it. The caller may change it.
func (v Values) Settings() Settings {
	settings := v.base.given.With(nil)
	for _, l := range v.laid {
		if !l.follows {
			settings[l.Name] = l.Value.String()
		}
	}
	return settings
}

// Setting returns what is given for a parameter, as a user would write it.
func (v Values) Setting(name string) (text string, given bool) {
	if i := slices.IndexFunc(v.laid, func(l laid) bool { return l.Name == name && !l.follows }); i >= 0 {
		return v.laid[i].Value.String(), true
	}
	text, given = v.base.given[name]
	return text, given
}

// Scenario returns the scenario whose parameters they are; nil of no values.
func (v Values) Scenario() *Scenario {
	if v.base == nil {
		return nil
	}
	return v.base.scenario
}

// Given tells whether the parameter was set, by the user or by the remedy that the
// user chose, and does not have its default.
func (v Values) Given(name string) bool {
	_, given := v.base.given[name]
	_, implied := v.base.implied[name]
	return given || implied || slices.ContainsFunc(v.laid, func(l laid) bool { return l.Name == name && !l.follows })
}

// Has tells whether the scenario has a parameter of that name.
func (v Values) Has(name string) bool {
	_, ok := v.base.value(name)
	return ok
}

// Duration returns the value of a parameter of DurationType.
func (v Values) Duration(name string) time.Duration { return v.value(name).(time.Duration) }

// Distribution returns the value of a parameter of DistributionType.
func (v Values) Distribution(name string) distribution.Distribution {
	return v.value(name).(distribution.Distribution)
}

// Constant returns the one duration that a parameter has, which is a duration, or a
// latency distribution of one value; ok tells whether it is.
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
func (v Values) Choice(name string) string { return v.value(name).(string) }

// Loss returns the value of a parameter of LossType.
func (v Values) Loss(name string) loss.Model { return v.value(name).(loss.Model) }

// Interval returns the value of a parameter of IntervalType.
func (v Values) Interval(name string) sim.Span { return v.value(name).(sim.Span) }

// Count returns the value of a parameter of CountType.
func (v Values) Count(name string) int { return int(v.value(name).(int64)) }

// Probability returns the value of a parameter of ProbabilityType.
func (v Values) Probability(name string) float64 { return v.value(name).(float64) }

// Correlation returns the value of a parameter of CorrelationType.
func (v Values) Correlation(name string) float64 { return v.value(name).(float64) }

// BitRate returns the value of a parameter of BitRateType.
func (v Values) BitRate(name string) sim.BitRate { return v.value(name).(sim.BitRate) }

// value returns the value of a parameter; nil if there is none of that name.
func (v Values) value(name string) any {
	for i := range v.laid {
		if v.laid[i].Name == name {
			return v.laid[i].value
		}
	}
	value, _ := v.base.value(name)
	return value.parsed
}

// Text returns every parameter's value in its canonical form. The map may be shared:
// nobody writes to it.
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

// TextOf returns the value of one parameter in its canonical form; empty if there is none
// of that name.
func (v Values) TextOf(name string) string {
	for _, l := range v.laid {
		if l.Name == name {
			return l.Value.String()
		}
	}
	value, _ := v.base.value(name)
	return value.text
}
