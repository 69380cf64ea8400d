// Package suggest words what to say to a user who typed a name that does not exist. Every
// message about such a name asks "Did you mean" through this package.
package suggest

import (
	"fmt"
	"strings"
)

// NotOneOf returns the error for a name that is not among the candidates. It lists them, and
// asks for the likely ones.
func NotOneOf(name string, candidates []string) error {
	hint := DidYouMean(name, candidates)
	if hint != "" {
		hint = "." + hint
	}
	return fmt.Errorf("%q is not one of %s%s", name, strings.Join(candidates, ", "), hint)
}

// DidYouMean returns " Did you mean X?" for the candidates that Likely finds, or "" if it
// finds none.
func DidYouMean(name string, candidates []string) string {
	return Ask(Likely(name, candidates))
}

// Ask returns " Did you mean A, B or C?" for likely names, or "" if there are none.
func Ask(likely []string) string {
	n := len(likely)
	switch n {
	case 0:
		return ""
	case 1:
		return " Did you mean " + likely[0] + "?"
	}
	return " Did you mean " + strings.Join(likely[:n-1], ", ") + " or " + likely[n-1] + "?"
}

// most is how many names are suggested at most, and least is how many letters a part of
// a name has at least to be told from chance.
const (
	most  = 3
	least = 3

	longest = 200 // bytes of a name for which something is suggested
)

// Likely returns the candidates that a user who typed name most likely meant, without
// regard to case: the nearest one; else up to three that begin with name; else up to three
// that contain it; else up to three that it contains.
func Likely(name string, candidates []string) []string {
	if len(name) > longest { // nobody mistyped this
		return nil
	}
	if s := nearest(name, candidates); s != "" {
		return []string{s}
	}
	typed := strings.ToLower(name)
	for _, matches := range []func(candidate string) bool{
		func(c string) bool { return len(typed) >= least && strings.HasPrefix(c, typed) },
		func(c string) bool { return len(typed) >= least && strings.Contains(c, typed) },
		func(c string) bool { return len(c) >= least && strings.Contains(typed, c) },
	} {
		var found []string
		for _, c := range candidates {
			if len(found) < most && matches(strings.ToLower(c)) {
				found = append(found, c)
			}
		}
		if found != nil {
			return found
		}
	}
	return nil
}

// nearest returns the candidate with the smallest edit distance to name, or "" when none
// is near enough to be what was meant: two letters may have to change, or a third of the
// candidate's if that is more, but not all. Of equally near ones it returns the first.
func nearest(name string, candidates []string) string {
	name = strings.ToLower(name)
	best, bestDistance := "", 0
	for _, c := range candidates {
		d := distance(name, strings.ToLower(c))
		if d < len(c) && d <= max(2, len(c)/3) && (best == "" || d < bestDistance) {
			best, bestDistance = c, d
		}
	}
	return best
}

// distance is the Levenshtein distance in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
