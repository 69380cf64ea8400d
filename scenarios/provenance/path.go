package provenance

import (
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Path is the path of a file. In JSON, a byte that is not part of valid UTF-8 stands as a zero character, which
// no path contains, and two hexadecimal digits. JSON itself would lose such a byte.
type Path string

// MarshalText implements encoding.TextMarshaler.
func (p Path) MarshalText() ([]byte, error) {
	var b []byte
	for rest := string(p); rest != ""; {
		r, n := utf8.DecodeRuneInString(rest)
		if r == utf8.RuneError && n == 1 {
			b = fmt.Appendf(b, "\x00%02x", rest[0])
		} else {
			b = append(b, rest[:n]...)
		}
		rest = rest[n:]
	}
	return b, nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Path) UnmarshalText(text []byte) error {
	parts := strings.Split(string(text), "\x00")
	b := []byte(parts[0])
	for _, part := range parts[1:] {
		const digits = 2
		if len(part) < digits {
			return fmt.Errorf("a path ends within an escaped byte: %q", text)
		}
		escaped, err := hex.DecodeString(part[:digits])
		if err != nil {
			return fmt.Errorf("a path with a wrongly escaped byte: %q", text)
		}
		b = append(append(b, escaped...), part[digits:]...)
	}
	*p = Path(b)
	return nil
}
