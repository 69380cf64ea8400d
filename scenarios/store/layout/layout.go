package layout

import (
	"crypto/rand"
	"database/sql"
	"fmt"
)

// The identification of a store; see https://www.sqlite.org/pragma.html#pragma_application_id.
const (
	applicationID = 0x64746c73 // "dtls"
	layoutVersion = 4
)

// MeasurePrefix is the prefix of the name of a measure's column.
const MeasurePrefix = "measure_"

// Copies is how many times a store has its specification.
const Copies = 2

// Create turns an empty file into a store of a specification, given as JSON with its SHA-256. The
// ledger must be new.
func Create(tx *sql.Tx, l *Ledger, specification, sum string) error {
	if _, err := tx.Exec(fmt.Sprintf(
		"PRAGMA application_id = %d; PRAGMA user_version = %d; %s", applicationID, layoutVersion, tables,
	)); err != nil {
		return err
	}
	id := make([]byte, 16)
	if _, err := rand.Read(id); err != nil {
		return err
	}
	for i := range Copies {
		if _, err := l.Insert(tx, "specification", i, specification, sum, id); err != nil {
			return err
		}
	}
	return nil
}

// AddMeasure adds a measure, which is the n-th, with its column.
func AddMeasure(tx *sql.Tx, l *Ledger, n int, name string) error {
	if _, err := l.Insert(tx, "measure", n, name); err != nil {
		return err
	}
	return addColumn(tx, name)
}

func addColumn(tx *sql.Tx, measure string) error {
	_, err := tx.Exec("ALTER TABLE replication ADD COLUMN " + Quote(MeasurePrefix+measure) + " INTEGER")
	return err
}

// keyBits is how many bits of a key hold the number of the replication.
const keyBits = 32

// MaxReplications and MaxPoints are the limits of a key. MaxPoints applies to all parts of a file
// together.
const (
	MaxReplications = 1 << keyBits
	MaxPoints       = 1<<(63-keyBits) - 1
)

// Key returns the key of a replication in a file: the design point in the upper half, the number of
// the replication in the lower half.
func Key(point, replication int) int64 { return int64(point)<<keyBits | int64(replication) }

// OfKey returns the design point and the number of the replication in a key.
func OfKey(key int64) (point, replication int) {
	return int(key >> keyBits), int(key & (1<<keyBits - 1))
}
