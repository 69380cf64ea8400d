package provenance_test

import (
	"encoding/json"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios/provenance"
)

// A path comes back from JSON as it was, whatever bytes it has; one that is text stands there as it is.
func TestPathInJSON(t *testing.T) {
	for path, want := range map[provenance.Path]string{
		"": `""`, "a/b c.yaml": `"a/b c.yaml"`, "\u00fc\ufffd.yaml": "\"\u00fc\ufffd.yaml\"",
		"d\xff.yaml": `"d\u0000ff.yaml"`, "\xc3": `"\u0000c3"`, "\x80\x80a": `"\u000080\u000080a"`,
	} {
		b, err := json.Marshal(path)
		if err != nil || string(b) != want {
			t.Errorf("%q: %s, want %s (%v)", path, b, want, err)
		}
		var back provenance.Path
		if err := json.Unmarshal(b, &back); err != nil || back != path {
			t.Errorf("%q came back as %q (%v)", path, back, err)
		}
	}
	var p provenance.Path
	for _, wrong := range []string{`"a\u0000f"`, `"\u0000zz"`} {
		if json.Unmarshal([]byte(wrong), &p) == nil {
			t.Errorf("%s was read as %q", wrong, p)
		}
	}
}
