package sim

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// BitRate is a rate in bits per second; 0 means unlimited.
type BitRate int64

// maxBitRate is the highest rate that ParseBitRate accepts: 1 Tbit/s, at which a byte takes
// 0.008 ns.
const maxBitRate BitRate = 1e12

// unlimited is the text of an unlimited rate.
const unlimited = "unlimited"

// bitRateUnits are the decimal units (IEC 80000-13), largest first.
var bitRateUnits = []struct {
	name string
	size BitRate
}{{"Gbit/s", 1e9}, {"Mbit/s", 1e6}, {"kbit/s", 1e3}, {"bit/s", 1}}

// ParseBitRate parses a rate from 1bit/s to 1000Gbit/s, or "unlimited". A rate is a decimal
// number with one of the units bit/s, kbit/s, Mbit/s and Gbit/s. It must be a whole number of
// bits per second.
func ParseBitRate(text string) (BitRate, error) {
	if text == unlimited {
		return 0, nil
	}
	const want = "want a number with a unit (bit/s, kbit/s, Mbit/s, Gbit/s), or " + unlimited
	for _, unit := range bitRateUnits {
		number, ok := strings.CutSuffix(text, unit.name)
		if !ok {
			continue
		}
		number = strings.TrimSpace(number)
		r, ok := new(big.Rat).SetString(number)
		if !ok || len(number) > 20 || strings.Trim(number, "0123456789.") != "" {
			return 0, fmt.Errorf("%q is not a bit rate: %s", text, want)
		}
		r.Mul(r, new(big.Rat).SetInt64(int64(unit.size)))
		switch {
		case r.Cmp(new(big.Rat).SetInt64(1)) < 0 || r.Cmp(new(big.Rat).SetInt64(int64(maxBitRate))) > 0:
			return 0, fmt.Errorf("%s is out of range: 1bit/s to %s, or %s", text, maxBitRate, unlimited)
		case !r.IsInt():
			return 0, fmt.Errorf("%s is not a whole number of bits in a second", text)
		}
		return BitRate(r.Num().Int64()), nil
	}
	return 0, fmt.Errorf("%q is not a bit rate: %s", text, want)
}

// String returns the rate in the format of [ParseBitRate], as a whole number of the largest
// possible unit.
func (r BitRate) String() string {
	if r == 0 {
		return unlimited
	}
	for _, unit := range bitRateUnits {
		if r%unit.size == 0 {
			return strconv.FormatInt(int64(r/unit.size), 10) + unit.name
		}
	}
	return "" // not reached: every rate is a whole number of bits per second
}

// serialisation returns the time to send a number of bytes, rounded up to a whole
// nanosecond. The rate must not be 0.
func (r BitRate) serialisation(bytes int) time.Duration {
	bits := 8 * int64(time.Second) * int64(bytes)
	return time.Duration((bits + int64(r) - 1) / int64(r))
}
