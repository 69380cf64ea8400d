package hosts

import (
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios"
)

var textual = &scenarios.Scenario{Name: "s", Parameters: []scenarios.Parameter{
	{Name: "wait", Type: scenarios.DurationType, Default: "1500us"},
	{Name: "mtu", Type: scenarios.CountType, Default: "300", Max: 2000},
	{Name: "flags", Type: scenarios.TextType, Default: "-a -b"},
	{Name: "none", Type: scenarios.TextType},
	{Name: "latency", Type: scenarios.DistributionType, Default: "1ms"},
}}

// Parameters stand in texts by their names, durations also in a unit.
func TestTexts(t *testing.T) {
	v, err := textual.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"": "", "plain $HOME $$ }": "plain $HOME $$ }", "-mtu ${mtu}": "-mtu 300", "${wait}": "1.5ms",
		"${wait:s}": "0.0015", "${wait:ms}": "1.5", "${wait:us}": "1500", "${wait:ns}": "1500000",
		"${wait:h}": "0.000000416666666", "x${mtu}${flags}y": "x300-a -by", "[${none}]": "[]", "$${mtu}": "${mtu}",
		"a$${b}${mtu}$${": "a${b}300${", "$$${mtu}": "$${mtu}",
	} {
		parsed, err := ParseText(text)
		if err == nil {
			err = parsed.Check(textual)
		}
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := parsed.Of(v); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// What is wrong with a text is said with what to write.
func TestBadTexts(t *testing.T) {
	for text, want := range map[string]string{
		"${mtu":         "has no }",
		"${}":           "want the name of a parameter",
		"${wait:d}":     "want one of the units",
		"${wait:}":      "want one of the units",
		"${mtx}":        "Did you mean mtu? For a ${ that a program gets, write $${",
		"${latency}":    "has no single value",
		"${mtu:ms}":     "only a duration has a unit",
		"${HOME}/a${x}": `no parameter "HOME"`,
	} {
		parsed, err := ParseText(text)
		if err == nil {
			err = parsed.Check(textual)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
