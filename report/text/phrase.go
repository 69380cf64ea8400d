package text

import (
	"fmt"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/search"
)

// List joins items to a phrase.
func List(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	return strings.Join(items[:len(items)-1], ", ") + " and " + items[len(items)-1]
}

// NoWindow is what Intervals says if there are none.
const NoWindow = "none"

// Intervals writes failure windows in a line; one that reaches the end of the range has no
// end that is known.
func Intervals(w *search.Windows) string {
	var parts []string
	for _, i := range w.FailureWindows {
		from, to := time.Duration(i.From), time.Duration(i.To)
		if i.To == w.To {
			parts = append(parts, fmt.Sprintf("from %s on", from))
		} else {
			parts = append(parts, fmt.Sprintf("[%s, %s)", from, to))
		}
	}
	if len(parts) == 0 {
		return NoWindow
	}
	return strings.Join(parts, " and ")
}

// Searched says which range was searched: nothing is known of what lies beyond.
func Searched(w *search.Windows) string {
	if time.Duration(w.To) == scenarios.Forever {
		return fmt.Sprintf("Searched from %s on, without an end.", time.Duration(w.From))
	}
	return fmt.Sprintf("Searched from %s to %s.", time.Duration(w.From), time.Duration(w.To))
}
