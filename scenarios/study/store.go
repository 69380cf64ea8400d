package study

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/command"
	"github.com/dtlssim/dtlssim/scenarios/format"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/provenance"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/store"
	"github.com/dtlssim/dtlssim/scenarios/store/layout"
)

// points returns the values of all runs of the study.
func (s *Study) points() (points []scenarios.Values, err error) {
	var faults []error
	for _, g := range s.Figures {
		for _, set := range g.Settings() {
			v, err := s.Values(set)
			points, faults = append(points, v), append(faults, err)
		}
	}
	return points, errors.Join(faults...)
}

// Ready reports what prevents the runs of the study: see [scenarios.Ready].
func (s *Study) Ready() error {
	points, err := s.points()
	if err != nil {
		return err
	}
	return scenarios.Ready(points...)
}

// Specification returns the specification of a store of the study. It reports any file on which
// the runs depend and that cannot be read.
func (s *Study) Specification(limits run.Limits) (provenance.Specification, error) {
	points, err := s.points()
	if err != nil {
		return provenance.Specification{}, err
	}
	return provenance.OfStudy(
		provenance.Study{Name: s.Name, Title: s.Title, File: provenance.Path(s.File), Text: string(s.Text)}, s.Scenario, points,
		limits,
	)
}

// FromStore returns the result of a study from its store, as of the last finished run, and performs
// nothing. It returns a [layout.MismatchError] if the file is not a store of a study, and a
// [store.MissingError] if the study is not finished.
func FromStore(path string) (*Result, error) {
	r, err := store.Read(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	kept, err := r.Specification()
	if err != nil {
		return nil, err
	}
	if kept.Study == nil {
		return nil, &layout.MismatchError{Path: path, Reason: "is the store of a sweep, not of a study"}
	}
	programs, err := r.Programs()
	if err != nil {
		return nil, err
	}
	budget := 0.0
	for _, p := range programs {
		if p.Finished != "" {
			budget = p.Budget
		}
	}
	if budget == 0 {
		name := string(kept.Study.File)
		if name == "" {
			name = kept.Study.Name
		}
		return nil, &store.MissingError{
			Path: path, Command: command.New("study", name, "--store", path).String(),
		}
	}
	s, err := restore(kept)
	if err != nil {
		return nil, fmt.Errorf("%s: the study that it keeps cannot be read: %w", path, err)
	}
	s.Store = reading{r}
	result, err := s.Run(context.Background(), r.Runner(), budget, nil)
	s.Store = nil
	var missing *store.MissingError
	if errors.As(err, &missing) { // it was finished, so this program asks for something else
		return nil, fmt.Errorf(
			"%s does not hold all that this dtlssim asks for, which is not the one that wrote it: that was %s", path,
			programs[len(programs)-1].Describe(),
		)
	}
	return result, err
}

// reading is a read-only store.
type reading struct{ *store.Reader }

func (r reading) Runner(run.Runner) run.Runner { return r.Reader.Runner() }

// restore reads the study that a store keeps, with its scenario, as their files were.
func restore(kept provenance.Specification) (*Study, error) {
	r := &reader{strict.Reader{File: string(kept.Study.File)}, catalogue.Load}
	if kept.Source != "" {
		r.load = func(string) (*scenarios.Scenario, error) {
			s, err := format.Parse(string(kept.File), []byte(kept.Source))
			if err == nil {
				s.File = string(kept.File)
			}
			return s, err
		}
	}
	s := r.parse([]byte(kept.Study.Text))
	if err := r.Err(); err != nil {
		return nil, err
	}
	return s, changedFiles(kept.Files)
}

// changedFiles reports the files of latency distributions that have changed since.
func changedFiles(files map[string]string) error {
	changed, err := provenance.ChangedFiles(files)
	if err == nil && len(changed) > 0 {
		err = fmt.Errorf(
			"of its latency distributions, these files say something else now: %s", strings.Join(changed, ", "),
		)
	}
	return err
}
