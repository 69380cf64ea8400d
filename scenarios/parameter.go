package scenarios

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/loss"
	"github.com/dtlssim/dtlssim/sim/suggest"
)

// Type is the type of a parameter's value.
type Type string

// The types of parameters.
const (
	DurationType     Type = "duration"             // a number with a unit: 10ms
	DistributionType Type = "latency distribution" // 10ms, or 5ms+exponential(mean=20ms)
	ChoiceType       Type = "choice"               // one of Parameter.Choices
	CountType        Type = "count"                // a whole number
	ProbabilityType  Type = "probability"          // a number from 0 to 1
	CorrelationType  Type = "correlation"          // a number from 0 to below 1
	BitRateType      Type = "bit rate"             // a number with a unit, 64kbit/s, or unlimited
	LossType         Type = "loss model"           // a probability, or a model of bursts
	IntervalType     Type = "time interval"        // FROM..TO in virtual time, or never
	TextType         Type = "text"                 // any text, possibly empty
)

// The groups of parameters. Each is a section of a scenario file, which sets other defaults.
const (
	NetworkGroup = "network"
	ClientsGroup = "clients"
	ServerGroup  = "server"
	NATGroup     = "nat"
	RunGroup     = "run"        // when a replication with programs ends
	OwnGroup     = "parameters" // the scenario's own parameters
)

// Parameter is one parameter of a scenario.
type Parameter struct {
	Name    string
	Type    Type
	Default string // as a user writes it; empty if Follows is set, or for an empty text
	Follows string // the parameter that supplies the value unless one is given
	Meaning string

	Group    string   // the section of a scenario file that sets another default
	Models   []string // the server models that use it; nil: all
	Choices  []string // for ChoiceType
	Min, Max int64    // for CountType; Min also for DurationType, in nanoseconds
}

// InGroup puts parameters into a group and returns them.
func InGroup(group string, list []Parameter) []Parameter {
	for i := range list {
		list[i].Group = group
	}
	return list
}

// DefaultText returns the default as displayed in lists.
func (p *Parameter) DefaultText() string {
	if p.Follows != "" {
		return "as " + p.Follows
	}
	return p.Default
}

// Unit returns the unit or form of the parameter's values.
func (p *Parameter) Unit() string {
	if p.Type == ChoiceType {
		return strings.Join(p.Choices, "|")
	}
	return string(p.Type)
}

// Probeable reports whether the window search can vary the parameter.
func (p *Parameter) Probeable() bool { return p.Type == DurationType || p.Type == DistributionType }

// value is a parsed value: a time.Duration, distribution.Distribution, string, int64, float64,
// sim.BitRate, loss.Model or sim.Span.
type value struct {
	parsed any
	text   string // canonical
}

// Check reports what is wrong with a text as the value of the parameter.
func (p *Parameter) Check(text string) error {
	_, err := p.parse(text)
	return err
}

// duration returns a duration as the value of a parameter that can be varied. It reports the same
// errors as parse does for the text of the duration.
func (p *Parameter) duration(d time.Duration) (any, error) {
	switch {
	case d < 0 || d > distribution.MaxDuration || p.Type == DurationType && int64(d) < p.Min:
		parsed, err := p.parse(d.String())
		return parsed.parsed, err
	case p.Type == DistributionType:
		return distribution.Distribution(distribution.Constant{Value: d}), nil
	}
	return d, nil
}

func (p *Parameter) parse(text string) (value, error) {
	switch p.Type {
	case DurationType:
		d, err := distribution.ParseDuration(text)
		if err != nil {
			return value{}, err
		}
		if int64(d) < p.Min {
			return value{}, fmt.Errorf("%s is out of range: at least %s", text, time.Duration(p.Min))
		}
		return value{d, d.String()}, nil
	case DistributionType:
		l, err := distribution.Parse(text)
		if err != nil {
			return value{}, err
		}
		return value{l, l.String()}, nil
	case ChoiceType:
		if !slices.Contains(p.Choices, text) {
			return value{}, suggest.NotOneOf(text, p.Choices)
		}
		return value{text, text}, nil
	case TextType:
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return value{}, fmt.Errorf("%q: want a text in UTF-8 without a zero byte", text)
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

// Never is the text of an empty interval.
const Never = "never"

func parseInterval(text string) (sim.Span, error) {
	if text == Never {
		return sim.Span{}, nil
	}
	low, high, ok := strings.Cut(text, "..")
	if !ok {
		return sim.Span{}, fmt.Errorf("%q is not an interval: want FROM..TO, or %s", text, Never)
	}
	from, err := distribution.ParseDuration(strings.TrimSpace(low))
	if err != nil {
		return sim.Span{}, err
	}
	to, err := distribution.ParseDuration(strings.TrimSpace(high))
	if err != nil {
		return sim.Span{}, err
	}
	if to <= from {
		return sim.Span{}, fmt.Errorf("%q is empty: FROM must be below TO", text)
	}
	return sim.Span{From: from, To: to}, nil
}

func intervalText(i sim.Span) string {
	if i == (sim.Span{}) {
		return Never
	}
	return i.From.String() + ".." + i.To.String()
}
