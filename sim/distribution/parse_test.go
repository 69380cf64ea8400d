package distribution_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/sim/distribution"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"10ms", "10ms"},
		{"0", "0s"}, // zero alone needs no unit
		{"0s", "0s"},
		{"1.5ms", "1.5ms"},
		{"1h30m", "1h30m0s"},
		{"1000h", "1000h0m0s"}, // the greatest
		{" 10ms ", "10ms"},

		// Arguments in order, by name, in any order by name, and mixed.
		{"uniform(5ms,15ms)", "uniform(from=5ms,to=15ms)"},
		{"uniform(from=5ms,to=15ms)", "uniform(from=5ms,to=15ms)"},
		{"uniform(to=15ms,from=5ms)", "uniform(from=5ms,to=15ms)"},
		{"uniform(5ms,to=15ms)", "uniform(from=5ms,to=15ms)"},
		{" uniform ( from = 5ms , to = 15ms ) ", "uniform(from=5ms,to=15ms)"},
		{"uniform(0,1ns)", "uniform(from=0s,to=1ns)"},

		{"normal(0,1ms)", "normal(mean=0s,sigma=1ms)"},
		{"exponential(20ms)", "exponential(mean=20ms)"},
		{"lognormal(20ms,0.6)", "lognormal(median=20ms,sigma=0.6)"},
		{"lognormal(sigma=20,median=1000us)", "lognormal(median=1ms,sigma=20)"},
		{"gamma(20ms,1e6)", "gamma(mean=20ms,shape=1e+06)"},
		{"weibull(20ms,.5)", "weibull(scale=20ms,shape=0.5)"},
		{"pareto(5ms,2)", "pareto(minimum=5ms,shape=2)"},

		{"5ms+exponential(20ms)", "5ms+exponential(mean=20ms)"},
		{"5ms + exponential(20ms)", "5ms+exponential(mean=20ms)"},
		{"0s+exponential(20ms)", "exponential(mean=20ms)"}, // no offset
	} {
		l, err := distribution.Parse(c.text)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if got := l.String(); got != c.want {
			t.Errorf("%q is read as %q, want %q", c.text, got, c.want)
		}
		if err := roundTrip(l); err != "" {
			t.Errorf("%q: %s", c.text, err)
		}
	}
}

// roundTrip says in what a distribution differs from the one that its text gives.
func roundTrip(l distribution.Distribution) string {
	again, err := distribution.Parse(l.String())
	switch {
	case err != nil:
		return "its own text is refused: " + err.Error()
	case again != l:
		return "its own text gives another distribution: " + again.String()
	case again.String() != l.String():
		return l.String() + " becomes " + again.String()
	}
	return ""
}

func TestOneDistributionInManyWritings(t *testing.T) {
	want := parse(t, "5ms+gamma(mean=20ms,shape=2)")
	for _, text := range []string{
		"5ms+gamma(20ms,2)", "5000us+gamma(20ms,2.0)", "5ms+gamma(shape=2,mean=0.02s)",
		" 5ms + gamma( mean = 20ms , 2 ) ",
	} {
		if got := parse(t, text); got != want {
			t.Errorf("%q is read as %s, want %s", text, got, want)
		}
	}
}

