// Package stream is the only source of randomness of a replication. It provides named streams,
// keyed only by the seed, the scenario and the stream's name. Replications that differ in one
// parameter therefore share every draw of every stream (common random numbers), and a new stream
// does not change the others.
package stream

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math/rand/v2"
)

// Stream is one sequence of draws. It is not safe for concurrent use.
type Stream struct{ source *rand.ChaCha8 }

// New returns the stream of that name. Its key is the SHA-256 digest of the
// seed, the scenario's name and the stream's name.
func New(seed uint64, scenario, name string) *Stream {
	key := append(make([]byte, 0, 128), "dtlssim stream 1\x00"...)
	key = binary.BigEndian.AppendUint64(key, seed)
	for _, s := range []string{scenario, name} {
		key = binary.BigEndian.AppendUint32(key, uint32(len(s)))
		key = append(key, s...)
	}
	return &Stream{source: rand.NewChaCha8(sha256.Sum256(key))}
}

// Uint64 returns the next 64 bits.
func (s *Stream) Uint64() uint64 { return s.source.Uint64() }

// Uniform returns the next draw from the open interval (0, 1): the midpoint of one of 2^52 equal
// cells. It is never 0 or 1, so every quantile of it is finite. (Some midpoints of 2^53 cells
// have no exact float64.)
func (s *Stream) Uniform() float64 { return Uniform(s.Uint64()) }

// Uniform converts 64 random bits as [Stream.Uniform] does.
func Uniform(bits uint64) float64 {
	return (float64(bits>>12) + 0.5) / (1 << 52)
}

// Read fills p. A read of a single byte returns a constant and consumes no draw:
// crypto/internal/randutil.MaybeReadByte reads one byte or none, by a coin toss that cannot be
// seeded. This makes both cases equal.
func (s *Stream) Read(p []byte) (int, error) {
	if len(p) == 1 {
		p[0] = 0
		return 1, nil
	}
	return s.source.Read(p)
}

// Clone returns a stream that continues as s does. Draws from one do not change the other.
func (s *Stream) Clone() *Stream {
	state, err := s.source.MarshalBinary()
	c := &Stream{source: rand.NewChaCha8([32]byte{})}
	if err = errors.Join(err, c.source.UnmarshalBinary(state)); err != nil {
		panic(err) // never: the state comes from a stream
	}
	return c
}
