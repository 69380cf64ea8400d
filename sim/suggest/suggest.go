// Package suggest finds the name that a user most likely meant.
package suggest

// Nearest returns the candidate with the smallest edit distance to name, or ""
// when none is near enough to be what was meant: two letters may have to change, or
// a third of the candidate's if that is more, but not all. Of equally near ones it
// returns the first.
func Nearest(name string, candidates []string) string {
	best, bestDistance := "", 0
	for _, c := range candidates {
		d := distance(name, c)
		if d < len(c) && d <= max(2, len(c)/3) && (best == "" || d < bestDistance) {
			best, bestDistance = c, d
		}
	}
	return best
}

// DidYouMean returns " Did you mean X?" for the candidate X that Nearest finds, or "" if
// it finds none.
func DidYouMean(name string, candidates []string) string {
	if s := Nearest(name, candidates); s != "" {
		return " Did you mean " + s + "?"
	}
	return ""
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
