package search_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/format"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
)

// draw is how often a random case sets a parameter, and to what.
type draw struct {
	share  float64
	values []string
}

// draws are for the parameters that all scenarios have.
var draws = map[string]draw{
	"latency": {
		0.3,
		[]string{"1ms", "5ms", "10ms", "20ms", "200ms", "uniform(1ms,30ms)", "5ms+exponential(mean=10ms)"},
	},
	"uplink":              {0.1, []string{"7ms", "uniform(5ms,40ms)"}},
	"downlink":            {0.15, []string{"3ms", "uniform(5ms,40ms)"}},
	"service":             {0.25, []string{"0s", "1ms", "7ms", "50ms"}},
	"linger":              {0.25, []string{"5ms", "20ms", "50ms", "200ms"}},
	"gap":                 {0.25, []string{"0s", "5ms", "50ms", "150ms", "1200ms"}},
	"gap-variation":       {0.1, []string{"uniform(0s,80ms)"}},
	"clients":             {1, []string{"1", "2", "2", "3"}},
	"client":              {0.25, []string{"closes-first", "waits", "acknowledged", "vanishes"}},
	"client-pause":        {0.25, []string{"5ms", "100ms", "3s"}},
	"pause-jitter":        {0.05, []string{"uniform(0s,40ms)"}},
	"close-delay":         {0.1, []string{"3ms", "40ms"}},
	"keep-alive":          {0.15, []string{"50ms", "500ms"}},
	"client-port":         {0.25, []string{"new", "same"}},
	"client-hosts":        {0.15, []string{"1", "2"}},
	"arrivals":            {0.2, []string{"after-previous", "at-intervals"}},
	"reconnects":          {0.15, []string{"1", "3"}},
	"back-off":            {0.15, []string{"50ms", "700ms"}},
	"ends":                {0.2, []string{"server", "peer"}},
	"idle-timeout":        {0.2, []string{"300ms", "3s"}},
	"hold":                {0.15, []string{"30ms", "1500ms"}},
	"handshake-timeout":   {0.2, []string{"500ms", "3s"}},
	"client-timeout":      {0.3, []string{"500ms", "3s"}},
	"read-timeout":        {0.1, []string{"400ms"}},
	"flight-interval":     {0.3, []string{"200ms", "500ms"}},
	"model":               {0.3, []string{"sequential", "listener", "concurrent"}},
	"tombstone":           {0.15, []string{"50ms", "500ms"}},
	"concurrency":         {0.15, []string{"1", "2"}},
	"backlog":             {0.1, []string{"1", "2"}},
	"rehandshake":         {0.15, []string{"ignore", "parallel"}},
	"filter":              {0.1, []string{"none", "handshake", "client-hello"}},
	"verify":              {0.15, []string{"one-socket", "two-sockets"}},
	"verify-hold":         {0.15, []string{"5ms", "30ms"}},
	"server-port":         {0.1, []string{"rotate"}},
	"first-record":        {0.2, []string{"stack", "reject", "discard"}},
	"pause-after-release": {0.15, []string{"20ms", "150ms"}},
	"guard":               {0.15, []string{"none", "established", "strict"}},
	"nat-mapping":         {0.2, []string{"endpoint-independent", "address-and-port-dependent"}},
	"nat-lifetime":        {0.3, []string{"100ms", "1s", "5s"}},
	"loss":                {0.2, []string{"0.05", "0.2"}},
	"duplicate":           {0.1, []string{"0.1", "0.5"}},
	"reorder":             {0.1, []string{"0.3"}},
	"bandwidth":           {0.15, []string{"64kbit/s", "1Mbit/s"}},
	"queue":               {0.1, []string{"1", "3"}},
	"correlation":         {0.05, []string{"0.5"}},
	"down":                {0.1, []string{"15ms..45ms", "60ms..300ms"}},
	"server-start":        {0.1, []string{"5ms", "300ms", "1500ms"}},
	"server-start-queue":  {0.5, []string{"kernel"}},
	"replay-window":       {0.05, []string{"1", "2", "1000"}},
	"client-certificate":  {0.05, []string{"ecdsa", "ed25519"}},
	"perturb":             {0.05, []string{"2"}},
	"credentials":         {0.8, []string{"psk"}},
	"stack":               {0.4, []string{"pion-v3"}},
}

