package text

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Terminal writes text for a person. Names, summaries and messages come from files and from other
// programs; what in them would drive a terminal is written as an escape, such as \x1b or \u202e:
// control characters, characters that change the direction of the text or cannot be seen, and bytes
// that are not UTF-8. Line ends and tabs stay.
//
// A Terminal keeps the beginning of a character until its end has been written.
type Terminal struct {
	Under io.Writer
	rest  []byte // the beginning of a character
}

// NewTerminal returns a writer of text for a person.
func NewTerminal(w io.Writer) *Terminal { return &Terminal{Under: w} }

// Write implements io.Writer.
func (t *Terminal) Write(p []byte) (int, error) {
	data := p
	if len(t.rest) > 0 {
		data = append(t.rest, p...)
	}
	whole := len(data)
	for begin := max(0, whole-utf8.UTFMax+1); begin < whole; begin++ {
		if utf8.RuneStart(data[begin]) && !utf8.FullRune(data[begin:]) {
			whole = begin
			break
		}
	}
	rest := append([]byte(nil), data[whole:]...)
	if _, err := io.WriteString(t.Under, Escape(string(data[:whole]))); err != nil {
		return 0, err
	}
	t.rest = rest
	return len(p), nil
}

// Flush writes the beginning of a character whose end never came.
func (t *Terminal) Flush() error {
	rest := t.rest
	t.rest = nil
	_, err := io.WriteString(t.Under, Escape(string(rest)))
	return err
}

// Escape returns a text in which nothing drives a terminal: see [Terminal].
func Escape(s string) string {
	if !strings.ContainsFunc(s, drives) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case !drives(r):
			b.WriteRune(r)
		case r == '\r':
			b.WriteString(`\r`)
		case r < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 1<<16:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		s = s[size:]
	}
	return b.String()
}

// drives reports whether a character drives a terminal, or cannot be seen there.
func drives(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsGraphic(r) }
