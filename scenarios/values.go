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
			suggest.DidYouMean(name, s.ParameterNames()), strings.Join(s.ParameterNames(), ", "))
	}
	if _, err := p.parse(text); err != nil {
		return fmt.Errorf("parameter %s: %w", name, err)
	}
	return nil
}

// remedySettings returns what the remedy that was given sets. It may not be given
// otherwise as well, but for durations, of which the given value stands.
func (v Values) remedySettings() (Settings, error) {
	set, ok := v.values[RemedyParameter]
	if !ok {
		return nil, nil
	}
	implied := maps.Clone(v.scenario.Remedy(set.text).Set)
	for _, name := range slices.Sorted(maps.Keys(implied)) {
		given, ok := v.values[name]
		switch {
		case !ok:
		case v.scenario.Parameter(name).Type == DurationType:
			delete(implied, name)
		case given.text != implied[name]:
			return nil, fmt.Errorf("%s=%s sets %s=%s, and %s=%s is given as well", RemedyParameter, set.text, name, implied[name], name, given.text)
		}
	}
	return implied, nil
}

// Scenario returns the scenario whose parameters they are.
func (v Values) Scenario() *Scenario { return v.scenario }

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

// Distribution returns the value of a parameter of DistributionType.
func (v Values) Distribution(name string) distribution.Distribution {
	return v.values[name].parsed.(distribution.Distribution)
}

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

// checkModel reports a parameter that was given and means nothing to the server
// model.
func (v Values) checkModel() (faults []string) {
	model, ok := v.values["model"]
	if !ok {
		return nil
	}
	for i := range v.scenario.Parameters {
		p := &v.scenario.Parameters[i]
		if v.Given(p.Name) && p.Models != nil && !slices.Contains(p.Models, model.text) {
			faults = append(faults, "parameter "+p.Name+" means nothing to a server of model "+model.text+", only to "+strings.Join(p.Models, " and "))
		}
	}
	return faults
}
