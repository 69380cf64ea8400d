package figures

import (
	"github.com/dtlssim/dtlssim/scenarios/study/rows"
)

import "slices"

// Kind is what tells a kind of figures from the others before a figure is read.
type Kind struct {
	Name      string   // as the key kind of a file has it
	Keys      []string // of a figure, besides those that all have
	Required  []string // of them
	Single    bool     // it shows one row only
	LeastRows int      // 0 stands for 1

	// New returns a figure of the kind, of which nothing but the head is known yet.
	New func(rows.Head) Figure
}

// HasAxis tells whether "{x}" may stand in the settings of a figure.
func (k *Kind) HasAxis() bool { return slices.Contains(k.Keys, "x") }

// Kinds returns all kinds.
func Kinds() []*Kind {
	return []*Kind{
		WindowsKind, CurvesKind, TableKind, EstimatesKind, DifferencesKind, DistributionKind, SurvivalKind,
		SensitivityKind, LatencyDistributionKind, MapKind, BandsKind,
	}
}

// KindOf returns the kind of a name; nil if there is none.
func KindOf(name string) *Kind {
	for _, k := range Kinds() {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// KindNames returns the names of the kinds.
func KindNames() (names []string) {
	for _, k := range Kinds() {
		names = append(names, k.Name)
	}
	return names
}

// Keys returns the keys that only some kinds have.
func Keys() (keys []string) {
	for _, k := range Kinds() {
		for _, key := range k.Keys {
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// Bounds of what a figure may ask for: beyond them a misprint is more likely than a wish.
const (
	MaxSteps        = 10_000
	MaxReplications = 1_000_000_000
)
