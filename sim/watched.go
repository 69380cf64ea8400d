package sim

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/dtlssim/dtlssim/sim/trace"
)

// Quantity is something that is compared with others, such as a limit or a measured duration.
type Quantity struct {
	Value time.Duration
	What  string
}

// Compared adds a comparison that the replication did not make itself: a question about the
// replication depends on the order of these quantities. The place must be new.
func (w *Watched) Compared(place string, list []Quantity) {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b Quantity) int {
		return cmp.Or(cmp.Compare(a.Value, b.Value), cmp.Compare(a.What, b.What))
	})
	line := trace.Timeline{Host: place}
	structure := fmt.Appendf(nil, "%s %q", w.Structure, place)
	for i, q := range list {
		structure = fmt.Appendf(structure, " %q", q.What)
		if i > 0 && list[i-1].Value == q.Value {
			structure = fmt.Append(structure, " at the same instant")
		}
		line.Times = append(line.Times, q.Value)
	}
	sum := sha256.Sum256(structure)
	w.Structure = hex.EncodeToString(sum[:16])
	w.Timelines = append(w.Timelines, line)
}
