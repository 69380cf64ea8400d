package summary

import (
	"fmt"
	"math"
	"strconv"

	"github.com/dtlssim/dtlssim/report/figure"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/scenarios/study/figures"
)

// MethodEstimate is a failure probability found by one method.
type MethodEstimate struct {
	Row        string  `json:"row"`
	Method     string  `json:"method"`
	Estimate   float64 `json:"estimate"`
	Low        float64 `json:"lo"`
	High       float64 `json:"hi"`
	Interval   string  `json:"interval"` // method of the bounds
	Confidence float64 `json:"confidence,omitempty"`
	Samples    int     `json:"samples"` // replications, or seeds
	Failures   int     `json:"failures,omitempty"`
	Runs       int     `json:"runs"`
}

// methodEstimates returns the estimates of a figure of kind estimates, row by row.
func methodEstimates(f *figures.EstimatesResult) (list []MethodEstimate) {
	for _, e := range f.ByMethod() {
		j := MethodEstimate{
			Row: e.Row, Method: string(e.By), Estimate: e.Value, Low: e.Low, High: e.High, Interval: string(e.Method),
			Confidence: e.Confidence, Samples: e.N, Failures: e.Failures, Runs: e.Runs,
		}
		if e.Exact {
			j.Interval, j.Confidence = "exact", 0
		}
		list = append(list, j)
	}
	return list
}

// estimates shows the estimates of each row by every method.
func estimates(f *figures.EstimatesResult, confidence float64) (Section, error) {
	list := methodEstimates(f)
	s := Section{
		Values: Values{Data: list, Sweeps: sweeps(f)},
		Table: [][]string{
			{"ROW", "METHOD", "PROBABILITY", fmt.Sprintf("%g %% INTERVAL", 100*confidence), "SAMPLES", "RUNS"},
		},
	}
	records := [][]string{
		{"row", "method", "estimate", "lo", "hi", "interval", "confidence", "samples", "failures", "runs"},
	}
	var drawn []figure.Estimate
	agree, compared := 0, 0
	smallest := math.Inf(1)
	for i, e := range list {
		interval := fmt.Sprintf("%.4g .. %.4g", e.Low, e.High)
		s.Table = append(
			s.Table,
			[]string{
				e.Row,
				e.Method,
				fmt.Sprintf("%.4g", e.Estimate),
				interval,
				strconv.Itoa(e.Samples),
				strconv.Itoa(e.Runs),
			},
		)
		records = append(records, []string{
			e.Row, e.Method, number(e.Estimate), number(e.Low), number(e.High), e.Interval, number(e.Confidence),
			strconv.Itoa(e.Samples), strconv.Itoa(e.Failures), strconv.Itoa(e.Runs),
		})
		drawn = append(drawn,
			figure.Estimate{Row: e.Row, Method: e.Method, Value: e.Estimate, Low: e.Low, High: e.High})
		if e.Estimate > 0 {
			smallest = min(smallest, e.Estimate)
		}
		if i > 0 && list[i-1].Row == e.Row {
			compared++
			if list[i-1].Low <= e.High && e.Low <= list[i-1].High {
				agree++
			}
		}
	}
	s.Sentence = fmt.Sprintf(
		"In %d of %d rows the interval of crude Monte Carlo and that of the windows meet. The smallest probability "+
			"is %.3g.",
		agree, compared, smallest,
	)
	if math.IsInf(smallest, 1) {
		s.Sentence = "In no row a session fails."
	}
	s.Method = "Exact: the failure windows integrated over the probe's distribution, where nothing else is random. " +
		"Conditional: the same for each seed of everything else, averaged; interval: " + stat.Hall.Title() +
		". Crude Monte Carlo: " +
		"the share of failures, with " + f.Rows[0].Sweep.Inference.Method.Title() +
		"'s interval; a run of it takes one replication, a seed of the others a whole search."
	if f.Idle != nil {
		s.Sentence = "Only crude Monte Carlo has an answer: " + f.Idle.Reason() + "."
	} else if basis := f.Basis(); !basis.Proved {
		s.Method += " " + text.NotProved(&basis)
	}
	fig := figure.Estimates(f.Of.Title, drawn, smallest < 0.01, confidence, s.Sentence)
	return s, s.add(f.Of.Name, &fig, records)
}
