package sim

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// BitRate is how many bits a link carries in a second; 0 means any number.
type BitRate int64

// maxBitRate is the highest rate that ParseBitRate reads: 1 Tbit/s, at which a byte
// takes a hundredth of a nanosecond.
const maxBitRate BitRate = 1e12

// unlimited is how an unlimited rate is written.
const unlimited = "unlimited"

// bitRateUnits are decimal (IEC 80000-13), the largest first.
var bitRateUnits = []struct {
	name string
	size BitRate
}{{"Gbit/s", 1e9}, {"Mbit/s", 1e6}, {"kbit/s", 1e3}, {"bit/s", 1}}

// ParseBitRate reads a rate from 1bit/s to 1000Gbit/s, or "unlimited": a decimal
// number with one of the units bit/s, kbit/s, Mbit/s and Gbit/s that is a whole
// number of bits in a second.
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

// String returns the rate as [ParseBitRate] reads it, in the largest unit of which it
// is a whole number.
func (r BitRate) String() string {
	if r == 0 {
		return unlimited
	}
	for _, unit := range bitRateUnits {
		if r%unit.size == 0 {
			return strconv.FormatInt(int64(r/unit.size), 10) + unit.name
		}
	}
	return "" // not reached: every rate is a whole number of bits in a second
}

// serialisation returns how long the bits of so many bytes take, rounded up to a
// whole nanosecond. The rate is not 0.
func (r BitRate) serialisation(bytes int) time.Duration {
	bits := 8 * int64(time.Second) * int64(bytes)
	return time.Duration((bits + int64(r) - 1) / int64(r))
}
