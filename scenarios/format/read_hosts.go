package format

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/format/hostfile"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/hosts"
	"github.com/dtlssim/dtlssim/scenarios/session/network"
	"github.com/dtlssim/dtlssim/sim/distribution"
)

// mostHosts is how many hosts there can be: they have the addresses of one network.
const mostHosts = 200

// What the name of a host cannot be: client-2 is the second program of the host client. The hosts
// have addresses of one network.
var (
	numbered   = regexp.MustCompile(`-[0-9]+$`)
	reserved   = []string{"attacker", "network", "observer"}
	publicHost = netip.MustParsePrefix("192.0.2.0/24")
)

// hosts reads the hosts of a scenario with programs.
func (d *definition) hosts(f strict.Fields) {
	n, before := d.network, d.Faults()
	n.Folder = filepath.Dir(d.File)
	addresses := map[netip.Addr]string{network.ServerAddress: ""}
	var clients []hosts.Host
	for _, e := range d.Entries(f.Nodes["hosts"], "hosts") {
		h, ok := d.host(e)
		if !ok {
			continue
		}
		if other, taken := addresses[h.Address]; taken && h.Address.IsValid() && (other != "" || !h.Server) {
			d.Fault(e.Name.Place, "host %s: its address %s is that of the host %s", h.Name, h.Address,
				orServer(other))
		}
		addresses[h.Address] = h.Name
		if h.Server {
			n.Hosts = append(n.Hosts, h)
		} else {
			clients = append(clients, h)
		}
	}
	for _, h := range n.Hosts[min(1, len(n.Hosts)):] {
		if !h.Address.IsValid() && d.Faults() == before {
			d.Fault(f.Place, "host %s: a second server needs an address of its own: want one of %s", h.Name, publicHost)
		}
	}
	n.Hosts = append(n.Hosts, clients...)
	if len(n.Hosts) > mostHosts {
		d.Fault(strict.PlaceOf(f.Nodes["hosts"]), "there are %d hosts, at most %d", len(n.Hosts), mostHosts)
	}
	programs := 0
	for i := range n.Hosts {
		h := &n.Hosts[i]
		programs += max(len(h.At), h.Runs.Number)
	}
	if programs > network.MaxClients {
		d.Fault(strict.PlaceOf(f.Nodes["hosts"]), "the hosts run %d programs: want at most %d", programs,
			network.MaxClients)
	}
	d.sound = d.Faults() == before
}

func orServer(name string) string {
	if name == "" {
		return "server"
	}
	return name
}

// host reads one host.
func (d *definition) host(e strict.Entry) (h hosts.Host, ok bool) {
	what := "host " + e.Name.Value
	f, ok := d.Mapping(e.Node, what, hostfile.HostKeys...)
	if !ok {
		return h, false
	}
	h.Name = e.Name.Value
	switch {
	case !hostfile.HostName.MatchString(h.Name):
		d.Fault(e.Name.Place, "name %q of a host: want a letter, followed by letters, digits, hyphens and underscores",
			h.Name)
	case numbered.MatchString(h.Name):
		d.Fault(e.Name.Place, "name %q of a host: want none that ends with a hyphen and a number, which the second "+
			"program of a host has", h.Name)
	case slices.Contains(reserved, h.Name):
		d.Fault(e.Name.Place, "name %q of a host: the simulation itself uses it", h.Name)
	}
	h.Server = d.Choice(f, "role", true, hostfile.Roles...) == "server" &&
		(f.Nodes["role"] != nil || h.Name == "server")
	if t := d.Text(f, "address"); t.Given && !t.Bad {
		var err error
		if h.Address, err = netip.ParseAddr(t.Value); err != nil || !publicHost.Contains(h.Address) ||
			h.Address == netip.MustParseAddr("192.0.2.0") || h.Address == network.NATAddress {
			d.Fault(t.Place, "address %q of %s: want one from 192.0.2.1 to 192.0.2.253", t.Value, f.What)
			h.Address = netip.Addr{}
		}
	}
	h.Program = d.command(f)
	h.Processing = d.optionalTime(f, "processing")
	d.starts(f, &h)
	h.Folder = d.template(d.Text(f, "dir"), "dir of "+f.What)
	h.Env, h.Files = d.environment(f), d.files(f)
	if h.Folder.Given() && len(h.Files) > 0 {
		d.Fault(strict.PlaceOf(f.Nodes["files"]), "%s has files and a dir: files are given to a private directory, "+
			"which it has without dir", f.What)
	}
	h.Input, h.Signals = d.inputs(f), d.signals(f)
	return h, true
}

