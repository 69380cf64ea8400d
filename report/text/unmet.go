package text

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios/rule"
)

// Unmet says which rules met no datagram in any run of an answer; empty if there are none.
func Unmet(rules []rule.Unmet) string {
	var parts []string
	for _, u := range rules {
		text := u.String()
		text = strings.Replace(text, "met no datagram.", "met no datagram in any run, so this answer says "+
			"nothing about it.", 1)
		parts = append(parts, strings.ToUpper(text[:1])+text[1:])
	}
	return strings.Join(parts, " ")
}

// WriteUnmet writes what Unmet says as a paragraph, unless it is empty.
func WriteUnmet(w io.Writer, rules []rule.Unmet) error {
	text := Unmet(rules)
	if text == "" {
		return nil
	}
	_, err := fmt.Fprintf(w, "\n%s\n", text)
	return err
}

// JSONWithUnmet writes a value as indented JSON, like JSON, with the key unmet_rules if there are
// rules that met no datagram. The value is then an object.
func JSONWithUnmet(w io.Writer, v any, rules []rule.Unmet) error {
	if len(rules) == 0 {
		return JSON(w, v)
	}
	var object, unmet bytes.Buffer
	if err := errors.Join(JSON(&object, v), JSON(&unmet, rules)); err != nil {
		return err
	}
	body, ok := bytes.CutSuffix(bytes.TrimSpace(object.Bytes()), []byte("}"))
	if !ok {
		return fmt.Errorf("JSON of %T is no object", v)
	}
	body = append(bytes.TrimSpace(body), `, "unmet_rules": `...)
	var indented bytes.Buffer
	if err := json.Indent(&indented, append(append(body, unmet.Bytes()...), '}'), "", "  "); err != nil {
		return err
	}
	_, err := w.Write(append(indented.Bytes(), '\n'))
	return err
}