// questions are random searches.
type questions struct {
	scenarios []*scenarios.Scenario
	draws     map[string]draw
	probes    []string // that one is drawn from, of those that a scenario can vary; nil: all
	limits    bool     // failure is a limit of a measure that a run in the range has, or almost
}

// everything is questions about all scenarios of the catalogue.
func everything() questions { return questions{scenarios: fixture.Catalogue(), draws: draws} }

// random returns a question about a random one of the scenarios, with parameters that are
// drawn. What the scenario's parameters forbid is left out of it.
func (q *questions) random(r *rand.Rand, seed uint64) search.Search {
	s := q.scenarios[r.IntN(len(q.scenarios))]
	probes := q.probes
	for _, p := range s.Parameters {
		if p.Probeable() && q.probes == nil {
			probes = append(probes, p.Name)
		}
	}
	defaults, err := s.Resolve(nil)
	if err != nil {
		panic(err)
	}
	question := search.Search{Values: defaults, Seed: seed}
	if r.IntN(3) == 0 {
		question.Probe.Name = s.Probe.Name
	}
	for question.Probe.Name == "" {
		if name := probes[r.IntN(len(probes))]; (&search.Search{Values: defaults,
			Probe: scenarios.ProbeRange{Name: name, From: time.Second, To: time.Minute}}).Check() == nil {
			question.Probe.Name = name
		}
	}
	for _, p := range s.Parameters {
		d := q.draws[p.Name]
		value := ""
		switch {
		case d.values != nil && r.Float64() < d.share:
			value = d.values[r.IntN(len(d.values))]
		case p.Name == "remedy" && r.Float64() < 0.2:
			value = p.Choices[r.IntN(len(p.Choices))]
		case p.Group == "parameters" && p.Probeable() && r.Float64() < 0.3:
			value = []string{"1ms", "15ms", "90ms", "1s"}[r.IntN(4)]
		}
		if value == "" || p.Name == question.Probe.Name {
			continue
		}
		with, err := question.Values.Set(scenarios.Settings{p.Name: value})
		if err != nil {
			continue
		}
		other := search.Search{
			Values: with,
			Probe:  scenarios.ProbeRange{Name: question.Probe.Name, From: time.Second, To: time.Minute},
		}
		if other.Check() == nil {
			question.Values = with
		}
	}
	lengths := []time.Duration{
		30 * time.Millisecond,
		300 * time.Millisecond,
		time.Duration(1 + r.Int64N(int64(2*time.Second))),
	}
	question.Probe.From = []time.Duration{0, 0, time.Duration(r.Int64N(int64(100 * time.Millisecond)))}[r.IntN(3)]
	switch question.Probe.Name { // of which small values make many events, or none at all
	case "flight-interval", "client-timeout", "read-timeout", "handshake-timeout", "idle-timeout", "keep-alive",
		"back-off":
		question.Probe.From += 200 * time.Millisecond
	case "nat-lifetime":
		question.Probe.From++ // it is above 0
	}
	length := lengths[r.IntN(3)]
	// With no more than a few retransmissions of each flight.
	length = min(length, 2*question.Values.Duration("flight-interval"))
	question.Probe.To = question.Probe.From + length
	return question
}

// command is the command that repeats a search.
func command(s search.Search) string {
	text := fmt.Sprintf("dtlssim window %s --seed %d --probe %s", s.Values.Scenario().Name, s.Seed, s.Probe)
	for _, p := range s.Values.Scenario().Parameters {
		if value, ok := s.Values.Setting(p.Name); ok {
			text += fmt.Sprintf(" --set '%s=%s'", p.Name, value)
		}
	}
	if s.Fail.Text() != "" {
		text += fmt.Sprintf(" --fail '%s'", s.Fail.Text())
	}
	return text
}

