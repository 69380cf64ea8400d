package outcome

import "github.com/dtlssim/dtlssim/scenarios/session/network"

// NewEagerReader returns a reader that follows flights from the first record.
func NewEagerReader(numbers network.Clients) *Reader {
	r := NewReader(numbers)
	r.flights.follow()
	return r
}

// Followed reports whether the reader has followed flights.
func (r *Reader) Followed() bool { return r.flights.flights != nil }

// Repetitions returns the numbers of flights sent again, and of those for nothing.
func (r *Reading) Repetitions() (retransmissions int64, duplicates int) {
	return r.retransmissions, r.duplicates
}
