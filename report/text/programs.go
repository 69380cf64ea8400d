package text

import (
	"fmt"
	"io"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/run"
)

// programs writes how each program ended and, if the run failed, what it wrote last.
func programs(w io.Writer, r *run.Replication) error {
	rows := [][]string{{"PROGRAM", "HOST", "STARTED", "TIME", "END"}}
	for _, p := range r.Programs {
		started, took := "-", "-"
		if p.Exit != scenarios.NeverStarted {
			started, took = time.Duration(p.Started).String(), time.Duration(p.Took).String()
		}
		rows = append(rows, []string{p.Actor, p.Host, started, took, p.Exit})
	}
	if err := Table(w, rows); err != nil {
		return err
	}
	fmt.Fprintln(w)
	if !r.Failed {
		return nil
	}
	for _, p := range r.Programs {
		if len(p.Last) == 0 {
			continue
		}
		fmt.Fprintf(w, "The last lines of %s:\n", p.Actor)
		for _, line := range p.Last {
			fmt.Fprintf(w, "    %s\n", line)
		}
		fmt.Fprintln(w)
	}
	return nil
}
