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

// tables are the tables of a store, with comments that SQLite keeps; dtlssim query FILE layout
// shows them. The table replication has one more column for each reported measure, named
// MeasurePrefix plus the name of the measure. Its values are integers, or NULL if the replication
// did not report the measure. SQLite stores an integer in as few bytes as it needs, and 0 and 1 in
// the type byte alone, so a replication takes about 55 bytes.
const tables = `
CREATE TABLE specification ( -- one row: what the file is of
	text   TEXT NOT NULL, -- JSON: the study's file, the scenario, seed, limits; of a sweep, its design
	sha256 TEXT NOT NULL, -- of text, in hexadecimal
	file   BLOB NOT NULL  -- 16 random bytes: whose pending replications lie beside the file
);

CREATE TABLE program ( -- the programs and machines that wrote to this file, in order: a row for each time
	run        INTEGER PRIMARY KEY,
	started    TEXT NOT NULL, -- wall time, UTC
	finished   TEXT,          -- wall time at which all that it was asked was answered; NULL: it was not
	budget     REAL NOT NULL, -- factor on the numbers of replications of a study; 1 of a sweep
	version    TEXT NOT NULL,
	binary     TEXT NOT NULL, -- SHA-256 of the executable, in hexadecimal
	go         TEXT NOT NULL,
	modules    TEXT NOT NULL, -- a line for each: path and version
	platform   TEXT NOT NULL,
	processor  TEXT NOT NULL,
	processors INTEGER NOT NULL
);

CREATE TABLE part ( -- sweeps and searches, in the order in which they were first asked for
	part          INTEGER PRIMARY KEY, -- from 0
	figure        TEXT NOT NULL,       -- of the study; '' of a sweep that is no study's
	row           TEXT NOT NULL,       -- its label in the figure
	kind          TEXT NOT NULL,       -- 'sweep', 'search', 'map', or 'estimate' of one that is of no design point
	seed          NOT NULL,            -- of its first replication: a whole number; above 2^63-1 as text
	specification TEXT NOT NULL,       -- JSON
	UNIQUE (figure, row, kind, specification)
);

CREATE TABLE point ( -- design points, numbered over all parts, in the order of each design
	point      INTEGER PRIMARY KEY, -- from 0
	part       INTEGER NOT NULL REFERENCES part,
	levels     TEXT NOT NULL, -- JSON: what the design sets
	parameters TEXT NOT NULL  -- JSON: what the design sets or what differs between points of the part
);

CREATE TABLE outcome ( -- sets of outcomes that occurred
	outcome INTEGER PRIMARY KEY,
	names   TEXT NOT NULL UNIQUE -- separated by commas, in the order of the scenario; 'clean' of none
);

CREATE TABLE replication ( -- and a column measure_NAME for each measure, NULL where it was not taken
	id          INTEGER PRIMARY KEY, -- point * 2^32 + replication
	outcome     INTEGER,             -- see the table outcome; NULL: no result, see the table aborted
	failed      INTEGER NOT NULL,    -- 1: the predicate holds
	virtual_ns  INTEGER NOT NULL,    -- virtual time at the end
	events      INTEGER NOT NULL,
	digest      BLOB NOT NULL,       -- the first 8 bytes of the trace's SHA-256; empty: no trace
	point       INTEGER AS (id >> 32) VIRTUAL,
	replication INTEGER AS (id & 4294967295) VIRTUAL -- from 0; its seed is that of the first, and this
);

CREATE TABLE aborted ( -- replications that gave no result
	id       INTEGER PRIMARY KEY, -- of the replication
	status   TEXT NOT NULL,       -- crashed, timed-out or limited
	"limit"  TEXT NOT NULL,       -- that a limited one met
	flags    TEXT NOT NULL,       -- of dtlssim run that set the limit, if that was not the default
	dump     TEXT                 -- what its worker said last; NULL behind the first hundred of its point
);

CREATE TABLE difference ( -- what verification found
	id       INTEGER PRIMARY KEY, -- of the replication
	"repeat" TEXT NOT NULL,       -- the command that repeats it
	record   INTEGER NOT NULL,    -- index of the first record that differs; -1: one gave no trace
	first    TEXT NOT NULL,
	second   TEXT NOT NULL
);

CREATE TABLE run ( -- of window searches, and whatever else performs runs one by one
	key   BLOB PRIMARY KEY, -- the first 16 bytes of the SHA-256 of scenario, settings, seed, predicate
	value BLOB NOT NULL     -- what the search read of it, of use to dtlssim alone
) WITHOUT ROWID;

CREATE TABLE search ( -- window searches that are answered; times in whole nanoseconds, all intervals half-open
	part      INTEGER PRIMARY KEY REFERENCES part,
	seed      NOT NULL, -- a whole number; above 2^63-1 as text
	settings  TEXT NOT NULL, -- JSON: every parameter but the probe
	probe     TEXT NOT NULL,
	from_ns   INTEGER NOT NULL,
	to_ns     INTEGER NOT NULL,
	runs      INTEGER NOT NULL,
	method    TEXT NOT NULL, -- its name
	method_details TEXT NOT NULL -- JSON: verifications, prediction failures, the largest gap; as of dtlssim window
);

CREATE TABLE cell ( -- maximal intervals of probe values of one signature
	part    INTEGER NOT NULL REFERENCES search,
	cell    INTEGER NOT NULL, -- from 0
	from_ns INTEGER NOT NULL,
	to_ns   INTEGER NOT NULL,
	outcome TEXT NOT NULL,    -- names, separated by commas; 'clean' of none
	failed  INTEGER NOT NULL,
	signature   TEXT NOT NULL,
	PRIMARY KEY (part, cell)
) WITHOUT ROWID;

CREATE TABLE failure_window ( -- maximal intervals in which the run fails
	part    INTEGER NOT NULL REFERENCES search,
	from_ns INTEGER NOT NULL,
	to_ns   INTEGER NOT NULL,
	PRIMARY KEY (part, from_ns)
) WITHOUT ROWID;

CREATE TABLE edge ( -- bounds of failure windows: of the runs at at_ns - 1 and at at_ns, one fails
	part         INTEGER NOT NULL REFERENCES search,
	at_ns        INTEGER NOT NULL,
	below_repeat TEXT NOT NULL, -- the command that repeats the run at at_ns - 1
	below_digest TEXT NOT NULL, -- of its trace
	above_repeat TEXT NOT NULL, -- the same at at_ns
	above_digest TEXT NOT NULL,
	PRIMARY KEY (part, at_ns)
) WITHOUT ROWID;

CREATE TABLE estimate ( -- of failure probabilities, when the study was finished last
	part         INTEGER NOT NULL REFERENCES part,
	point        INTEGER REFERENCES point, -- NULL: of no single point
	x            REAL,                     -- value on the figure's axis; NULL: it has none
	method       TEXT NOT NULL,            -- 'monte-carlo', 'conditional', 'exact', ...
	estimate     REAL,                     -- NULL without data
	lo           REAL,
	hi           REAL,
	interval     TEXT NOT NULL,            -- how lo and hi were computed: 'wilson'; 'exact': as the estimate
	confidence   REAL,                     -- of lo and hi; NULL of exact ones
	n            INTEGER,                  -- replications that gave a result, or seeds; NULL of exact ones
	failures     INTEGER,                  -- of monte-carlo
	exact        INTEGER NOT NULL          -- 1: no sampling error
);

CREATE TABLE answer ( -- what has no table of its own
	part INTEGER PRIMARY KEY REFERENCES part,
	json TEXT NOT NULL -- of a map, as of dtlssim map
);

CREATE VIEW searches AS SELECT part.figure, part.row, search.* FROM search JOIN part USING (part);
CREATE VIEW windows AS
	SELECT part.figure, part.row, search.probe, search.seed, w.from_ns, w.to_ns, w.to_ns - w.from_ns AS width_ns,
		below.below_repeat AS last_before, below.above_repeat AS first_within, above.below_repeat AS last_within,
		above.above_repeat AS first_behind,
		w.part
	FROM failure_window AS w JOIN search USING (part) JOIN part USING (part)
		LEFT JOIN edge AS below ON below.part = w.part AND below.at_ns = w.from_ns
		LEFT JOIN edge AS above ON above.part = w.part AND above.at_ns = w.to_ns;
CREATE VIEW cells AS
	SELECT part.figure, part.row, search.probe, search.seed, cell.from_ns, cell.to_ns, cell.outcome, cell.failed,
		cell.signature, part
	FROM cell JOIN search USING (part) JOIN part USING (part);
CREATE VIEW estimates AS SELECT part.figure, part.row, estimate.* FROM estimate JOIN part USING (part);
`

// MeasurePrefix is the prefix of the name of a measure's column.
const MeasurePrefix = "measure_"

// Create turns an empty file into a store of a specification, given as JSON with its SHA-256.
func Create(tx *sql.Tx, specification, sum string) error {
	if _, err := tx.Exec(fmt.Sprintf(
		"PRAGMA application_id = %d; PRAGMA user_version = %d; %s", applicationID, layoutVersion, tables,
	)); err != nil {
		return err
	}
	id := make([]byte, 16)
	if _, err := rand.Read(id); err != nil {
		return err
	}
	_, err := tx.Exec("INSERT INTO specification VALUES (?, ?, ?)", specification, sum, id)
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
