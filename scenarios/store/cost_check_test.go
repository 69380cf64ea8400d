package store_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios/store"
)

// What it costs to open a store, which is verified then.
func BenchmarkRead(b *testing.B) {
	path := filepath.Join(b.TempDir(), "study.sqlite")
	performed(b, context.Background(), path, sweep(b, 50_000), nil)
	for b.Loop() {
		r, err := store.Read(path)
		if err != nil {
			b.Fatal(err)
		}
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
