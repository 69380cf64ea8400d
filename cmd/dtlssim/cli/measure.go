package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/session/outcome"
)

func newMeasure() *cobra.Command {
	var (
		s          verb.Selection
		pool       verb.Pool
		confidence verb.Confidence
		n          verb.Replications
		d          = verb.Design{Of: &s}
		output     = verb.Output{Picture: true, Usage: "draw a figure to `FILE.svg` or FILE.png"}
		storage    = verb.Storage{Usage: keepReplications}
		measure    string
		quantiles  []float64
		survival   bool
		logX       bool
		sweep      sample.Sweep
	)
	return verb.New(verb.Verb{
		Use:   "measure SCENARIO|FILE",
		Short: "Estimate how a measure of the runs is distributed, such as how long a handshake takes",
		Long: `Estimate quantiles of a measure, with intervals, at each point of a design, and draw its
distribution. The measures are

` + measureHelp() + `
A replication is censored if its measure was cut off, or never happened: only a lower bound is
known. A handshake is censored at its time limit, if it reached that limit or ended with an error
before. Every measure is censored if the run met the horizon.

The intervals of quantiles come from order statistics and the binomial distribution: they hold
whatever the distribution, with at least the confidence (Hahn and Meeker 1991). If there are too few
samples, or too many are censored, there is no upper bound, and the answer says so. --survival uses
the estimate of Kaplan and Meier, with Greenwood's variance, intervals on the scale log(-log), and
the intervals of Brookmeyer and Crowley for quantiles. It continues beyond the first censored
replication, on condition that the reason for censoring tells nothing else about the measure.

` + verb.DesignHelp + `

JSON: {scenario, seed, params, measure, unit (ns, B, or none for a count), method, confidence,
points: [{params, replications, taken, censored, no_result, quantiles: [{q, estimate, at_least,
lo, hi, lo_rank, hi_rank, coverage}], steps: [{value, at_risk, events, probability, lo, hi}],
end}], interrupted}; hi is null without upper bound, and steps are those of the distribution
function (of at most the value) or survival curve (of more). -o draws them, for up to 8 points.`,
		Example: "  dtlssim measure late-close-notify --measure handshake --set loss=0.1 --replications 1000 -o " +
			"handshake.svg\n" +
			"  dtlssim measure late-close-notify --measure handshake --set client-timeout=5s --vary loss=0.1,0.3 " +
			"\\\n" +
			"      --survival --log-x --replications 1000 -o survival.png",
		Args:  verb.OneScenario,
		Parts: []verb.Part{&s, &pool, &confidence, &n, &d, &output, &storage},
		Flags: func(f *pflag.FlagSet) {
			f.StringVar(&measure, "measure", "", "the measure `NAME` (required)")
			f.Float64SliceVar(&quantiles, "quantile", []float64{0.5, 0.9, 0.99},
				"which `QUANTILES` are estimated, separated by commas")
			f.Lookup("quantile").DefValue = "0.5,0.9,0.99" // without six decimal places
			f.BoolVar(&survival, "survival", false, "estimate the survival curve of what was cut, by Kaplan and Meier")
			f.BoolVar(&logX, "log-x", false, "draw it over a logarithmic axis")
		},
		Check: func(_ *verb.Call, f *verb.Faults) {
			for _, q := range quantiles {
				if !(q > 0 && q < 1) {
					f.Add(fmt.Errorf("--quantile %g is out of range: above 0, below 1", q))
				}
			}
			switch {
			case measure == "":
				f.Add(errors.New("--measure is missing: want the name of a measure, such as handshake"))
			case s.Scenario != nil:
				f.Add(s.Scenario.CheckMeasure(measure))
			}
			if logX && output.Path == "" {
				f.Add(errors.New("--log-x applies only to a figure: want -o FILE.svg as well"))
			}
			if output.Path != "" {
				f.Add(text.CheckCurves(len(d.Points)))
			}
			sweep = sample.Sweep{
				Design: d.Points, Replications: int(n), Seed: s.Seed, Fail: s.Predicate,
				Inference: confidence.Inference,
			}
			checkSweep(&sweep, f)
			if f.None() {
				f.Add(sweep.CheckKept())
			}
		},
		Open: func(c *verb.Call) error { return storage.OpenSweep(c, &sweep, pool.Limits) },
		Ask: func(c *verb.Call) (*verb.Answer, error) {
			recorder := sample.Record(&sweep, measure)
			r, err := perform(c, sweep, &storage)
			if err != nil {
				return nil, err
			}
			j := text.NewDistribution(r, recorder, d.Names, measure, quantiles, survival)
			a := verb.Show(j, func(w io.Writer, j *text.DistributionJSON) error {
				return text.Distribution(w, j, d.Names)
			})
			if output.Path != "" && !r.Interrupted {
				drawn, err := text.DistributionFigure(j, d.Names, logX)
				a.Files = append(a.Files, verb.Picture(output.Path, drawn, err))
			}
			return finish(a, r), nil
		},
	})
}

// measureHelp lists the measures.
func measureHelp() (list string) {
	for _, m := range outcome.Measures {
		list += fmt.Sprintf("%-18s %s;\n", m.Name, m.Meaning)
	}
	return list
}
