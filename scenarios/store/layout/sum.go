package layout

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
)

// Sum computes the checksum of a row: the first 8 bytes of the SHA-256 of its table's name and its
// content, as a big-endian integer. Each value goes in with its type and its length, so no two
// contents are the same bytes. A Sum may be used again; it is not safe for concurrent use.
type Sum struct{ content []byte }

// Of begins the checksum of a row of a table.
func (s *Sum) Of(table string) *Sum {
	s.content = s.content[:0]
	return s.Text(table)
}

// Int adds an integer.
func (s *Sum) Int(n int64) *Sum {
	s.content = binary.BigEndian.AppendUint64(append(s.content, 'i'), uint64(n))
	return s
}

// Text adds a text.
func (s *Sum) Text(text string) *Sum {
	s.content = append(binary.BigEndian.AppendUint64(append(s.content, 't'), uint64(len(text))), text...)
	return s
}

// Bytes adds bytes.
func (s *Sum) Bytes(b []byte) *Sum {
	s.content = append(binary.BigEndian.AppendUint64(append(s.content, 'b'), uint64(len(b))), b...)
	return s
}

// Truth adds a truth value, as the integer 0 or 1.
func (s *Sum) Truth(v bool) *Sum {
	if v {
		return s.Int(1)
	}
	return s.Int(0)
}

// Done returns the checksum of what was added.
func (s *Sum) Done() int64 {
	sum := sha256.Sum256(s.content)
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// Row returns the checksum of a row: its values without the checksum, in the order of the columns.
// A value is what SQLite gives (nil, int64, float64, string, []byte) or what it stores as that (int,
// bool). Another type is an error.
func (s *Sum) Row(table string, values ...any) (int64, error) {
	s.Of(table)
	for _, value := range values {
		switch v := value.(type) {
		case nil:
			s.content = append(s.content, 'n')
		case int64:
			s.Int(v)
		case int:
			s.Int(int64(v))
		case bool:
			s.Truth(v)
		case float64:
			if v == 0 {
				v = 0 // SQLite stores -0 as 0
			}
			s.content = binary.BigEndian.AppendUint64(append(s.content, 'f'), math.Float64bits(v))
		case string:
			s.Text(v)
		case []byte:
			s.Bytes(v)
		default:
			return 0, fmt.Errorf("a row of the table %s cannot hold %T", table, value)
		}
	}
	return s.Done(), nil
}

// Replication is what the checksum of a replication covers, besides its measures: also what other
// tables say of it, so that a row that is missing there is noticed.
type Replication struct {
	Key           int64
	Status, Limit string
	Outcome       string // names, separated by commas; empty without a result
	Failed        int64  // 0 or 1
	Virtual       int64
	Events        int64
	Digest        []byte
	Different     bool // there is a row in the table difference
}

// Replication begins the checksum of a replication. The names and values of its measures follow, in
// the order of the names, so that it does not depend on the order of the columns.
func (s *Sum) Replication(r *Replication) *Sum {
	return s.Of(ReplicationTable).Int(r.Key).Text(r.Status).Text(r.Limit).Text(r.Outcome).Int(r.Failed).Int(r.Virtual).
		Int(r.Events).Bytes(r.Digest).Truth(r.Different)
}

// RunSum returns the checksum of a row of the table run.
func RunSum(s *Sum, key, value []byte) int64 { return s.Of(RunTable).Bytes(key).Bytes(value).Done() }
