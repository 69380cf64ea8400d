// Package catalogue finds scenarios by name: the built-in ones, each a YAML file in this folder,
// and those that a Go program registers. It also loads a scenario from a user's file.
//
//	YAML -> format.Parse -> Load, Find, All -> *scenarios.Scenario
//	Go   -> Register     -> Load, Find, All -> *scenarios.Scenario
package catalogue

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/format"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/sim/suggest"
)

//go:embed *.yaml
var catalogueFiles embed.FS

// catalogue lists the names of the built-in scenarios in display order. Each has a file.
var catalogue = []string{
	"late-close-notify", "deferred-alert",
	"unfiltered-listener", "ghost-flight5", "duplicate-hello", "stray-fragment",
	"hello2-poison", "flight5-poison", "hello1-mixing",
	"verify-request-swallowed", "silent-restart", "plaintext-alert", "plaintext-data",
	"finish-stall", "truncation", "orphaned-flight6", "retransmit-collision",
	"backlog-burst", "nat-rebinding", "close-race",
}

// library holds the scenarios known by name. It reads a file on first use, because a worker needs
// only one.
var library = struct {
	sync.Mutex
	read       map[string]*scenarios.Scenario
	registered []*scenarios.Scenario
}{read: make(map[string]*scenarios.Scenario)}

// Register adds a program's own scenario. Call it before the program becomes a worker
// (run.ServeIfAsked). It reports a name that is taken, and every fault of the scenario: see
// [scenarios.Scenario.Validate].
func Register(s *scenarios.Scenario) error {
	if slices.Contains(names(), s.Name) {
		return fmt.Errorf("there are two scenarios of the name %s", s.Name)
	}
	if err := s.Validate(); err != nil {
		return scenarios.Within("scenario "+s.Name, err)
	}
	library.Lock()
	defer library.Unlock()
	library.registered = append(library.registered, s)
	return nil
}

func names() []string {
	list := slices.Clone(catalogue)
	library.Lock()
	defer library.Unlock()
	for _, s := range library.registered {
		list = append(list, s.Name)
	}
	return list
}

// All returns the scenarios, built-in ones first.
func All() []*scenarios.Scenario {
	var list []*scenarios.Scenario
	for _, name := range names() {
		s, err := Find(name)
		if err != nil {
			panic(err) // names returned this name
		}
		list = append(list, s)
	}
	return list
}

// Find returns the scenario of that name.
func Find(name string) (*scenarios.Scenario, error) {
	library.Lock()
	defer library.Unlock()
	for _, s := range library.registered {
		if s.Name == name {
			return s, nil
		}
	}
	if s, ok := library.read[name]; ok {
		return s, nil
	}
	if slices.Contains(catalogue, name) {
		source, err := catalogueFiles.ReadFile(name + ".yaml")
		if err != nil {
			return nil, err
		}
		s, err := format.Parse(name+".yaml", source)
		if err != nil {
			return nil, fmt.Errorf("the built-in scenario %s is broken: %w", name, err)
		}
		s.File = ""
		library.read[name] = s
		return s, nil
	}
	known := slices.Clone(catalogue)
	for _, s := range library.registered {
		known = append(known, s.Name)
	}
	return nil, fmt.Errorf("there is no scenario %q.%s There are %s; or give the path of a YAML file", name,
		suggest.DidYouMean(name, known), strings.Join(known, ", "))
}

// IsFile reports whether a reference to a scenario is the path of a file rather than a name.
func IsFile(reference string) bool { return strings.ContainsAny(reference, "/.") }

// Load returns the scenario with a given name, or from the file at a given path.
func Load(reference string) (*scenarios.Scenario, error) {
	if !IsFile(reference) {
		return Find(reference)
	}
	source, err := strict.ReadFile(reference)
	if err != nil {
		return nil, err
	}
	return format.Parse(reference, source)
}