// command reads the program of a host with its arguments: a list, or one text without a shell.
func (d *definition) command(f strict.Fields) (list []hosts.Text) {
	n := f.Nodes["program"]
	if n == nil {
		d.Fault(f.Place, "program of %s is missing: want a list, the program and its arguments: "+
			`["openssl", "s_client"]`, f.What)
		return nil
	}
	if n.Kind == yaml.ScalarNode {
		t := d.Text(f, "program")
		if strings.ContainsAny(t.Value, " \t\n") {
			d.Fault(t.Place, `program of %s: want a list, the program and its arguments; a shell reads a line: `+
				`["sh", "-c", %q]`, f.What, t.Value)
			return nil
		}
		list = append(list, d.template(d.Required(f, "program"), "program of "+f.What))
		return list
	}
	for i, t := range d.Texts(f, "program") {
		if i == 0 && t.Value == "" {
			d.Fault(t.Place, "the first element of program of %s is empty: want a program", f.What)
		}
		list = append(list, d.template(t, fmt.Sprintf("element %d of program of %s", i+1, f.What)))
	}
	return list
}

// template reads a text in which parameters may stand.
func (d *definition) template(t strict.Text, what string) hosts.Text {
	if t.Bad || !t.Given {
		return hosts.Text{}
	}
	text, err := hosts.ParseText(t.Value)
	if err == nil && strings.ContainsRune(t.Value, 0) {
		err = fmt.Errorf("%q: a program cannot get a zero byte", t.Value)
	}
	if err == nil {
		err = text.Check(d.s)
	}
	if err != nil {
		d.Each(t.Place, what+": ", err)
		return hosts.Text{}
	}
	return text
}

// time reads a duration: a latency distribution, or a parameter, with or without ${}.
func (d *definition) time(t strict.Text, key, of string) scenarios.Delay {
	t.Value = hosts.ParameterIn(t.Value)
	return d.duration(t, key, of)
}

// optionalTime reads an optional duration; without it, it is 0.
func (d *definition) optionalTime(f strict.Fields, key string) scenarios.Delay {
	t := d.Text(f, key)
	if !t.Given || t.Bad {
		return scenarios.Delay{Distribution: distribution.Constant{}}
	}
	return d.time(t, key, f.What)
}

// starts reads when the program of a host starts.
func (d *definition) starts(f strict.Fields, h *hosts.Host) {
	before := d.Faults()
	h.Runs.Number, h.Gap = 1, scenarios.Delay{Distribution: distribution.Constant{Value: hosts.DefaultGap}}
	for _, key := range []string{"runs", "every", "gap", "after"} {
		if f.Nodes["at"] != nil && f.Nodes[key] != nil {
			d.Fault(strict.PlaceOf(f.Nodes[key]), "%s of %s: at says already when its program starts", key, f.What)
		}
	}
	for i, t := range d.Texts(f, "at") {
		h.At = append(h.At, d.time(t, fmt.Sprintf("element %d of at", i+1), f.What))
	}
	if t := d.Text(f, "runs"); t.Given && !t.Bad {
		if p := d.s.Parameter(hosts.ParameterIn(t.Value)); p != nil {
			if p.Type != scenarios.CountType || p.Min < 1 || p.Max > network.MaxClients {
				d.Fault(t.Place, "runs of %s: parameter %s is a %s; want a count from at least 1 to at most %d", f.What,
					p.Name, p.Type, network.MaxClients)
			}
			h.Runs.Parameter = p.Name
		} else {
			h.Runs.Number = d.Whole(t, "runs of "+f.What, 1, network.MaxClients)
		}
	}
	several := f.Nodes["runs"] != nil && (h.Runs.Parameter != "" || h.Runs.Number > 1 || d.Faults() > before)
	if t := d.Text(f, "every"); t.Given && !t.Bad {
		every := d.time(t, "every", f.What)
		h.Every = &every
	}
	for _, key := range []string{"every", "gap"} {
		if f.Nodes[key] != nil && !several && f.Nodes["at"] == nil {
			d.Fault(strict.PlaceOf(f.Nodes[key]), "%s of %s: its program runs once; want runs, how often it runs", key,
				f.What)
		}
	}
	if f.Nodes["every"] != nil && f.Nodes["gap"] != nil {
		d.Fault(strict.PlaceOf(f.Nodes["gap"]), "%s has every and gap: want either every, from one start to the "+
			"next, or gap, from an end to the next start", f.What)
	}
	if f.Nodes["gap"] != nil {
		h.Gap = d.optionalTime(f, "gap")
	}
	h.After = d.optionalTime(f, "after")
}

