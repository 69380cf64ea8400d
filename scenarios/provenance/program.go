package provenance

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// Program is a program that performed replications, with the machine on which it ran.
type Program struct {
	Started    string  // wall time in RFC 3339 format, UTC
	Finished   string  // likewise, when all its work was done; empty: not yet
	Budget     float64 // factor on the numbers of replications of a study; 1 for a sweep
	Version    string  // module version or revision; "(devel)" if neither is known
	Binary     string  // SHA-256 of the executable, in hexadecimal
	Go         string
	Modules    string // one line per module: path and version
	Platform   string // linux/amd64
	Processor  string // model; empty if the system does not report it
	Processors int
}

// ThisProgram describes this process.
func ThisProgram() (Program, error) {
	p := Program{
		Started: time.Now().UTC().Format(time.RFC3339), Version: "(devel)", Go: runtime.Version(),
		Platform: runtime.GOOS + "/" + runtime.GOARCH, Processor: processor(), Processors: runtime.NumCPU(),
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" {
			p.Version = info.Main.Version
		}
		var modules []string
		for _, m := range info.Deps {
			modules = append(modules, m.Path+" "+m.Version)
		}
		p.Modules = strings.Join(modules, "\n")
	}
	self, err := os.Executable()
	if err != nil {
		return p, fmt.Errorf("the executable of this process: %w", err)
	}
	f, err := os.Open(self)
	if err != nil {
		return p, fmt.Errorf("the executable of this process: %w", err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return p, fmt.Errorf("the executable of this process: %w", err)
	}
	p.Binary = hex.EncodeToString(sum.Sum(nil))
	return p, nil
}

// processor returns the processor model that Linux reports.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// Describe describes the program in one line.
func (p Program) Describe() string {
	return fmt.Sprintf("dtlssim %s, binary %.12s, %s, %s", p.Version, p.Binary, p.Go, p.Platform)
}