// valuesIn returns random values of the range of an answer, and those next to the bounds of its
// cells, at most most of them.
func valuesIn(r *rand.Rand, w *search.Windows, random, most int) (values []int64) {
	for range random {
		values = append(values, w.From+r.Int64N(w.To-w.From))
	}
	for _, i := range r.Perm(len(w.Cells)) {
		if c := w.Cells[i]; len(values) < most {
			values = append(values, c.From-1, c.From, c.From+1)
		}
	}
	return values
}

// holdAgainst runs values of the probe and holds the answer of a search against each.
func holdAgainst(t *testing.T, runner run.Runner, s search.Search, w *search.Windows, values []int64) {
	t.Helper()
	for _, x := range values {
		if x < w.From || x >= w.To {
			continue
		}
		i := slices.IndexFunc(w.Cells, func(c search.Cell) bool { return c.From <= x && x < c.To })
		v, err := s.Values.Set(scenarios.Settings{s.Probe.Name: time.Duration(x).String()}) // as a user would
		if err != nil {
			t.Fatal(err)
		}
		job := run.Job{Values: v, Seed: s.Seed, Fail: s.Fail}
		o, err := runner.Do(context.Background(), job)
		if err != nil || o.Status != run.Completed {
			t.Fatalf("%v %s\n%s", err, o.Status, command(s))
		}
		if c := w.Cells[i]; c.Signature != o.Signature || !slices.Equal(c.Outcome, o.Outcome) || c.Failed != o.Failed {
			t.Errorf("at %s the run is %v, and the cell [%s, %s) is %v\n%s\n%s", time.Duration(x), o.Outcome,
				time.Duration(c.From), time.Duration(c.To), c.Outcome, command(s), o.Repeat)
			return
		}
	}
}

// holdAgainstScans asks random questions, as many as cases, and holds each answer against runs: on a
// random grid, at random values, and around bounds. No prediction fails.
func (q *questions) holdAgainstScans(t *testing.T, cases int) {
	t.Helper()
	seed := testkit.Seed(t)
	p := fixture.Pool(t, 2)
	for i := range cases {
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		s := q.random(random, seed%1_000_000+uint64(i))
		if q.limits {
			s.Fail = randomLimits(t, p, s, random)
		}
		w, err := search.FindWindows(context.Background(), p, s)
		if err != nil {
			t.Fatalf("%v\n%s", err, command(s))
		}
		// Nothing is claimed about the duration of a rule that met no datagram.
		idle := search.IdleProbe(s.Values.Scenario(), s.Probe.Name, w.Rules) != ""
		if w.Method.Proved == idle || w.Method.PredictionFailures > 0 {
			t.Errorf("%+v\n%s", w.Method, command(s))
		}
		var values []int64
		step := (w.To-w.From)/10 + 1
		for x := w.From + random.Int64N(step); x < w.To; x += step {
			values = append(values, x)
		}
		holdAgainst(t, p, s, w, append(values, valuesIn(random, w, 8, 30)...))
		t.Logf("%d cells, %d runs: %s", len(w.Cells), w.Runs, command(s))
	}
}

// The cells of random scenarios of the catalogue, with random parameters, probes and ranges,
// are those of brute-force scans.
func TestSearchAgainstPlainScan(t *testing.T) {
	testkit.NotShort(t)
	all := everything()
	all.holdAgainstScans(t, testkit.Cases(t, 5, 5, 80))
}

// waiting has rules by which datagrams wait for others, replayed and forged ones among them:
// the order of what happens on two hosts decides.
const waiting = `
name: waiting
summary: Datagrams wait for others.
clients: {clients: 2, client: waits, arrivals: at-intervals, gap: 30ms}
server: {model: concurrent, credentials: psk}
parameters:
  - {name: behind, type: latency distribution, default: 10ms, meaning: how long behind the other the held one comes}
  - {name: again, type: latency distribution, default: 10ms, meaning: how long behind the other the replay comes}
  - {name: forged, type: latency distribution, default: 10ms, meaning: latency of the forged alert}
rules:
  - name: held
    match: {client: 1, from: client, record: application-data, nth: 1}
    hold: {until: {client: 2, from: client, message: client-hello, nth: 2}, delay: behind}
  - name: late
    match: {client: 2, from: server, message: server-hello, nth: 1}
    hold: {until: {client: 1, from: server, record: application-data}, delay: behind}
  - name: again
    match: {client: 1, from: client, message: client-hello, nth: 1}
    replay: {after: {client: 2, from: client, message: client-key-exchange}, delay: again}
  - name: forged
    match: {client: 2, from: client, message: client-hello, nth: 2}
    forge: {record: alert, alert: close_notify, delay: forged}
probe: behind=0s..1s
`

