package run

import (
	"fmt"
	"strconv"
	"strings"
)

// Bytes is a memory size in bytes. It implements pflag.Value.
type Bytes int64

// units are the units of Bytes, the largest first.
var units = []struct {
	name string
	size Bytes
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}

// String returns the size in the largest unit that divides it, in the format that Set reads, such
// as "1536MiB".
func (b Bytes) String() string {
	for _, u := range units {
		if b%u.size == 0 && b != 0 {
			return fmt.Sprintf("%d%s", b/u.size, u.name)
		}
	}
	return "0B"
}

// Set parses a non-negative whole number with a unit: B, KiB, MiB or GiB.
func (b *Bytes) Set(text string) error {
	for _, u := range units {
		digits, ok := strings.CutSuffix(strings.TrimSpace(text), u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 63)
		if err != nil || Bytes(n) > (1<<63-1)/u.size {
			break
		}
		*b = Bytes(n) * u.size
		return nil
	}
	return fmt.Errorf("%q is not a size: want a whole number with a unit (B, KiB, MiB, GiB)", text)
}

// Type implements pflag.Value.
func (*Bytes) Type() string { return "size" }
