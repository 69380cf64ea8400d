package text_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/report/text"
)

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"plain\n\ttext": "plain\n\ttext", "é 漢 µs ≤": "é 漢 µs ≤", "\x1b[31mred": `\x1b[31mred`, "a\rb": `a\rb`,
		"a\bb\x00": `a\x08b\x00`, "\u202eabc": `\u202eabc`, "\u0085": `\u0085`, "\u009b31m": `\u009b31m`,
		"\x7f": `\x7f`, "\xff\xfe": `\xff\xfe`, "\u200b": `\u200b`, "\u2028": `\u2028`, "\U000e0041": `\U000e0041`,
		"\ufffd": "\ufffd", "a\u00a0b": "a\u00a0b", "\u2066x\u2069": `\u2066x\u2069`,
	} {
		if got := text.Escape(in); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}

// However a text is cut into pieces, what is written is the escaped text, and drives nothing.
func TestTerminalWritesTheEscapedText(t *testing.T) {
	testkit.Check(t, func(r *rapid.T) {
		data := rapid.SliceOf(rapid.OneOf(rapid.Byte(), rapid.SampledFrom([]byte("a\x1b\xe2\x80\xae\r\n")))).Draw(r, "data")
		var out bytes.Buffer
		w := text.NewTerminal(&out)
		for rest := data; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(r, "piece")
			if written, err := w.Write(rest[:n]); err != nil || written != n {
				r.Fatalf("%d of %d bytes: %v", written, n, err)
			}
			rest = rest[n:]
		}
		if err := w.Flush(); err != nil {
			r.Fatal(err)
		}
		if got, want := out.String(), text.Escape(string(data)); got != want {
			r.Errorf("%q is written as %q, want %q", data, got, want)
		}
		if !utf8.Valid(out.Bytes()) || strings.ContainsFunc(out.String(), func(c rune) bool {
			return c != '\n' && c != '\t' && !unicode.IsGraphic(c)
		}) {
			r.Errorf("%q is written as %q", data, out.String())
		}
	})
}
