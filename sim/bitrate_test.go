package sim

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/dtlssim/dtlssim/clock/testkit"
)

func TestParseBitRate(t *testing.T) {
	for text, want := range map[string]struct {
		rate BitRate
		text string
	}{
		"unlimited": {0, "unlimited"}, "9600bit/s": {9600, "9600bit/s"}, "64kbit/s": {64_000, "64kbit/s"},
		"1Mbit/s": {1_000_000, "1Mbit/s"}, "1.5 Mbit/s": {1_500_000, "1500kbit/s"},
		"1000kbit/s":   {1_000_000, "1Mbit/s"},
		"0.0011kbit/s": {0, ""}, "1bit/s": {1, "1bit/s"}, "1000Gbit/s": {1e12, "1000Gbit/s"},
		"4.35Gbit/s": {4_350_000_000, "4350Mbit/s"},
	} {
		r, err := ParseBitRate(text)
		if want.text == "" {
			if err == nil || !strings.Contains(err.Error(), "is not a whole number of bits") {
				t.Errorf("%q: %s, error %v", text, r, err)
			}
			continue
		}
		if err != nil || r != want.rate || r.String() != want.text {
			t.Errorf("%q is read as %d, %s, error %v; want %d, %s", text, int64(r), r, err, int64(want.rate), want.text)
		}
	}
	for text, want := range map[string]string{
		"": "is not a bit rate: want a number with a unit", "1": "is not a bit rate", "1Mbps": "is not a bit rate",
		"Mbit/s":   "is not a bit rate",
		"-1Mbit/s": "is not a bit rate", "1e3bit/s": "is not a bit rate", "1/2Mbit/s": "is not a bit rate",
		"1.2.3Mbit/s": "is not a bit rate",
		"0bit/s":      "0bit/s is out of range: 1bit/s to 1000Gbit/s, or unlimited", "1001Gbit/s": "out of range",
		"0.5bit/s":                   "out of range",
		"1.5bit/s":                   "1.5bit/s is not a whole number of bits in a second",
		"100000000000000000000bit/s": "is not a bit rate",
	} {
		if r, err := ParseBitRate(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %s, error %v; want one that says %q", text, r, err, want)
		}
	}
}

// Every rate is read as it is written.
func TestBitRateText(t *testing.T) {
	testkit.Check(t, func(t *rapid.T) {
		r := BitRate(rapid.Int64Range(0, int64(maxBitRate)).Draw(t, "rate"))
		if back, err := ParseBitRate(r.String()); err != nil || back != r {
			t.Errorf("%d is written %s and read as %d, error %v", int64(r), r, int64(back), err)
		}
	})
}

// Bits take their time in whole nanoseconds, rounded up.
func TestSerialisation(t *testing.T) {
	for _, c := range []struct {
		rate  BitRate
		bytes int
		want  time.Duration
	}{
		{1_000_000, 125, time.Millisecond}, {9600, 1200, time.Second}, {1, 1, 8 * time.Second},
		{3, 1, 2_666_666_667}, {1e9, 1500, 12 * time.Microsecond}, {1e12, 1, 1}, {1e12, 125, 1}, {1e12, 126, 2},
		{1, maxPacket, 8 * maxPacket * time.Second},
	} {
		if got := c.rate.serialisation(c.bytes); got != c.want {
			t.Errorf("%d bytes at %s take %s, want %s", c.bytes, c.rate, got, c.want)
		}
	}
}
