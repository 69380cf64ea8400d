package store_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/store"
)

// counted counts what is performed.
type counted struct {
	instant
	n *atomic.Int64
}

func (c counted) Twice(ctx context.Context, job run.Job) (first, second run.Result, err error) {
	c.n.Add(1)
	return c.instant.Twice(ctx, job)
}

// What is whole in a damaged store is saved in a new one. The sweep that goes on with it performs what
// is missing, and gives what it gives without damage. The damaged store stays as it is.
func TestSalvage(t *testing.T) {
	content, of := everything(t)
	want, err := sample.RunSweep(context.Background(), instant{}, of, nil)
	if err != nil {
		t.Fatal(err)
	}
	n := testkit.Budget(20, 25, 150)
	var saved, nothing, performed atomic.Int64
	attack(t, n, func(i int, folder string) {
		at := (i*7919 + 13) % len(content)
		damaged := bytes.Clone(content)
		switch {
		case i == 0: // not damaged
		case i%10 == 9:
			damaged = damaged[:at]
		case i%3 == 0: // a whole sector
			copy(damaged[at/512*512:], make([]byte, 512))
		default:
			damaged[at] ^= []byte{0x01, 0x80, 0xff, 0x10}[i%4]
		}
		from, to := filepath.Join(folder, "old.sqlite"), filepath.Join(folder, "new.sqlite")
		left, _ := filepath.Glob(filepath.Join(folder, "*"))
		for _, path := range left {
			_ = os.Remove(path)
		}
		if err := os.WriteFile(from, damaged, 0o644); err != nil {
			t.Error(err)
			return
		}
		_, _, err := store.Salvage(from, to)
		if err != nil {
			nothing.Add(1)
			if _, err := os.Stat(to); err == nil || !strings.Contains(err.Error(), to) {
				t.Errorf("case %d: it failed, and %s is there", i, to)
			}
			return
		}
		saved.Add(1)
		if after, err := os.ReadFile(from); err != nil || !bytes.Equal(after, damaged) {
			t.Errorf("case %d: the damaged store was changed: %v", i, err)
		}
		s, kept, err := store.OpenSweep(to, of, limits)
		if err != nil {
			t.Errorf("case %d: %v", i, err)
			return
		}
		resumed := of
		resumed.Store = kept
		got, err := sample.RunSweep(context.Background(), counted{n: &performed}, resumed, nil)
		if err := errors.Join(err, s.Close()); err != nil {
			t.Errorf("case %d: %v", i, err)
		} else if !reflect.DeepEqual(got, want) {
			t.Errorf("case %d: the sweep gave\n%+v\nwant\n%+v", i, got, want)
		}
		if i == 0 && performed.Load() > 0 {
			t.Errorf("of a store that is not damaged, %d replications were lost", performed.Load())
		}
	})
	t.Logf("%d stores were salvaged, and of their %d replications %d performed again; of %d nothing was whole",
		saved.Load(), 24*saved.Load(), performed.Load(), nothing.Load())
	if saved.Load() < int64(n)*7/10 || performed.Load() > 24*saved.Load()/3 {
		t.Error("too little was saved")
	}
}
