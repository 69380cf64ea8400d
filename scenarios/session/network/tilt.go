package network

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/sim/suggest"
	"github.com/dtlssim/dtlssim/sim/tilt"
)

// tiltClasses maps parameters of the network to patterns for streams of its links. A stream's
// name consists of a purpose and a flow from one actor to another.
var tiltClasses = map[string][]string{
	"latency": {"latency/*"}, "uplink": {"latency/client-*"}, "downlink": {"latency/server*"},
	"loss": {"loss/*"}, "uplink-loss": {"loss/client-*"}, "downlink-loss": {"loss/server*"},
	"reorder": {"reorder/*"}, "reorder-delay": {"reorder-delay/*"},
	"duplicate": {"duplicate/*"}, "duplicate-delay": {"duplicate-delay/*"},
}

// tiltPurposes lists the prefixes of streams that can be tilted.
var tiltPurposes = []string{
	"latency/", "loss/", "reorder/", "reorder-delay/", "duplicate/", "duplicate-delay/", "rule/",
}

// TiltClasses returns the names that ParseTilts accepts besides patterns: the parameters of the
// network's draws and of rules.
func TiltClasses(s *scenarios.Scenario) []string {
	names := scenarios.SortedNames(tiltClasses)
	for _, r := range s.Rules {
		if p := r.Delay.Parameter; p != "" && !slices.Contains(names, p) &&
			s.Parameter(p).Type == scenarios.DistributionType {
			names = append(names, p)
		}
	}
	return names
}

// ParseTilts reads CLASS=THETA or CLASS:DRAW=THETA, separated by commas; see package tilt. A
// class is one of TiltClasses or a pattern for names of streams.
func ParseTilts(s *scenarios.Scenario, text string) ([]tilt.Tilt, error) {
	return tilt.Parse(text, func(class string) (streams []string, err error) {
		if known, ok := tiltClasses[class]; ok {
			return known, nil
		}
		for _, r := range s.Rules {
			if r.Delay.Parameter == class && class != "" {
				streams = append(streams, "rule/"+r.Name+"/*")
			}
		}
		if len(streams) > 0 {
			return streams, nil
		}
		if slices.ContainsFunc(tiltPurposes, func(p string) bool { return strings.HasPrefix(class, p) }) {
			return []string{class}, nil
		}
		return nil, fmt.Errorf(
			"%q names no draws that can be tilted.%s They are %s; or a pattern for streams that begins with one of %s",
			class, suggest.DidYouMean(class, TiltClasses(s)), strings.Join(TiltClasses(s), ", "),
			strings.Join(tiltPurposes, " "),
		)
	})
}
