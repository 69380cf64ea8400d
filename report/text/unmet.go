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

// Untaken says which limits of measures decided nothing, because no run of an answer took the measure;
// empty if there are none.
func Untaken(limits []string) string {
	var parts []string
	for _, limit := range limits {
		name, _, _ := strings.Cut(strings.ReplaceAll(limit, "<", ">"), ">")
		parts = append(parts, fmt.Sprintf("No run took the measure %s, so the limit %s decided nothing.", name, limit))
	}
	return strings.Join(parts, " ")
}

// WriteRemarks writes each text as a paragraph, unless it is empty.
func WriteRemarks(w io.Writer, texts ...string) error {
	for _, text := range texts {
		if text != "" {
			if _, err := fmt.Fprintf(w, "\n%s\n", text); err != nil {
				return err
			}
		}
	}
	return nil
}

// JSONWithUnmet writes a value as indented JSON, like JSON, with the key unmet_rules if there are
// rules that met no datagram, and untaken_limits if there are limits whose measures no run took. The
// value is then an object.
func JSONWithUnmet(w io.Writer, v any, rules []rule.Unmet, limits []string) error {
	if len(rules)+len(limits) == 0 {
		return JSON(w, v)
	}
	var object bytes.Buffer
	if err := JSON(&object, v); err != nil {
		return err
	}
	body, ok := bytes.CutSuffix(bytes.TrimSpace(object.Bytes()), []byte("}"))
	if !ok {
		return fmt.Errorf("JSON of %T is no object", v)
	}
	body = bytes.TrimSpace(body)
	add := func(key string, value any) error {
		var text bytes.Buffer
		err := JSON(&text, value)
		body = append(append(body, `, "`+key+`": `...), text.Bytes()...)
		return err
	}
	var err error
	if len(rules) > 0 {
		err = add("unmet_rules", rules)
	}
	if len(limits) > 0 {
		err = errors.Join(err, add("untaken_limits", limits))
	}
	if err != nil {
		return err
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, append(body, '}'), "", "  "); err != nil {
		return err
	}
	_, err = w.Write(append(bytes.TrimSpace(indented.Bytes()), '\n'))
	return err
}
