package pion

// defaultWindow is the size of pion's replay window (github.com/pion/dtls/v2 v2.2.12 and v3 v3.1.15,
// conn.go, defaultReplayProtectionWindow).
const defaultWindow = 64

// window is a replay window as in github.com/pion/transport/v2 v2.2.10 and v5, replaydetector.New:
// it accepts a record number once, if it is above the newest minus size (RFC 6347 section 4.1.2.6).
type window struct {
	size   uint64
	newest uint64
	seen   map[uint64]bool // of the window, and possibly older ones
}

func newWindow(size int) *window {
	if size == 0 {
		size = defaultWindow
	}
	return &window{size: uint64(size), seen: make(map[uint64]bool)}
}

// behind reports whether a record number is older than the window.
func (w *window) behind(number uint64) bool {
	return number <= w.newest && w.newest-number >= w.size
}

// replayed reports whether a record number of the window was accepted before.
func (w *window) replayed(number uint64) bool { return w.seen[number] }

// accept marks a record number as seen.
func (w *window) accept(number uint64) {
	w.newest = max(w.newest, number)
	if w.seen[number] = true; uint64(len(w.seen)) <= 2*w.size+16 {
		return
	}
	for n := range w.seen { // in any order
		if w.behind(n) {
			delete(w.seen, n)
		}
	}
}
