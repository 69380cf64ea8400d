package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/dtlssim/dtlssim/scenarios/explore"
)

// What a store is known by, see https://www.sqlite.org/pragma.html#pragma_application_id.
const (
	applicationID = 0x64746c73 // "dtls"
	layoutVersion = 1
)

// layout is the tables of a store. Besides, the table replication has a column for each
// measure that a replication has reported, named measurePrefix and its name; its values
// are whole numbers, NULL if the replication did not report the measure. SQLite keeps
// whole numbers in as few bytes as they need, 0 and 1 in none but a byte of type, so a
// replication takes about a hundred bytes.
const layout = `
CREATE TABLE specification (
	text   TEXT NOT NULL, -- JSON, see Specification
	sha256 TEXT NOT NULL  -- of text, in hexadecimal
);

-- The programs and machines that wrote to this file, in order: one row for each time.
CREATE TABLE program (
	started    TEXT NOT NULL, -- wall time, UTC
	version    TEXT NOT NULL,
	binary     TEXT NOT NULL, -- SHA-256 of the executable, in hexadecimal
	go         TEXT NOT NULL,
	modules    TEXT NOT NULL, -- a line for each: path and version
	platform   TEXT NOT NULL,
	processor  TEXT NOT NULL,
	processors INTEGER NOT NULL
);

CREATE TABLE point (
	point      INTEGER PRIMARY KEY, -- from 0, in the order of the design
	levels     TEXT NOT NULL,       -- JSON: what the design sets
	parameters TEXT NOT NULL        -- JSON: every parameter that is not the same at all points
);

-- Sets of outcomes that occurred.
CREATE TABLE outcome (
	outcome INTEGER PRIMARY KEY,
	names   TEXT NOT NULL UNIQUE -- separated by commas, in the order of the scenario; 'clean' of none
);

CREATE TABLE replication (
	id          INTEGER PRIMARY KEY, -- point * 2^32 + replication
	outcome     INTEGER,             -- see the table outcome; NULL: no result, see the table trouble
	failed      INTEGER NOT NULL,    -- 1: the predicate holds
	virtual_ns  INTEGER NOT NULL,    -- virtual time at the end
	events      INTEGER NOT NULL,
	digest      BLOB NOT NULL,       -- the first 8 bytes of the trace's SHA-256; empty: no trace
	point       INTEGER AS (id >> 32) VIRTUAL,
	replication INTEGER AS (id & 4294967295) VIRTUAL -- from 0; its seed is the specification's and this
);

-- Replications that gave no result.
CREATE TABLE trouble (
	id       INTEGER PRIMARY KEY, -- of the replication
	status   TEXT NOT NULL,       -- crashed, wedged or limited
	"limit"  TEXT NOT NULL,       -- that a limited one met
	flags    TEXT NOT NULL,       -- of dtlssim run that set the limit, if that was not the default
	dump     TEXT                 -- what its worker said last; NULL behind the first hundred
);

-- What verification found.
CREATE TABLE difference (
	id      INTEGER PRIMARY KEY, -- of the replication
	"repeat" TEXT NOT NULL,      -- the command that repeats it
	record  INTEGER NOT NULL,    -- index of the first record that differs; -1: one gave no trace
	first   TEXT NOT NULL,
	second  TEXT NOT NULL
);
`

// measurePrefix begins the name of a column that holds a measure.
const measurePrefix = "measure_"

// create makes an empty file a store, without replications.
func create(tx *sql.Tx, sweep explore.Sweep, s Specification) error {
	text, sum := s.encode()
	_, err := tx.Exec(fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d; %s", applicationID, layoutVersion, layout))
	if err == nil {
		_, err = tx.Exec("INSERT INTO specification VALUES (?, ?)", text, sum)
	}
	if err != nil {
		return err
	}
	insert, err := tx.Prepare("INSERT INTO point VALUES (?, ?, ?)")
	if err != nil {
		return err
	}
	defer insert.Close()
	for i, levels := range sweep.Design {
		v, err := sweep.Scenario.Resolve(sweep.Settings.With(levels))
		if err != nil {
			return err
		}
		parameters := map[string]string{}
		for name, value := range v.Text() {
			if _, common := s.Parameters[name]; !common {
				parameters[name] = value
			}
		}
		l, err1 := json.Marshal(levels)
		p, err2 := json.Marshal(parameters)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		if _, err := insert.Exec(i, string(l), string(p)); err != nil {
			return err
		}
	}
	return nil
}