func TestBrokenLaws(t *testing.T) {
	const unit = "is not a duration (a number with a unit: ns, us, ms, s, m, h)"
	for _, c := range []struct{ text, want string }{
		// Neither a duration nor a distribution.
		{"", `"" ` + unit},
		{"10", `"10" ` + unit},
		{"ten ms", `"ten ms" ` + unit},
		{"10 parsecs", "a distribution is one of 10ms, empirical(file), exponential(mean), gamma(mean,shape), " +
			"lognormal(median,sigma), mixture(weight,distribution,weight,distribution,...), normal(mean,sigma), " +
			"pareto(minimum,shape), trace(file), uniform(from,to), weibull(scale,shape), OFFSET+DISTRIBUTION"},
		{"-10ms", "-10ms is negative"},
		{"1001h", "1001h is out of range: at most 1000h"},
		{"1e3ms", `"1e3ms" ` + unit},
		{"9999999999h", `"9999999999h" ` + unit},

		// The name of a distribution.
		{"gamma", "gamma needs its arguments: gamma(mean,shape)"},
		{"gama", "not a distribution. Did you mean gamma(mean,shape)?"},
		{"exponental", "not a distribution. Did you mean exponential(mean)?"},
		{"gama(20ms,2)",
			`"gama" is not a distribution. Did you mean gamma(mean,shape)? A distribution is one of 10ms,`},
		{"Normal(20ms,5ms)", `"Normal" is not a distribution. Did you mean normal(mean,sigma)?`},
		{"log-normal(20ms,0.6)", `"log-normal" is not a distribution. Did you mean lognormal(median,sigma)?`},
		{"zipf(20ms)", `"zipf" is not a distribution. A distribution is one of 10ms,`},
		{"(20ms)", `"" is not a distribution. A distribution is one of`},

		// Parentheses.
		{"exponential(20ms", "the closing parenthesis is missing"},
		{"exponential(", "the closing parenthesis is missing"},
		{"exponential(20ms)+5ms", "the offset stands before the distribution: OFFSET+DISTRIBUTION"},
		{"exponential(20ms))", `exponential: mean: "20ms)" ` + unit},

		// The number of arguments.
		{"exponential()", "want the arguments exponential(mean), not 0"},
		{"exponential(20ms,5ms)", "want the arguments exponential(mean), not 2"},
		{"uniform(5ms)", "want the arguments uniform(from,to), not 1"},
		{"uniform(5ms,6ms,7ms)", "want the arguments uniform(from,to), not 3"},

		// Their names.
		{"exponential(rate=20ms)", `exponential has no argument "rate". Want exponential(mean)`},
		{"gamma(mean=20ms,scale=2)", `gamma has no argument "scale". Did you mean shape? Want gamma(mean,shape)`},
		{"gamma(=20ms,shape=2)", `gamma has no argument "". Want gamma(mean,shape)`},
		{"gamma(mean=20ms,mean=30ms)", "gamma: argument mean is given twice"},
		{"gamma(20ms,mean=20ms)", "gamma: argument mean is given twice"},
		{"gamma(shape=2,20ms)", "gamma: argument shape is given twice"}, // 20ms stands in the place of the shape

		// Their values.
		{"exponential(0)", "exponential: mean: must be above 0"},
		{"exponential(-20ms)", "exponential: mean: -20ms is negative"},
		{"exponential(20)", `exponential: mean: "20" ` + unit},
		{"exponential(2000h)", "exponential: mean: 2000h is out of range: at most 1000h"},
		{"exponential(mean=)", `exponential: mean: "" ` + unit},
		{"normal(-1ms,5ms)", "normal: mean: -1ms is negative"},
		{"normal(20ms,0s)", "normal: sigma: must be above 0"},
		{"uniform(15ms,5ms)", "uniform: its first bound must be below its second"},
		{"uniform(5ms,5ms)", "uniform: its first bound must be below its second"},
		{"lognormal(20ms,0)", "lognormal: sigma: 0 is out of range: 1e-06 to 20"},
		{"lognormal(20ms,20.5)", "lognormal: sigma: 20.5 is out of range: 1e-06 to 20"},
		{"lognormal(20ms,-1)", "lognormal: sigma: -1 is out of range: 1e-06 to 20"},
		{"lognormal(20ms,5ms)", `lognormal: sigma: "5ms" is not a number`},
		{"gamma(20ms,NaN)", `gamma: shape: "NaN" is not a number`},
		{"gamma(20ms,Inf)", "gamma: shape: Inf is out of range: 0.01 to 1e+06"},
		{"weibull(20ms,)", `weibull: shape: "" is not a number`},
		{"pareto(0,2)", "pareto: minimum: must be above 0"},
		{"pareto(5ms,1000001)", "pareto: shape: 1000001 is out of range: 0.01 to 1e+06"},

		// The offset.
		{"-5ms+exponential(20ms)", "offset: -5ms is negative"},
		{"5+exponential(20ms)", `offset: "5" ` + unit},
		{"+exponential(20ms)", `offset: "" ` + unit},
		{"2000h+exponential(20ms)", "offset: 2000h is out of range: at most 1000h"},
		{"5ms+5ms+exponential(20ms)", `"5ms+exponential" is not a distribution`},
		{"5ms-exponential(20ms)", `"5ms-exponential" is not a distribution`},
		{"5ms+gama(20ms,2)", `"gama" is not a distribution. Did you mean gamma(mean,shape)?`},
		{"5ms+10ms", `"5ms+10ms" ` + unit},
	} {
		l, err := distribution.Parse(c.text)
		if err == nil {
			t.Errorf("%q is accepted as %s", c.text, l)
			continue
		}
		if l != nil {
			t.Errorf("%q gives an error and a distribution, %s", c.text, l)
		}
		if prefix := `latency distribution "` + c.text + `": `; !strings.HasPrefix(err.Error(), prefix) {
			t.Errorf("%q: the message %q does not begin with %q", c.text, err, prefix)
		}
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: the message is %q, want %q in it", c.text, err, c.want)
		}
	}
}

