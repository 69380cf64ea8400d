package paint

import (
	"cmp"
	"hash/fnv"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
)

// outcomeColours are the colours of outcomes, by their place in a list. Those that are most often
// seen together differ most in lightness.
var outcomeColours = []color.RGBA{
	{0xa6, 0xd9, 0x6a, 0xff}, // unexpected-message: light green
	Palette[0],               // ghost-session
	Palette[2],               // accept-blocked
	Palette[9],               // backlog-overflow
	Palette[13],              // hello-swallowed
	Palette[12],              // stalled
	Palette[14],              // close-stalled
	Palette[7],               // association-killed
	Palette[1],               // handshake-timeout
	Palette[3],               // handshake-aborted
	Palette[4],               // next-handshake-failed
	Palette[10],              // duplicate-flight
	{0x6b, 0x10, 0x40, 0xff}, // data-lost: dark wine
	Palette[11],              // answer-lost
	Palette[6],               // half-open
	{0xa6, 0x76, 0x1d, 0xff}, // stale-association
	{0x00, 0x3c, 0x5a, 0xff}, // no-close-notify
	{0xe7, 0xb8, 0xd4, 0xff}, // server-error
	{0x5a, 0x3d, 0x9a, 0xff},
	Palette[5],
}

// Apart reports whether two areas of these colours can be told apart in greyscale, by lightness and by
// the luma that programs for pictures take for it (ITU-R BT.601).
func Apart(a, b color.RGBA) bool {
	luma := func(c color.RGBA) float64 { return 0.299*float64(c.R) + 0.587*float64(c.G) + 0.114*float64(c.B) }
	return math.Abs(Lightness(a)-Lightness(b)) >= 10 && math.Abs(luma(a)-luma(b)) >= 24
}

// A texture is a pattern of thin lines at some angles, in degrees.
type texture struct {
	angles []float64
	period vg.Length
}

// textures tell colours of about one lightness apart. The first is plain.
var textures = []texture{
	{},
	{[]float64{45}, 6},
	{[]float64{135}, 6},
	{[]float64{0}, 5},
	{[]float64{90}, 6},
	{[]float64{45, 135}, 8},
	{[]float64{0, 90}, 7},
	{[]float64{45}, 3},
	{[]float64{135}, 3},
}

// plainFirst are the places of the outcomes that are seen most often. They get plain colours.
var plainFirst = []int{1, 12, 10, 2}

// outcomeTextures has the texture of each of outcomeColours: the first that no colour before it, of
// about the same lightness, has.
var outcomeTextures = func() []int {
	order := slices.Clone(plainFirst)
	for i := range outcomeColours {
		if !slices.Contains(order, i) {
			order = append(order, i)
		}
	}
	list := make([]int, len(order))
	for k, i := range order {
		taken := func(n int) bool {
			return slices.ContainsFunc(order[:k],
				func(j int) bool { return list[j] == n && !Apart(outcomeColours[i], outcomeColours[j]) })
		}
		for list[i] < len(textures)-1 && taken(list[i]) {
			list[i]++
		}
	}
	return list
}()

// Fill is how an area is filled.
type Fill struct {
	Base  color.RGBA
	Lines []Stripes // over it, in this order

	failed bool
	places []int // of the outcomes, in their list
}

// Compare puts fills in the order of a legend: failures first, clean runs last, and otherwise by the
// places of their outcomes.
func Compare(a, b Fill) int {
	rank := func(f Fill) int {
		switch {
		case f.failed:
			return 0
		case len(f.places) > 0:
			return 1
		}
		return 2
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), slices.Compare(a.places, b.places))
}

// Stripes are parallel stripes.
type Stripes struct {
	Angle         float64   // of the stripes, in degrees
	Period, Width vg.Length // from one to the next, and of each
	Offset        vg.Length // of the first
	Colour        color.RGBA
}

// In a region with several outcomes, the ground between the stripes has the width ground, and a stripe
// at least the width stripe. The first outcome is seen first, and the rest does not flicker.
const (
	ground = vg.Length(9)
	stripe = vg.Length(3)
)

// stripeAngles are the angles of stripes in degrees, by the texture of the second outcome.
var stripeAngles = []float64{45, 135, 20, 110, 70, 160, 0, 90, 30}

// Outcome returns the fill of regions with some outcomes, in the order of the list of all outcomes
// of the scenario. A region without outcomes is clean. Several outcomes are stripes in the colours of
// all. Where they do not count as failure, the colours are pale. An outcome that is not in the list
// has a colour that depends on its name.
func Outcome(outcomes []string, failed bool, all []string) Fill {
	if len(outcomes) == 0 && !failed {
		return Fill{Base: Clean}
	}
	if len(outcomes) == 0 { // something else makes it a failure
		outcomes = []string{"failed"}
	}
	var places []int
	for _, name := range outcomes {
		at := slices.Index(all, name)
		if at < 0 {
			h := fnv.New32a()
			h.Write([]byte(name))
			at = int(h.Sum32() % uint32(len(outcomeColours)))
		}
		places = append(places, at%len(outcomeColours))
	}
	if !failed {
		return tolerated(places)
	}
	first := places[0]
	f := Fill{Base: outcomeColours[first], failed: true, places: places}
	f.lines(textures[outcomeTextures[first]], contrasting(f.Base), 0.9)
	// Stripes of different outcomes lie beside each other. Those of about one lightness differ in
	// angle or in width, because their textures differ.
	period := ground
	var striped []Stripes
	for i, at := range places[1:] {
		width := stripe
		if i > 0 {
			width += vg.Length(outcomeTextures[at]) / 2
		}
		striped = append(striped, Stripes{
			Angle: stripeAngles[outcomeTextures[places[1]]], Width: width, Offset: period, Colour: outcomeColours[at],
		})
		period += width
	}
	for _, s := range striped {
		s.Period = period
		f.Lines = append(f.Lines, s)
	}
	return f
}

// tolerated returns the fill of outcomes that do not count as failure: pale, with lines of each.
func tolerated(places []int) Fill {
	white := color.RGBA{0xff, 0xff, 0xff, 0xff}
	f := Fill{places: places}
	for share := 0.78; ; share -= 0.02 { // yellow would be lost on a white ground
		f.Base = mix(outcomeColours[places[0]], white, share)
		if Lightness(f.Base) <= 94.2 { // a contrast of 1.15
			break
		}
	}
	for _, at := range places {
		// Among pale colours lightness tells little: each place has a pattern of its own.
		angle, period := 9+36*float64(at%5), 4+2*vg.Length(at/5)
		f.Lines = append(f.Lines, Stripes{Angle: angle, Period: period, Width: 0.7, Colour: outcomeColours[at]})
	}
	return f
}

// lines adds the lines of a texture.
func (f *Fill) lines(t texture, c color.RGBA, width vg.Length) {
	for _, angle := range t.angles {
		f.Lines = append(f.Lines, Stripes{Angle: angle, Period: t.period, Width: width, Colour: c})
	}
}

// contrasting returns a lighter or darker tone of a colour.
func contrasting(c color.RGBA) color.RGBA {
	if Lightness(c) > 62 {
		return mix(c, color.RGBA{A: 0xff}, 0.5)
	}
	return mix(c, color.RGBA{0xff, 0xff, 0xff, 0xff}, 0.62)
}
