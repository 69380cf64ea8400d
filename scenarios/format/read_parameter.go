package format

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"go.yaml.in/yaml/v4"
)

// parameter reads one of the scenario's own parameters.
func (d *definition) parameter(n *yaml.Node, i int) (p scenarios.Parameter, at strict.Place, ok bool) {
	f, ok := d.Mapping(n, fmt.Sprintf("parameter %d", i+1), parameterKeys...)
	if !ok {
		return p, f.Place, false
	}
	name := d.Required(f, "name")
	p = scenarios.Parameter{Name: name.Value, Group: scenarios.OwnGroup, Meaning: d.Required(f, "meaning").Value}
	if name.Value != "" {
		f.What = "parameter " + name.Value
	}
	d.word(name, "parameter")
	if d.Text(f, "type").Value == formerDistribution {
		p.Type = scenarios.DistributionType
	} else {
		p.Type = scenarios.Type(d.Choice(f, "type", false, d.types()...))
	}
	known := p.Type != ""
	if !known {
		p.Type = scenarios.DistributionType // avoids faults in parameters that refer to it
	} else {
		d.choices(f, &p)
		d.bounds(f, &p)
	}
	def, follows := d.Text(f, "default"), d.Text(f, "follows")
	switch {
	case def.Given && p.Type == scenarios.TextType && def.Value == "" && !follows.Given:
	case def.Given == follows.Given:
		d.Fault(
			f.Place, "%s: want either a default or follows, the parameter whose value it has unless it is given",
			f.What,
		)
		p.Default = fallback(&p)
	case follows.Given:
		p.Follows = follows.Value
	case !def.Bad && known && !slices.Equal(p.Choices, []string{""}):
		if err := p.Check(def.Value); err != nil {
			d.Each(def.Place, "default of "+f.What+": ", err)
			p.Default = fallback(&p)
			break
		}
		p.Default = def.Value
	default:
		p.Default = fallback(&p)
	}
	return p, name.Place, true
}

// fallback returns a valid default for a parameter whose own default is invalid.
func fallback(p *scenarios.Parameter) string {
	switch p.Type {
	case scenarios.ChoiceType:
		return p.Choices[0]
	case scenarios.CountType:
		return strconv.FormatInt(p.Min, 10)
	case scenarios.TextType:
		return "?"
	}
	return "0s"
}

// word reports a name that cannot be written on a command line; of says what it names.
func (d *definition) word(name strict.Text, of string) {
	if name.Value != "" && !scenarios.IsWord(name.Value) {
		d.Fault(name.Place, "name %q of a %s: want neither spaces, commas nor equals signs", name.Value, of)
	}
}

// types returns the types that a parameter of the scenario's own can have. Programs have more use for them
// than rules.
func (d *definition) types() []string {
	if d.network != nil {
		return slices.Concat(ownTypes, programTypes)
	}
	return ownTypes
}

// bounds reads the least and the largest value of a count.
func (d *definition) bounds(f strict.Fields, p *scenarios.Parameter) {
	if p.Type != scenarios.CountType {
		for _, key := range []string{"min", "max"} {
			if n := f.Nodes[key]; n != nil && p.Type != "" {
				d.Fault(strict.PlaceOf(n), "%s has no meaning for %s, a %s", key, f.What, p.Type)
			}
		}
		return
	}
	p.Max = mostCount
	if t := d.Text(f, "min"); t.Given && !t.Bad {
		p.Min = int64(d.Whole(t, "min of "+f.What, 0, mostCount))
	}
	if t := d.Text(f, "max"); t.Given && !t.Bad {
		p.Max = int64(d.Whole(t, "max of "+f.What, int(p.Min), mostCount))
	}
}

// choices reads the values of a choice.
func (d *definition) choices(f strict.Fields, p *scenarios.Parameter) {
	n := f.Nodes["choices"]
	switch {
	case p.Type != scenarios.ChoiceType && n != nil && p.Type != "":
		d.Fault(strict.PlaceOf(n), "choices have no meaning for %s, a %s", f.What, p.Type)
	case p.Type == scenarios.ChoiceType && n == nil:
		d.Fault(f.Place, "choices of %s are missing: want a list of words", f.What)
		p.Choices = []string{""}
	case p.Type == scenarios.ChoiceType:
		for _, t := range d.Texts(f, "choices") {
			switch {
			case !scenarios.IsWord(t.Value):
				d.Fault(
					t.Place, "choice %q of %s: want a word with neither spaces, commas nor equals signs", t.Value,
					f.What,
				)
			case slices.Contains(p.Choices, t.Value):
				d.Fault(t.Place, "there are two choices %q of %s", t.Value, f.What)
			default:
				p.Choices = append(p.Choices, t.Value)
			}
		}
		if len(p.Choices) == 0 {
			p.Choices = []string{""}
		}
	}
}

// when reads the choices that a rule depends on.
func (d *definition) when(f strict.Fields) scenarios.Settings {
	set := d.settings(f, "when")
	if err := d.s.CheckWhen(set); err != nil {
		d.Each(strict.PlaceOf(f.Nodes["when"]), "when of "+f.What+": ", err)
	}
	return set
}
