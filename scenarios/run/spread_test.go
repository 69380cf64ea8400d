package run_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios/run"
)

// Whichever call fails first, the error is that of the least index; what has a larger one
// is canceled, and nothing more begins.
func TestSpreadReturnsTheFirstFault(t *testing.T) {
	for _, late := range []int{2, 3} { // which of the two faults comes last
		three := make(chan bool)
		var mu sync.Mutex
		begun := map[int]bool{}
		err := run.Spread(context.Background(), 4, 100, func(ctx context.Context, i int) error {
			mu.Lock()
			begun[i] = true
			mu.Unlock()
			switch i {
			case 2, 3:
				if i == late {
					<-three
				} else {
					defer close(three)
				}
				return fmt.Errorf("fault %d", i)
			case 4, 5:
				<-ctx.Done() // of the fault of a smaller index
				return ctx.Err()
			}
			return nil
		})
		if err == nil || err.Error() != "fault 2" {
			t.Errorf("when fault %d comes last: %v", late, err)
		}
		if len(begun) > 6 {
			t.Errorf("%d calls began", len(begun))
		}
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	why := errors.New("enough")
	err := run.Spread(ctx, 2, 10, func(ctx context.Context, i int) error {
		cancel(why)
		return ctx.Err()
	})
	if !errors.Is(err, why) {
		t.Errorf("when the context ends: %v", err)
	}
}