func TestForms(t *testing.T) {
	want := []string{"10ms", "empirical(file)", "exponential(mean)", "gamma(mean,shape)", "lognormal(median,sigma)",
		"mixture(weight,distribution,weight,distribution,...)", "normal(mean,sigma)",
		"pareto(minimum,shape)", "trace(file)", "uniform(from,to)", "weibull(scale,shape)", "OFFSET+DISTRIBUTION"}
	if got := distribution.Forms(); !slices.Equal(got, want) {
		t.Errorf("the forms are %q, want %q", got, want)
	}
}

// The quantile of a gamma distribution of subnormal shape never returns: Parse accepts none.
// That of the smallest shape that it accepts does.
func TestTheSmallestShapesTerminate(t *testing.T) {
	for _, text := range []string{"gamma(1ns,1e-310)", "weibull(20ms,1e-300)", "pareto(5ms,1e-300)"} {
		if l, err := distribution.Parse(text); err == nil {
			t.Errorf("%s was accepted", l)
		}
	}
	for _, text := range []string{"gamma(1ns,0.01)", "gamma(1000h,0.01)"} {
		l := parse(t, text)
		if got := distribution.Latency(l, 0.5); got < 0 {
			t.Errorf("%s: the median is %s", l, got)
		}
	}
}

// FuzzParse checks that no text makes Parse panic, and that whatever it accepts
// is a distribution that its own text gives again.
func FuzzParse(f *testing.F) {
	for _, text := range append([]string{
		"10ms", "5ms+exponential(20ms)", "uniform(to=15ms,from=5ms)", "gamma(20ms,0x1p-3)", "lognormal(1ns,1e-320)",
		"exponential(", ")(", "+(", "=", "gamma(,)", "gamma(=,=)", "1s+", "\xff(\x00)", "weibull(1ns,1e-9)",
		"pareto(1000h,1e6)",
	}, continuous...) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := distribution.Parse(text)
		if err != nil {
			if l != nil {
				t.Errorf("%q gives an error and a distribution, %s", text, l)
			}
			if !strings.HasPrefix(err.Error(), "latency distribution ") {
				t.Errorf("%q: the message %q does not say what is wrong", text, err)
			}
			return
		}
		if fault := roundTrip(l); fault != "" {
			t.Errorf("%q: %s", text, fault)
		}
		if m := l.Mean(); math.IsNaN(m) || m < 0 {
			t.Errorf("%q: the mean is %v", text, m)
		}
		if l.Below(0) != 0 {
			t.Errorf("%q: the probability below 0 is %v", text, l.Below(0))
		}
	})
}
