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

// Searched says which range was searched, and why the windows in it are not proved to be complete, if
// they are not. Nothing is known beyond it.
func Searched(w *search.Windows, basis search.Basis) string {
	doubt := ""
	if !basis.Proved {
		doubt = ", and not proved: " + basis.WhyNot
	}
	if time.Duration(w.To) == scenarios.Forever {
		return fmt.Sprintf("Searched from %s on, without an end%s.", time.Duration(w.From), doubt)
	}
	return fmt.Sprintf("Searched from %s to %s%s.", time.Duration(w.From), time.Duration(w.To), doubt)
}
