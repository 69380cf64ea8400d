//go:build !linux || !amd64

package program

import (
	"errors"
	"net/netip"

	"github.com/dtlssim/dtlssim/sim"
)

// Machine is the operating system of a host.
type Machine struct{}

var errElsewhere = errors.New("programs can be run on Linux on amd64 only")

// Supported reports why programs cannot be run on this machine; nil if they can.
func Supported() error { return errElsewhere }

// New gives a host an operating system, which can start nothing here.
func New(*sim.Simulation, *sim.Host, Config) *Machine { return &Machine{} }

// Start starts a program.
func (m *Machine) Start(Command) error { return errElsewhere }

// Receive implements sim.Kernel.
func (m *Machine) Receive(*sim.Packet, netip.AddrPort, netip.AddrPort) (sim.Place, sim.Reason) {
	return 0, sim.Unbound
}

// Refused implements sim.Kernel.
func (m *Machine) Refused(netip.AddrPort, netip.AddrPort) {}
