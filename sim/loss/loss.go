// Package loss provides models of how the network loses datagrams.
package loss

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/dtlssim/dtlssim/sim/suggest"
)

// Model describes how a flow loses datagrams.
type Model interface {
	// Rate returns the long-run share of lost datagrams.
	Rate() float64

	// Start returns a process for one flow. It makes the same number of draws for each datagram.
	Start(chance Chance) Process

	// String returns the model as [Parse] reads it.
	String() string
}

// Chance reports whether a uniform variate from (0, 1) is below p. harm is the answer that loses
// more datagrams.
type Chance func(p float64, harm bool) bool

// ChanceOf returns a Chance that draws uniform variates.
func ChanceOf(draw func() float64) Chance {
	return func(p float64, _ bool) bool { return draw() < p }
}

// Process decides the fate of one datagram after another.
type Process interface {
	// Lost reports whether the next datagram is lost.
	Lost() bool
}

// Independent loses each datagram with the same probability, independently of the others.
type Independent struct{ Probability float64 }

// Rate implements Model.
func (m Independent) Rate() float64 { return m.Probability }

// Start implements Model. Each datagram takes one draw.
func (m Independent) Start(chance Chance) Process { return independent{m, chance} }

// String implements Model.
func (m Independent) String() string { return strconv.FormatFloat(m.Probability, 'g', -1, 64) }

type independent struct {
	Independent
	chance Chance
}

func (p independent) Lost() bool { return p.chance(p.Probability, true) }

// GilbertElliott loses datagrams in bursts. A chain of two states, good and bad, makes one step
// per datagram, then loses it with the probability of the current state (Gilbert, Bell System
// Technical Journal 39, 1960, 1253-1265; Elliott, ibid. 42, 1963, 1977-1997). The chain starts in
// its stationary distribution.
type GilbertElliott struct {
	ToBad, ToGood float64 // probabilities of a step from good to bad, and back
	Bad, Good     float64 // probabilities of loss in the two states
}

// stationary returns the share of datagrams sent in the bad state.
func (m GilbertElliott) stationary() float64 { return m.ToBad / (m.ToBad + m.ToGood) }

// Rate implements Model.
func (m GilbertElliott) Rate() float64 {
	bad := m.stationary()
	return bad*m.Bad + (1-bad)*m.Good
}

// Start implements Model. The initial state takes one draw, each datagram two.
func (m GilbertElliott) Start(chance Chance) Process {
	return &gilbertElliott{m, chance, chance(m.stationary(), true)}
}

// String implements Model.
func (m GilbertElliott) String() string {
	text := func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
	return fmt.Sprintf("gilbert-elliott(to-bad=%s,to-good=%s,bad=%s,good=%s)", text(m.ToBad), text(m.ToGood),
		text(m.Bad), text(m.Good))
}

type gilbertElliott struct {
	GilbertElliott
	chance Chance
	bad    bool
}

func (p *gilbertElliott) Lost() bool {
	if p.bad {
		p.bad = !p.chance(p.ToGood, false)
	} else {
		p.bad = p.chance(p.ToBad, true)
	}
	if p.bad {
		return p.chance(p.Bad, true)
	}
	return p.chance(p.Good, true)
}

// Form describes how to write a model, for messages and help.
const Form = "a probability, or gilbert-elliott(to-bad,to-good,bad=1,good=0)"

var arguments = []string{"to-bad", "to-good", "bad", "good"}

// Parse reads a model: a probability, or gilbert-elliott(to-bad,to-good,bad,good) with its
// arguments in order or by name. bad may be omitted (1: the bad state loses every datagram), and
// so may good (0).
func Parse(text string) (Model, error) {
	text = strings.TrimSpace(text)
	body, ok := strings.CutPrefix(text, "gilbert-elliott(")
	if !ok {
		p, err := probability(text)
		if err != nil {
			return nil, fmt.Errorf("%w; want %s", err, Form)
		}
		return Independent{p}, nil
	}
	body, ok = strings.CutSuffix(body, ")")
	if !ok {
		return nil, fmt.Errorf("the closing parenthesis is missing")
	}
	parts := strings.Split(body, ",")
	if len(parts) < 2 || len(parts) > len(arguments) {
		return nil, fmt.Errorf("gilbert-elliott: want 2 to 4 arguments, not %d: %s", len(parts), Form)
	}
	values, seen := []float64{0, 0, 1, 0}, make([]bool, len(arguments))
	for i, part := range parts {
		at, value := i, strings.TrimSpace(part)
		if name, v, ok := strings.Cut(value, "="); ok {
			if at = slices.Index(arguments, strings.TrimSpace(name)); at < 0 {
				return nil, fmt.Errorf("gilbert-elliott has no argument %q.%s Want %s", strings.TrimSpace(name),
					suggest.DidYouMean(strings.TrimSpace(name), arguments), Form)
			}
			value = strings.TrimSpace(v)
		}
		if seen[at] {
			return nil, fmt.Errorf("gilbert-elliott: argument %s is given twice", arguments[at])
		}
		seen[at] = true
		v, err := probability(value)
		if err != nil {
			return nil, fmt.Errorf("gilbert-elliott: %s: %w", arguments[at], err)
		}
		values[at] = v
	}
	m := GilbertElliott{values[0], values[1], values[2], values[3]}
	if !seen[0] || !seen[1] || m.ToBad == 0 || m.ToGood == 0 {
		return nil, fmt.Errorf("gilbert-elliott: to-bad and to-good are needed, and must be above 0")
	}
	return m, nil
}

func probability(text string) (float64, error) {
	p, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(p) {
		return 0, fmt.Errorf("%q is not a number from 0 to 1", text)
	}
	if p < 0 || p > 1 {
		return 0, fmt.Errorf("%s is out of range: 0 to 1", text)
	}
	return p, nil
}
