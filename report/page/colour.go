package page

import (
	"fmt"
	"math"
	"strconv"
)

// The dark scheme keeps hues. A neutral or pale colour (paper, ink, grid, the fill of clean areas)
// gets a lightness on the other side of the scale. A strong colour, which distinguishes lines and
// regions, is only lightened until it stands out from the dark card; the order of lightness stays.
// Lightness, chroma and hue are those of OKLab (Björn Ottosson, "A perceptual color space for image
// processing", 2020, https://bottosson.github.io/posts/oklab/).
const (
	neutralChroma = 0.05 // up to it, a colour is neutral or pale
	strongChroma  = 0.10 // from it on, a colour is strong; in between, the rules are blended
)

// inDark returns the colour for the dark scheme of a figure's colour, given as six hexadecimal
// digits.
func inDark(name string) string {
	if name == "ffffff" {
		return "var(--card)"
	}
	n, err := strconv.ParseUint(name, 16, 32)
	if err != nil { // hexColour matches only valid colours
		return "#" + name
	}
	l, a, b := toLab(float64(n>>16&255)/255, float64(n>>8&255)/255, float64(n&255)/255)
	chroma := math.Hypot(a, b)
	strong := min(max((chroma-neutralChroma)/(strongChroma-neutralChroma), 0), 1)
	l = (1-strong)*opposite(l) + strong*(0.395+0.56*l)
	tint := 1.6 - 0.6*strong // a pale colour needs more chroma on a dark ground
	a, b = tint*a, tint*b
	for range 40 { // reduce chroma until the colour is in the range of sRGB
		if red, green, blue := fromLab(l, a, b); inRange(red) && inRange(green) && inRange(blue) {
			return fmt.Sprintf("#%02x%02x%02x", eightBits(red), eightBits(green), eightBits(blue))
		}
		a, b = 0.93*a, 0.93*b
	}
	grey := eightBits(l)
	return fmt.Sprintf("#%02x%02x%02x", grey, grey, grey)
}

// opposite returns the lightness on the other side of the scale: white becomes the card, and pale
// colours stay well above it.
func opposite(l float64) float64 {
	if l > 0.85 {
		return 0.24 + 1.3*(1-l)
	}
	return 0.435 + (0.95-0.435)*(1-l/0.85)
}

func inRange(v float64) bool { return v > -0.002 && v < 1.002 }

func eightBits(v float64) int { return int(math.Round(min(max(v, 0), 1) * 255)) }

// toLab converts sRGB, with components from 0 to 1, to OKLab.
func toLab(red, green, blue float64) (l, a, b float64) {
	red, green, blue = linear(red), linear(green), linear(blue)
	long := math.Cbrt(0.4122214708*red + 0.5363325363*green + 0.0514459929*blue)
	medium := math.Cbrt(0.2119034982*red + 0.6806995451*green + 0.1073969566*blue)
	short := math.Cbrt(0.0883024619*red + 0.2817188376*green + 0.6299787005*blue)
	return 0.2104542553*long + 0.7936177850*medium - 0.0040720468*short,
		1.9779984951*long - 2.4285922050*medium + 0.4505937099*short,
		0.0259040371*long + 0.7827717662*medium - 0.8086757660*short
}

// fromLab converts OKLab to sRGB; components may be out of range.
func fromLab(l, a, b float64) (red, green, blue float64) {
	long := math.Pow(l+0.3963377774*a+0.2158037573*b, 3)
	medium := math.Pow(l-0.1055613458*a-0.0638541728*b, 3)
	short := math.Pow(l-0.0894841775*a-1.2914855480*b, 3)
	return encoded(4.0767416621*long - 3.3077115913*medium + 0.2309699292*short),
		encoded(-1.2684380046*long + 2.6097574011*medium - 0.3413193965*short),
		encoded(-0.0041960863*long - 0.7034186147*medium + 1.7076147010*short)
}

// linear and encoded are the transfer function of sRGB and its inverse (IEC 61966-2-1).
func linear(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

func encoded(v float64) float64 {
	if v <= 0.0031308 {
		return 12.92 * v
	}
	return 1.055*math.Pow(v, 1/2.4) - 0.055
}
