package figures

import (
	"github.com/dtlssim/dtlssim/scenarios/study/rows"
)

import "slices"

// Kind describes a kind of figures, before any figure is read.
type Kind struct {
	Name      string   // value of the key kind in the file
	Keys      []string // of a figure, besides those that every kind has
	Required  []string // the required ones among Keys
	Single    bool     // a figure has only one row
	LeastRows int      // 0 means 1

	// New returns a figure of the kind in which only the head is set.
	New func(rows.Head) Figure
}

// HasAxis reports whether "{x}" may occur in the settings of a figure.
func (k *Kind) HasAxis() bool { return slices.Contains(k.Keys, "x") }

// Kinds returns all kinds.
func Kinds() []*Kind {
	return []*Kind{
		WindowsKind, CurvesKind, TableKind, EstimatesKind, DifferencesKind, DistributionKind, SurvivalKind,
		SensitivityKind, LatencyDistributionKind, MapKind, BandsKind,
	}
}

// KindOf returns the kind with the given name, or nil.
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

// Keys returns the keys that not every kind has.
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

// Limits of what a figure may ask for. Larger numbers are probably typing errors.
const (
	MaxSteps        = 10_000
	MaxReplications = 1_000_000_000
)