// So are those of datagrams that wait for others.
func TestSearchOfWaitingAgainstPlainScan(t *testing.T) {
	s, err := format.Parse("waiting.yaml", []byte(waiting))
	if err != nil {
		t.Fatal(err)
	}
	some := questions{scenarios: []*scenarios.Scenario{s}, draws: maps.Clone(draws), probes: []string{
		"behind", "again", "forged", "uplink", "downlink", "gap", "service", "latency", "client-pause",
	}}
	some.draws["clients"] = draw{1, []string{"2", "3"}}
	some.draws["gap"] = draw{0.5, []string{"0s", "5ms", "20ms", "35ms", "60ms", "150ms"}}
	some.draws["nat-mapping"] = draw{0.5, []string{"endpoint-independent", "address-and-port-dependent"}}
	some.holdAgainstScans(t, testkit.Cases(t, 1, 4, 16))
}

// So are those of clients that come before the server reads, whatever becomes of their datagrams.
func TestSearchOfALateServerAgainstPlainScan(t *testing.T) {
	early := everything()
	early.draws = maps.Clone(draws)
	early.probes = []string{"server-start", "server-start", "server-start", "latency", "gap", "flight-interval"}
	maps.Copy(early.draws, map[string]draw{
		"server-start":       {0.9, []string{"10ms", "15ms", "400ms", "1010ms", "1500ms"}},
		"server-start-queue": {0.6, []string{"kernel"}},
		"model":              {0.7, []string{"sequential", "listener", "concurrent"}},
		"clients":            {1, []string{"1", "2", "3"}},
		"arrivals":           {0.6, []string{"at-intervals"}},
		"gap":                {0.6, []string{"0s", "5ms", "150ms"}},
		"flight-interval":    {0.6, []string{"100ms", "300ms"}},
		"client-port":        {0.5, []string{"new", "same"}},
		"stack":              {0.5, []string{"pion-v3"}},
	})
	early.holdAgainstScans(t, testkit.Cases(t, 4, 4, 20))
}

// So are those of clients behind a NAT of every kind, whose mappings expire at any moment of a
// session, are refused to strangers, and are made for one host after another.
func TestSearchBehindNATAgainstPlainScan(t *testing.T) {
	testkit.NotShort(t)
	behind := everything()
	behind.draws = maps.Clone(draws)
	behind.probes = []string{
		"nat-lifetime", "nat-lifetime", "nat-lifetime", "client-pause", "latency", "uplink", "downlink", "service", "gap",
	}
	behaviours := []string{"endpoint-independent", "address-dependent", "address-and-port-dependent"}
	maps.Copy(behind.draws, map[string]draw{
		"nat-mapping":   {1, behaviours},
		"nat-filtering": {0.7, behaviours},
		"nat-lifetime": {0.9, []string{
			"1ns", "1ms", "9.999999ms", "10ms", "11ms", "20ms", "21ms", "30ms", "45ms", "81ms", "200ms", "1s", "5s",
		}},
		"client-hosts": {0.5, []string{"2", "3"}},
		"client-port":  {0.5, []string{"new", "same"}},
		"clients":      {1, []string{"2", "3"}},
		"keep-alive":   {0.3, []string{"7ms", "50ms", "500ms"}},
		"client":       {0.5, []string{"closes-first", "waits", "waits", "acknowledged", "vanishes"}},
		"client-pause": {0.4, []string{"5ms", "20ms", "100ms", "3s"}},
		"stack":        {0.5, []string{"pion-v3"}},
	})
	behind.holdAgainstScans(t, testkit.Cases(t, 5, 5, 30))
}
