// Package tilt makes rare draws of the network probable, and says by how much the
// probability of a run differs from what it would have been: importance sampling.
//
// The package tilts the uniform variates, and so needs one method for all distributions: it
// draws the probability v of a larger variate from the density theta v^(theta-1) on (0, 1),
// theta below 1. The upper tail of the distribution becomes its theta-th power; the
// likelihood ratio of a draw is v^(1-theta)/theta, at most 1/theta. This is the hazard rate
// twisting of Juneja and Shahabuddin (ACM Transactions on Modeling and Computer Simulation
// 12, 2002, 94-118); for an exponential distribution it is exponential tilting. What is yes
// or no, such as the loss of a datagram, is harmful with the theta-th power of its
// probability, and its likelihood ratio goes by the answer alone. A theta above 1 makes
// small variates and harmless answers probable instead: the same with 1/theta, from the
// other end.
package tilt

import (
	"errors"
	"fmt"
	"math"
	"path"
	"strconv"
	"strings"
)

// Tilt says by how much draws of some streams are tilted.
type Tilt struct {
	// Streams is the name of a stream, or a pattern as of path.Match, such as
	// latency/client-1>server or loss/*.
	Streams string `json:"streams"`

	// Draw is which draw of such a stream it is, from 1: of the network's, that of the
	// n-th datagram of the flow; 0 means every one.
	Draw int `json:"draw,omitempty"`

	// Theta is above 0. Below 1, large variates and harmful answers become probable, and
	// above 1 small and harmless ones; 1 leaves a draw as it is.
	Theta float64 `json:"theta"`
}

// Config is the tilts of one replication. The zero value leaves everything as it is.
type Config struct {
	Tilts []Tilt `json:"tilts,omitempty"` // the first that is about a draw is the one that counts

	// Plain tells that nothing is tilted after all, and only the likelihood ratio is
	// wanted: for the share of a mixture that goes without tilts.
	Untilted bool `json:"plain,omitempty"`

	// Observe tells that what was drawn is wanted as well.
	Observe bool `json:"observe,omitempty"`
}

// Off tells whether nothing is tilted or observed.
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

// Parse reads CLASS=THETA or CLASS:DRAW=THETA, several separated by commas. patterns
// returns the patterns of streams that a class is short for, or an error that names
// what there is. All faults are told.
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

// about returns the tilts that may be about draws of a stream, by their indices.
func (c *Config) about(stream string) (indices []int) {
	for i, t := range c.Tilts {
		if ok, err := path.Match(t.Streams, stream); ok && err == nil {
			indices = append(indices, i)
		}
	}
	return indices
}

// Likelihood is how much more, or less, probable tilts made one replication.
type Likelihood struct {
	// LogWeight is the natural logarithm of the likelihood ratio of all that was drawn:
	// by how much it is more probable without the tilts.
	LogWeight float64 `json:"log_weight"`

	Draws    []int  `json:"draws,omitempty"`    // how many draws each of the tilts was about
	Observed []Draw `json:"observed,omitempty"` // if wanted: by stream and number
}

// Draw is one draw at which somebody looked.
type Draw struct {
	Stream string `json:"stream"`
	Number int    `json:"number"` // from 1

	// Of a variate, the probabilities of a smaller and of a larger one, as logarithms; of
	// an answer, both are 0.
	LogLower float64 `json:"log_lower,omitempty"`
	LogUpper float64 `json:"log_upper,omitempty"`

	// Of an answer, the probability of the harmful one (as the tilts found it), and which
	// it was.
	Harmful float64 `json:"harmful,omitempty"`
	Harm    bool    `json:"harm,omitempty"`
}

// Weight returns the likelihood ratio.
func (o *Likelihood) Weight() float64 { return math.Exp(o.LogWeight) }