// environment reads variables.
func (d *definition) environment(f strict.Fields) (list []hosts.Variable) {
	for _, a := range d.Assignments(f, "env") {
		if !hostfile.VariableName.MatchString(a.Name.Value) {
			d.Fault(a.Name.Place, "env of %s: %q is not the name of a variable", f.What, a.Name.Value)
			continue
		}
		list = append(list, hosts.Variable{
			Name: a.Name.Value, Value: d.template(a.Value, "variable "+a.Name.Value+" of "+f.What),
		})
	}
	return list
}

// files reads the files of a private directory: a list of paths, or a mapping from names there to
// paths.
func (d *definition) files(f strict.Fields) (list []hosts.File) {
	n := f.Nodes["files"]
	if n == nil {
		return nil
	}
	add := func(name, source strict.Text) {
		if !filepath.IsLocal(name.Value) {
			d.Fault(name.Place, "files of %s: %q leaves the private directory: want a relative path", f.What,
				name.Value)
		}
		list = append(list, hosts.File{
			Name: hosts.Literal(name.Value), Source: d.template(source, "files of "+f.What),
		})
	}
	if n.Kind == yaml.MappingNode {
		for _, a := range d.Assignments(f, "files") {
			add(a.Name, a.Value)
		}
		return list
	}
	for _, t := range d.Texts(f, "files") {
		name := t
		if name.Value = filepath.Base(t.Value); strings.Contains(t.Value, "${") {
			d.Fault(t.Place, "files of %s: %q has a parameter: want a mapping from a name to it", f.What, t.Value)
			continue
		}
		add(name, t)
	}
	return list
}

// inputs reads what arrives at standard input: a text that ends at once, or a list of texts at times.
func (d *definition) inputs(f strict.Fields) (list []hosts.Input) {
	n := f.Nodes["input"]
	if n == nil {
		return nil
	}
	if n.Kind == yaml.ScalarNode {
		t := d.Text(f, "input")
		return []hosts.Input{{
			At:   scenarios.Delay{Distribution: distribution.Constant{}},
			Text: d.template(t, "input of "+f.What), End: true,
		}}
	}
	for i, n := range d.List(f, "input") {
		g, ok := d.Mapping(n, fmt.Sprintf("input %d of %s", i+1, f.What), hostfile.InputKeys...)
		if !ok {
			continue
		}
		if len(list) > 0 && list[len(list)-1].End {
			d.Fault(g.Place, "%s: nothing follows the end of file of the input before it", g.What)
		}
		in := hosts.Input{At: d.optionalTime(g, "at"), Text: d.template(d.Text(g, "text"), "text of "+g.What)}
		if g.Nodes["end"] != nil {
			in.End = d.Choice(g, "end", false, "true", "false") == "true"
		}
		if g.Nodes["text"] == nil && !in.End {
			d.Fault(g.Place, "%s: want a text, or end: true", g.What)
		}
		list = append(list, in)
	}
	return list
}

// signals reads the signals that are sent to a program.
func (d *definition) signals(f strict.Fields) (list []hosts.Signal) {
	for i, n := range d.OptionalList(f, "signals") {
		g, ok := d.Mapping(n, fmt.Sprintf("signal %d of %s", i+1, f.What), hostfile.SignalKeys...)
		if !ok {
			continue
		}
		s := hosts.Signal{At: d.optionalTime(g, "at")}
		if t := d.Required(g, "signal", "one of "+strings.Join(hosts.SignalNames(), ", ")); t.Value != "" {
			var err error
			if s.Number, err = hosts.ParseSignal(t.Value); err != nil {
				d.Fault(t.Place, "%s: %v", g.What, err)
			}
		}
		list = append(list, s)
	}
	return list
}
