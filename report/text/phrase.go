package text

import (
	"fmt"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/search"
)

// List joins items into a phrase.
func List(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	return strings.Join(items[:len(items)-1], ", ") + " and " + items[len(items)-1]
}

// NoWindow is the text of Intervals if there are no failure windows.
const NoWindow = "none"

// Intervals writes failure windows in one line. A window that reaches the end of the searched range
// has no known end.
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

// Searched says which range was searched; nothing is known beyond it.
func Searched(w *search.Windows) string {
	if time.Duration(w.To) == scenarios.Forever {
		return fmt.Sprintf("Searched from %s on, without an end.", time.Duration(w.From))
	}
	return fmt.Sprintf("Searched from %s to %s.", time.Duration(w.From), time.Duration(w.To))
}
