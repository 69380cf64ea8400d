// Package tilt implements importance sampling: it makes rare draws of the network more probable,
// and computes how this changes the probability of a run.
//
// The package tilts the uniform variates, so one method covers all distributions. It draws the
// probability v of a larger variate from the density theta v^(theta-1) on (0, 1), with theta
// below 1. This raises the upper tail of the distribution to the power theta. The likelihood
// ratio of a draw is v^(1-theta)/theta, at most 1/theta. This is the hazard rate twisting of
// Juneja and Shahabuddin (ACM Transactions on Modeling and Computer Simulation 12, 2002, 94-118).
// For an exponential distribution it is exponential tilting.
//
// For a yes-or-no draw, such as the loss of a datagram, the probability of the harmful answer is
// raised to the power theta. The likelihood ratio then depends only on the answer.
//
// A theta above 1 makes small variates and harmless answers more probable: the same method with
// 1/theta, from the other end.
package tilt

import (
	"errors"
	"fmt"
	"math"
	"path"
	"strconv"
	"strings"
)

// Tilt describes how draws of some streams are tilted.
type Tilt struct {
	// Streams is the name of a stream, or a pattern of path.Match, such as
	// latency/client-1>server or loss/*.
	Streams string `json:"streams"`

	// Draw is the number of the draw in such a stream, from 1; 0 means all. In the network's
	// streams, draw n belongs to the n-th datagram of the flow.
	Draw int `json:"draw,omitempty"`

	// Theta is above 0. Below 1 it makes large variates and harmful answers more probable, above
	// 1 small variates and harmless answers; 1 changes nothing.
	Theta float64 `json:"theta"`
}

// Config holds the tilts of one replication. The zero value changes nothing.
type Config struct {
	Tilts []Tilt `json:"tilts,omitempty"` // the first that matches a draw applies

	// Untilted reports that only the likelihood ratio is computed and nothing is tilted. It
	// serves the untilted part of a mixture.
	Untilted bool `json:"plain,omitempty"`

	// Observe reports that the draws themselves are recorded as well.
	Observe bool `json:"observe,omitempty"`
}

// Off reports whether nothing is tilted or observed.
func (c *Config) Off() bool { return len(c.Tilts) == 0 && !c.Observe }

// String returns a tilt as Parse reads it.
func (t Tilt) String() string {
	text := t.Streams
	if t.Draw > 0 {
		text += ":" + strconv.Itoa(t.Draw)
	}
	return text + "=" + strconv.FormatFloat(t.Theta, 'g', -1, 64)
}

// Text returns tilts as Parse reads them.
func Text(tilts []Tilt) string {
	var parts []string
	for _, t := range tilts {
		parts = append(parts, t.String())
	}
	return strings.Join(parts, ",")
}

// The range of Theta.
const (
	Least = 1e-6
	Most  = 1e6
)

// Parse reads CLASS=THETA or CLASS:DRAW=THETA, separated by commas. patterns returns the stream
// patterns of a class, or an error that lists the known classes. All faults are reported.
func Parse(text string, patterns func(class string) ([]string, error)) (tilts []Tilt, err error) {
	var faults []error
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		class, value, ok := strings.Cut(part, "=")
		theta, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if !ok || err != nil || !(theta >= Least && theta <= Most) {
			faults = append(faults,
				fmt.Errorf("tilt %q: want CLASS=THETA or CLASS:DRAW=THETA, THETA from %g to %g", part, Least, Most))
			continue
		}
		class, nth, numbered := strings.Cut(strings.TrimSpace(class), ":")
		draw := 0
		if numbered {
			if draw, err = strconv.Atoi(nth); err != nil || draw < 1 {
				faults = append(faults,
					fmt.Errorf("tilt %q: %q is no number of a draw: want a whole number from 1", part, nth))
				continue
			}
		}
		streams, err := patterns(class)
		if err != nil {
			faults = append(faults, fmt.Errorf("tilt %q: %w", part, err))
			continue
		}
		for _, s := range streams {
			if _, err := path.Match(s, ""); err != nil {
				faults = append(faults, fmt.Errorf("tilt %q: %q is no pattern: %w", part, s, err))
			}
			tilts = append(tilts, Tilt{Streams: s, Draw: draw, Theta: theta})
		}
	}
	return tilts, errors.Join(faults...)
}

// about returns the indices of the tilts that may apply to a stream.
func (c *Config) about(stream string) (indices []int) {
	for i, t := range c.Tilts {
		if ok, err := path.Match(t.Streams, stream); ok && err == nil {
			indices = append(indices, i)
		}
	}
	return indices
}

// Likelihood describes how tilts changed the probability of one replication.
type Likelihood struct {
	// LogWeight is the natural logarithm of the likelihood ratio of all draws: their probability
	// without tilts, divided by that with tilts.
	LogWeight float64 `json:"log_weight"`

	Draws    []int  `json:"draws,omitempty"`    // number of draws to which each tilt applied
	Observed []Draw `json:"observed,omitempty"` // on request: by stream and number
}

// Draw is one observed draw.
type Draw struct {
	Stream string `json:"stream"`
	Number int    `json:"number"` // from 1

	// For a variate: the logarithms of the probabilities of a smaller and of a larger one. For an
	// answer, both are 0.
	LogLower float64 `json:"log_lower,omitempty"`
	LogUpper float64 `json:"log_upper,omitempty"`

	// For an answer: the probability of the harmful one (before tilting), and whether it
	// occurred.
	Harmful float64 `json:"harmful,omitempty"`
	Harm    bool    `json:"harm,omitempty"`
}

// Weight returns the likelihood ratio.
func (o *Likelihood) Weight() float64 { return math.Exp(o.LogWeight) }
