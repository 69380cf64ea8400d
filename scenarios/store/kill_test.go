package store_test

import (
	"context"
	"crypto/rand"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/scenarios/explore"
	"github.com/dtlssim/dtlssim/scenarios/internal/testkit"
	"github.com/dtlssim/dtlssim/scenarios/store"
	"github.com/dtlssim/dtlssim/scenarios/worker"
)

// sweeping has this binary perform the sweep of TestKilledAtRandom with the store that
// it names.
const sweeping = "DTLSSIM_TEST_STORE"

// replicationsToKill keep a process busy for longer than it lives.
const replicationsToKill = 20_000

func TestMain(m *testing.M) {
	worker.ServeIfAsked()
	if path := os.Getenv(sweeping); path != "" {
		s := sweep(&testing.T{}, replicationsToKill)
		kept, of, err := store.OpenSweep(path, s, limits)
		if err != nil {
			println(err.Error())
			os.Exit(1)
		}
		s.Store = of
		_, err = explore.RunSweep(context.Background(), instant{func() { time.Sleep(100 * time.Microsecond) }}, s, nil)
		if err != nil {
			println(err.Error())
			os.Exit(1)
		}
		if err := kept.Close(); err != nil {
			println(err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A process that writes is killed at random, again and again, from the first moment of
// the file on; then the sweep gives what an uninterrupted one does.
func TestKilledAtRandom(t *testing.T) {
	kills := 8
	if testkit.Long() {
		kills = 100
	}
	path := filepath.Join(t.TempDir(), "study.sqlite")
	had := 0
	for i := range kills {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), sweeping+"="+path)
		c.Stderr = os.Stderr
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		life, err := rand.Int(rand.Reader, big.NewInt(int64(200*time.Millisecond)))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(life.Int64()))
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := c.Wait(); err != nil && c.ProcessState.Exited() {
			t.Fatalf("life %d: %v", i, err)
		}
		has := count(path)
		if has < had {
			t.Fatalf("after life %d there are %d replications; there were %d", i, has, had)
		}
		had = has
	}
	t.Logf("%d replications after %d lives", had, kills)
	same(t, run(t, context.Background(), path, sweep(t, replicationsToKill), nil), run(t, context.Background(), "", sweep(t, replicationsToKill), nil))
}

// count returns how many replications a store holds; 0 of a file that is none yet.
func count(path string) int {
	r, err := store.Read(path)
	if err != nil {
		return 0
	}
	defer r.Close()
	n := 0
	if r.Replications(func(*store.Replication) error { n++; return nil }) != nil {
		return -1
	}
	return n
}
