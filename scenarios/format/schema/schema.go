// Package schema describes the input of package strict in JSON Schema (draft 2020-12). Like the
// readers of that package, the schemas accept scalars quoted or unquoted.
package schema

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/invopop/jsonschema"
)

// Object returns the schema of a mapping with the given keys, some of them required, and no other
// keys. It panics if of has no schema for a key.
func Object(description string, keys, required []string, of map[string]*jsonschema.Schema) *jsonschema.Schema {
	s := &jsonschema.Schema{
		Type: "object", Description: description, Properties: jsonschema.NewProperties(), Required: required,
		AdditionalProperties: jsonschema.FalseSchema,
	}
	for _, key := range keys {
		property, ok := of[key]
		if !ok {
			panic(fmt.Sprintf("schema: nothing is known of the key %s", key))
		}
		s.Properties.Set(key, property)
	}
	return s
}

// List returns the schema of a list of at least one element.
func List(description string, of *jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "array", Description: description, Items: of, MinItems: Bound(1)}
}

// Scalar returns the schema of a single value of any YAML type.
func Scalar(description string) *jsonschema.Schema {
	return ofTypes(description, "string", "number", "boolean")
}

// Text returns the schema of a single non-empty value.
func Text(description string) *jsonschema.Schema {
	s := Scalar(description)
	s.MinLength = Bound(1)
	return s
}

// Matching returns the schema of a text that matches a regular expression.
func Matching(description, pattern string) *jsonschema.Schema {
	s := Text(description)
	s.Pattern = pattern
	return s
}

// FileName returns the schema of a name for a file or folder.
func FileName(description string) *jsonschema.Schema {
	return Matching(description, `^[^./\\\x00-\x20\x7f][^/\\\x00-\x1f\x7f]*$`)
}

// ProbePattern describes a probe with its range, NAME=FROM..TO.
const ProbePattern = `^[^=]+=.*\.\..*$`

// OneOf returns the schema of a text that is one of the given words.
func OneOf(description string, words []string) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string", Description: description}
	for _, w := range words {
		s.Enum = append(s.Enum, w)
	}
	return s
}

// Whole returns the schema of a whole number from least to most.
func Whole(description string, least, most uint64) *jsonschema.Schema {
	s := ofTypes(description, "integer", "string")
	s.Minimum, s.Maximum, s.Pattern = number(least), number(most), `^[+-]?[0-9]+$`
	return s
}

// Number returns the schema of a number.
func Number(description string) *jsonschema.Schema { return ofTypes(description, "number", "string") }

// Settings returns the schema of a mapping of parameters to values.
func Settings(description string) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "object", Description: description, AdditionalProperties: Scalar("")}
}

// Described returns a schema with another description.
func Described(s *jsonschema.Schema, description string) *jsonschema.Schema {
	c := *s
	c.Description = description
	return &c
}

// Either returns alternatives; each requires one of the keys and excludes the others.
func Either(keys ...string) (alternatives []*jsonschema.Schema) {
	for _, key := range keys {
		alternatives = append(alternatives, &jsonschema.Schema{Required: []string{key}})
	}
	return alternatives
}

// Where returns a condition on a mapping: if a key has the given value, the mapping must contain
// the required keys and none of the keys in without.
func Where(key string, value any, required, without []string) *jsonschema.Schema {
	is := &jsonschema.Schema{Properties: jsonschema.NewProperties(), Required: []string{key}}
	is.Properties.Set(key, &jsonschema.Schema{Const: value})
	then := &jsonschema.Schema{Properties: jsonschema.NewProperties(), Required: required}
	for _, key := range without {
		then.Properties.Set(key, jsonschema.FalseSchema)
	}
	return &jsonschema.Schema{If: is, Then: then}
}

// Bound returns a pointer to a length limit.
func Bound(n uint64) *uint64 { return &n }

func number(n uint64) json.Number { return json.Number(strconv.FormatUint(n, 10)) }

func ofTypes(description string, types ...string) *jsonschema.Schema {
	return &jsonschema.Schema{Description: description, Extras: map[string]any{"type": types}}
}
