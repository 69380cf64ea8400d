// Package hosts runs scenarios whose hosts are programs: unmodified executables under virtual time.
//
//	a file -> Network (hosts, outcomes) -> Network.Run -> program.Machine of each host -> what the programs did
//	                                    -> Network.Files: which files the runs depend on
//
// In: what a scenario file says about its hosts, the values of parameters, and the rules. Out: the
// result of the simulation, and an observation: how each program ended, the outcomes and the measures.
package hosts

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/session/network"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/program"
)

// Network is the hosts of a scenario, and what can go wrong on them.
type Network struct {
	Folder   string // of the scenario's file; relative paths start from it
	Hosts    []Host // servers first: they start first
	Outcomes []Outcome
	Rules    []scenarios.Rule

	boot func(*sim.Simulation, *sim.Host, program.Config) machine // nil: program.New

	mu    sync.Mutex
	known map[string]files // see Files
}

// machine is the operating system of a host.
type machine interface {
	Start(program.Command) error
}

// Host is a host, and the program that it runs, once or several times.
type Host struct {
	Name    string
	Server  bool       // it is no client: its datagrams are those of a server
	Address netip.Addr // invalid: the next free one

	Program []Text // the program and its arguments
	Env     []Variable
	Folder  Text // working directory; empty: a private directory
	Files   []File
	Input   []Input
	Signals []Signal

	Processing scenarios.Delay // from an arrival that wakes the program to its next instruction

	// When the program starts. At are its starts, since the beginning of the replication; if there are none, Runs says
	// how often it starts: Every after the start before, or Gap after the end before. The first start is
	// After the beginning.
	At    []scenarios.Delay
	Runs  Count
	Every *scenarios.Delay
	Gap   scenarios.Delay
	After scenarios.Delay
}

// Variable is a variable of a program's environment.
type Variable struct {
	Name  string
	Value Text
}

// File is a file, or a folder with its files, that the program finds in its private directory.
type File struct{ Name, Source Text }

// Input is text that arrives at standard input.
type Input struct {
	At   scenarios.Delay // since the start of the program
	Text Text
	End  bool // end of file follows
}

// Signal is a signal that is sent to the program.
type Signal struct {
	At     scenarios.Delay // since the start of the program
	Number syscall.Signal
}

// Count is a whole number, or the parameter that has it.
type Count struct {
	Number    int
	Parameter string
}

// Of returns the number for the given values.
func (c Count) Of(v scenarios.Values) int {
	if c.Parameter != "" {
		return v.Count(c.Parameter)
	}
	return c.Number
}

// DefaultGap is the time from the end of a program to its next start on the host, unless the file
// says otherwise: that of the clients of package session.
const DefaultGap = 100 * time.Millisecond

// The parameters that say when a replication ends. A server may wait for ever, with a timer every second.
const (
	settle    = "settle"
	timeLimit = "time-limit"

	unreachable = "unreachable"
)

// runParameters are the parameters that all scenarios with programs have, besides those of the
// network.
var runParameters = scenarios.InGroup(scenarios.RunGroup, []scenarios.Parameter{
	{Name: settle, Type: scenarios.DurationType, Default: "30s",
		Meaning: "how long the replication goes on when the programs of all clients have ended"},
	{Name: timeLimit, Type: scenarios.DurationType, Default: "1h", Min: 1,
		Meaning: "virtual time at which the replication ends, whether the programs have ended or not"},
})

// reachParameters are the parameters of the network that only programs notice.
var reachParameters = scenarios.InGroup(scenarios.NetworkGroup, []scenarios.Parameter{
	{Name: unreachable, Type: scenarios.ChoiceType, Default: "yes", Choices: []string{"yes", "no"},
		Meaning: "whether a datagram to a port without a socket comes back as ICMP port unreachable: a connected " +
			"socket of its sender then reports ECONNREFUSED"},
})

// Parameters returns the parameters of a scenario with programs, including its own, in display order.
func Parameters(own []scenarios.Parameter) []scenarios.Parameter {
	list := slices.Concat(network.Parameters(own), reachParameters, runParameters)
	return slices.DeleteFunc(list, func(p scenarios.Parameter) bool { return p.Name == "endpoint-mtu" })
}

// Asks returns the parameters that [Network.Run] reads, besides those that the hosts name.
func Asks() (list []scenarios.Asked) {
	for _, p := range Parameters(nil) {
		list = append(list, scenarios.Asked{Name: p.Name, Type: p.Type, By: "the network"})
	}
	return list
}

// Clients returns the numbers of the clients, from 1, by their actors: the programs of all hosts that are
// no servers, in the order of the hosts.
func (n *Network) Clients(v scenarios.Values) map[string]int {
	numbers := map[string]int{}
	for i := range n.Hosts {
		if h := &n.Hosts[i]; !h.Server {
			for k := range h.runs(v) {
				numbers[h.actor(v, k)] = len(numbers) + 1
			}
		}
	}
	return numbers
}

// runs returns how often the program of a host starts.
func (h *Host) runs(v scenarios.Values) int {
	if len(h.At) > 0 {
		return len(h.At)
	}
	return h.Runs.Of(v)
}

// actor returns the name of the actor that is run number k, from 0, of the program.
func (h *Host) actor(v scenarios.Values, k int) string {
	if h.runs(v) == 1 {
		return h.Name
	}
	return h.Name + "-" + strconv.Itoa(k+1)
}

// TimersUnknown says why nothing is proved about the scenario.
func (n *Network) TimersUnknown() string {
	if len(n.Hosts) == 0 {
		return ""
	}
	h := &n.Hosts[0] // a server, if there is one
	name := "of " + h.Name
	if len(h.Program) > 0 && len(h.Program[0].parts) == 1 && h.Program[0].parts[0].parameter == "" {
		name = h.Program[0].parts[0].literal
	}
	return fmt.Sprintf("the program %s reads clocks and may compare times that the simulation does not see", name)
}
