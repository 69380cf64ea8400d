package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/store"
)

// A store that is deleted, replaced or changed while a sweep writes to it is noticed: the sweep fails,
// and says what happened.
func TestStoreThatVanishesIsNoticed(t *testing.T) {
	for _, c := range []struct {
		name, want string
		do         func(folder, path string) error
	}{
		{"deleted", "was deleted while this process wrote to it: what it held is lost", func(_, path string) error {
			return os.Remove(path)
		}},
		{"all deleted", "was deleted while this process wrote to it", func(folder, _ string) error {
			return os.RemoveAll(folder)
		}},
		{"renamed", "was deleted while this process wrote to it: what it held is lost", func(_, path string) error {
			return os.Rename(path, path+".old")
		}},
		{"folder renamed", "was deleted while this process wrote to it", func(folder, _ string) error {
			return os.Rename(folder, folder+".old")
		}},
		{"replaced", "was replaced by another file while this process wrote to it", func(_, path string) error {
			other := path + ".other"
			return errors.Join(os.WriteFile(other, []byte("another file"), 0o644), os.Rename(other, path))
		}},
		{"log deleted", "-wal was deleted while this process wrote to it", func(_, path string) error {
			return os.Remove(path + "-wal")
		}},
		{"journal deleted", "-pending-0 was deleted while this process wrote to it", func(_, path string) error {
			return os.Remove(path + "-pending-0")
		}},
		{"truncated", "was truncated while this process wrote to it", func(_, path string) error {
			return os.Truncate(path, 0)
		}},
		{"last page cut off", "was truncated while this process wrote to it", func(_, path string) error {
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			return os.Truncate(path, info.Size()-4096)
		}},
		{"overwritten", "is damaged", func(_, path string) error {
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteAt(make([]byte, 4096), 3*4096)
			return errors.Join(err, f.Close())
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "folder")
			if err := os.Mkdir(folder, 0o755); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(folder, "study.sqlite")
			// The file has more than the log: what it held before is in it.
			performed(t, context.Background(), path, sweep(t, 20), nil)
			of := sweep(t, 300)
			s, kept, err := store.OpenSweep(path, of, limits)
			if err != nil {
				t.Fatal(err)
			}
			of.Store = kept
			done := 0
			_, err = sample.RunSweep(context.Background(), instant{}, of, func() {
				if done++; done == 200 {
					if err := c.do(folder, path); err != nil {
						t.Error(err)
					}
				}
			})
			ended := s.Close()
			if err == nil {
				err = ended
			}
			if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
			if c.name == "replaced" {
				if other, err := os.ReadFile(path); err != nil || string(other) != "another file" {
					t.Errorf("the other file is %q, %v", other, err)
				}
			}
		})
	}
}
