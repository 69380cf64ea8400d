package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/session/outcome"
	"github.com/dtlssim/dtlssim/scenarios/stat"
)

func newMeasure() *cobra.Command {
	var (
		f            format
		s            selection
		p            pool
		d            designFlags
		measure      string
		quantiles    []float64
		survival     bool
		logX         bool
		replications int
		confidence   float64
		output       string
		storage      string
	)
	c := &cobra.Command{
		Use:   "measure SCENARIO|FILE",
		Short: "Estimate how a measure of the runs is distributed, such as how long a handshake takes",
		Long: `Estimate quantiles of a measure with intervals at each point of a design, and draw its
distribution. The measures are

` + measureHelp() + `
What was cut before it was over, or never came about, is censored: of that replication is known that
the measure is so much or more. A handshake is, at its time limit, if it met that or ended with an
error before; all that a run measures is, if the run met the horizon.

The intervals of quantiles are order statistics, by the binomial distribution: they hold whatever
the distribution, with at least the confidence (Hahn and Meeker 1991). Where there are too few
samples, or too many are censored, there is no upper bound, and the answer says so. With --survival,
the distribution is estimated by Kaplan and Meier, with the variance of Greenwood and intervals on the
scale log(-log), those of quantiles as Brookmeyer and Crowley have them: it goes on beyond the first
replication that was cut, on condition that what cut it says nothing else about the measure.

` + designHelp + `

JSON: {scenario, seed, params, measure, method, confidence, points: [{params, replications, taken,
censored, no_result, quantiles: [{q, estimate, at_least, lo, hi, lo_rank, hi_rank, coverage}],
steps: [{value, at_risk, events, probability, lo, hi}], end}], interrupted}; hi is null without
upper bound, and steps are those of the distribution function (of at most the value) or survival
curve (of more). -o draws them, for up to 8 points.`,
		Example: "  dtlssim measure late-close-notify --measure handshake_ns --set loss=0.1 --replications 1000 -o " +
			"handshake.svg\n" +
			"  dtlssim measure late-close-notify --measure handshake_ns --set client-timeout=5s --vary loss=0.1,0.3 " +
			"\\\n" +
			"      --survival --log-x --replications 1000 -o survival.png",
		Args: argsBetween(1, 1, "one SCENARIO or FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			faults := []error{s.resolve(args[0]), p.check(), stat.CheckConfidence(confidence), checkFormat(output)}
			switch {
			case !c.Flags().Changed("replications"):
				faults = append(faults, errors.New("--replications is missing: want a whole number of at least 1"))
			case replications < 1:
				faults = append(faults, fmt.Errorf("--replications %d must be at least 1", replications))
			}
			for _, q := range quantiles {
				if !(q > 0 && q < 1) {
					faults = append(faults, fmt.Errorf("--quantile %g is out of range: above 0, below 1", q))
				}
			}
			switch {
			case measure == "":
				faults = append(
					faults,
					errors.New("--measure is missing: want the name of a measure, such as handshake_ns"),
				)
			case s.scenario != nil:
				faults = append(faults, s.scenario.CheckMeasure(measure))
			}
			if logX && output == "" {
				faults = append(faults, errors.New("--log-x means nothing without a figure, -o FILE.svg"))
			}
			faults = append(faults, d.resolve(&s)...)
			if output != "" {
				faults = append(faults, text.CheckCurves(len(d.points)))
			}
			sweep := sample.Sweep{
				Design: d.points, Replications: replications, Seed: s.seed, Fail: s.predicate,
				Inference: stat.DefaultInference(confidence),
			}
			if errors.Join(faults...) == nil {
				faults = append(faults, sweep.Check())
			}
			unwritable := errors.Join(checkFile(output), checkFile(storage))
			if err := errors.Join(faults...); err != nil {
				return errors.Join(err, unwritable)
			}
			if unwritable != nil {
				return failure(unwritable)
			}
			kept, err := keepSweep(storage, &sweep, p.limits)
			if err != nil {
				return err
			}
			recorder := sample.Record(&sweep, measure)
			r, err := kept.perform(c, &p, sweep)
			if err != nil {
				return err
			}
			j := distribution(r, recorder, d.names, measure, quantiles, confidence, survival)
			err = write(
				c,
				f,
				j,
				func(w io.Writer, j *text.DistributionJSON) error { return text.Distribution(w, j, d.names) },
			)
			if output != "" && !r.Interrupted {
				drawn, drawing := text.DistributionFigure(j, d.names, logX)
				if drawing == nil {
					drawing = writePicture(output, drawn)
				}
				err = errors.Join(err, drawing)
			}
			text.Aborted(c.ErrOrStderr(), r)
			return sweepError(r, err)
		},
	}
	f.addTo(c)
	s.addTo(c)
	p.addTo(c)
	d.addTo(c)
	c.Flags().StringVar(&measure, "measure", "", "the measure `NAME` (required)")
	c.Flags().Float64SliceVar(&quantiles, "quantile", []float64{0.5, 0.9, 0.99},
		"which `QUANTILES` are estimated, separated by commas")
	c.Flags().Lookup("quantile").DefValue = "0.5,0.9,0.99" // not with six places
	c.Flags().BoolVar(&survival, "survival", false, "estimate the survival curve of what was cut, by Kaplan and Meier")
	c.Flags().BoolVar(&logX, "log-x", false, "draw it over a logarithmic axis")
	c.Flags().IntVar(&replications, "replications", 0, "replications at each design point (required)")
	c.Flags().Float64Var(&confidence, "confidence", 0.95, "confidence of the intervals")
	c.Flags().StringVar(&storage, "store", "",
		"keep the replications in `FILE.sqlite`, and take those that are there from it")
	c.Flags().StringVarP(&output, "output", "o", "", "draw a figure to `FILE.svg` or FILE.png")
	return c
}

// measureHelp lists the measures.
func measureHelp() (list string) {
	for _, m := range outcome.Measures {
		list += fmt.Sprintf("%-18s %s;\n", m.Name, m.Meaning)
	}
	return list
}

// distribution estimates what a sweep has recorded of a measure.
func distribution(
	r *sample.Results,
	recorder *sample.Recorder,
	factors []string,
	measure string,
	quantiles []float64,
	confidence float64,
	survival bool,
) *text.DistributionJSON {
	sweep := text.NewSweepJSON(r, factors)
	j := &text.DistributionJSON{
		Scenario: sweep.Scenario, Seed: sweep.Seed, Params: sweep.Params, Measure: measure,
		Method:     text.OrderStatistics,
		Confidence: confidence, Interrupted: r.Interrupted,
	}
	if survival {
		j.Method = text.KaplanMeier
	}
	for i, p := range r.Points {
		point := text.PointDistributionJSON{
			Params: sweep.Points[i].Params, Replications: p.Replications, NoResult: p.Replications - p.Completed(),
		}
		point.SetDistribution(recorder.Distribution(i, quantiles, confidence, survival))
		j.Points = append(j.Points, point)
	}
	return j
}
