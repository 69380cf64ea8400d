package study

import (
	"github.com/dtlssim/dtlssim/scenarios/answers"
)

// Answers returns what a store holds of the result besides its replications: the windows, the
// estimates with their intervals, and the maps.
func (r *Result) Answers() (all answers.Answers) {
	for _, f := range r.Figures {
		var a answers.Answers
		for _, s := range f.Searches() {
			row := s.Row
			if s.Factor != "" {
				row = s.Factor + "=" + s.Row
			}
			a.Searches = append(a.Searches, answers.Search{Row: row, Windows: s.Windows})
		}
		for _, s := range f.Sweeps() {
			exact := answers.ExactOf(s.Results, s.Exact, s.Missed, s.X)
			for _, e := range append(answers.EstimatesOf(s.Results, s.X), exact...) {
				e.Row = s.Row
				a.Estimates = append(a.Estimates, e)
			}
		}
		more := f.Answers()
		a.Estimates, a.Maps = append(a.Estimates, more.Estimates...), append(a.Maps, more.Maps...)

		name := f.Figure().Common().Name
		for i := range a.Searches {
			a.Searches[i].Figure = name
		}
		for i := range a.Estimates {
			a.Estimates[i].Figure = name
		}
		for i := range a.Maps {
			a.Maps[i].Figure = name
		}
		all.Searches, all.Estimates = append(all.Searches, a.Searches...), append(all.Estimates, a.Estimates...)
		all.Maps = append(all.Maps, a.Maps...)
	}
	return all
}
