package layout

// tables are the tables of a store, with comments that SQLite keeps; dtlssim query FILE layout
// shows them. The table replication has one more column for each reported measure, named
// MeasurePrefix plus the name of the measure. Its values are integers, or NULL if the replication
// did not report the measure. SQLite stores an integer in as few bytes as it needs, and 0 and 1 in
// the type byte alone, so a replication takes about 65 bytes.
//
// Every row ends with a checksum (see [Sum]), and the table seal has the totals of each table. A
// damaged or missing row is therefore noticed: see package check.
const tables = `
CREATE TABLE specification ( -- what this file is a store of: the same row twice, in case one is damaged
	copy     INTEGER PRIMARY KEY, -- 0 and 1
	text     TEXT NOT NULL, -- JSON: the study's file or the sweep's design, with scenario, seed and limits
	sha256   TEXT NOT NULL, -- of text, in hexadecimal
	file     BLOB NOT NULL, -- 16 random bytes that tie the pending records beside the file to it
	checksum INTEGER NOT NULL -- as in all tables: the first 8 bytes of the SHA-256 of the row's content
);

CREATE TABLE program ( -- the programs and machines that wrote to this file, one row per run, in order
	run        INTEGER PRIMARY KEY, -- from 1
	started    TEXT NOT NULL, -- wall time, UTC
	finished   TEXT,          -- wall time at which the run had answered everything; NULL: it did not
	budget     REAL NOT NULL, -- factor on the numbers of replications of a study; 1 for a sweep
	version    TEXT NOT NULL,
	binary     TEXT NOT NULL, -- SHA-256 of the executable, in hexadecimal
	go         TEXT NOT NULL,
	modules    TEXT NOT NULL, -- one line each: path and version
	platform   TEXT NOT NULL,
	processor  TEXT NOT NULL,
	processors INTEGER NOT NULL,
	checksum   INTEGER NOT NULL
);

CREATE TABLE part ( -- sweeps and searches, in the order of first use
	part          INTEGER PRIMARY KEY, -- from 0
	figure        TEXT NOT NULL,       -- of the study; '' for a sweep without a study
	row           TEXT NOT NULL,       -- its label in the figure
	kind          TEXT NOT NULL,       -- 'sweep', 'search', 'map', or 'estimate' if it has no design point
	seed          NOT NULL,            -- of its first replication: an integer; text above 2^63-1
	specification TEXT NOT NULL,       -- JSON
	first         INTEGER NOT NULL,    -- its first design point
	points        INTEGER NOT NULL,    -- how many design points it has
	checksum      INTEGER NOT NULL,
	UNIQUE (figure, row, kind, specification)
);

CREATE TABLE point ( -- design points, numbered over all parts, in the order of each design
	point      INTEGER PRIMARY KEY, -- from 0
	part       INTEGER NOT NULL REFERENCES part,
	levels     TEXT NOT NULL, -- JSON: what the design sets
	parameters TEXT NOT NULL, -- JSON: what the design sets, and what differs between points of the part
	checksum   INTEGER NOT NULL
);

CREATE TABLE outcome ( -- the sets of outcomes that occurred
	outcome  INTEGER PRIMARY KEY,
	names    TEXT NOT NULL UNIQUE, -- separated by commas, in the order of the scenario; 'clean' for none
	checksum INTEGER NOT NULL
);

CREATE TABLE measure ( -- the measures that replications reported: each has a column of replication
	measure  INTEGER PRIMARY KEY, -- from 0, in the order of the columns
	name     TEXT NOT NULL UNIQUE,
	checksum INTEGER NOT NULL
);

CREATE TABLE replication ( -- with a column measure_NAME for each measure, NULL where it was not reported
	id          INTEGER PRIMARY KEY, -- point * 2^32 + replication
	outcome     INTEGER,             -- see the table outcome; NULL: no result, see the table aborted
	failed      INTEGER NOT NULL,    -- 1: the predicate holds
	virtual_ns  INTEGER NOT NULL,    -- virtual time at the end
	events      INTEGER NOT NULL,
	digest      BLOB NOT NULL,       -- the first 8 bytes of the trace's SHA-256; empty: no trace
	checksum    INTEGER NOT NULL,    -- also of its outcome's names, its measures' names, and its status
	point       INTEGER AS (id >> 32) VIRTUAL,
	replication INTEGER AS (id & 4294967295) VIRTUAL -- from 0; its seed is the part's seed plus this
);

CREATE TABLE aborted ( -- replications without a result
	id       INTEGER PRIMARY KEY, -- of the replication
	status   TEXT NOT NULL,       -- crashed, timed-out or limited
	"limit"  TEXT NOT NULL,       -- which limit a limited one reached
	flags    TEXT NOT NULL,       -- the flags of dtlssim run that set this limit, unless it is the default
	dump     TEXT,                -- the last words of its worker; NULL after the first hundred of its point
	checksum INTEGER NOT NULL
);

CREATE TABLE difference ( -- what verification found
	id       INTEGER PRIMARY KEY, -- of the replication
	"repeat" TEXT NOT NULL,       -- the command that repeats it
	record   INTEGER NOT NULL,    -- index of the first record that differs; -1: one run gave no trace
	first    TEXT NOT NULL,
	second   TEXT NOT NULL,
	checksum INTEGER NOT NULL
);

CREATE TABLE run ( -- single runs, of window searches and other methods
	key      BLOB PRIMARY KEY, -- the first 16 bytes of the SHA-256 of scenario, settings, seed, predicate
	value    BLOB NOT NULL,    -- what a search reads of the run; only dtlssim can decode it
	checksum INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE search ( -- finished window searches; times in whole nanoseconds, all intervals half-open
	part      INTEGER PRIMARY KEY REFERENCES part,
	seed      NOT NULL, -- an integer; text above 2^63-1
	settings  TEXT NOT NULL, -- JSON: every parameter except the probe
	probe     TEXT NOT NULL,
	from_ns   INTEGER NOT NULL,
	to_ns     INTEGER NOT NULL,
	runs      INTEGER NOT NULL,
	method    TEXT NOT NULL, -- its name
	method_details TEXT NOT NULL, -- JSON, as in the answer of dtlssim window
	checksum  INTEGER NOT NULL
);

CREATE TABLE cell ( -- maximal intervals of probe values with one signature
	part      INTEGER NOT NULL REFERENCES search,
	cell      INTEGER NOT NULL, -- from 0
	from_ns   INTEGER NOT NULL,
	to_ns     INTEGER NOT NULL,
	outcome   TEXT NOT NULL,    -- names, separated by commas; 'clean' for none
	failed    INTEGER NOT NULL,
	signature TEXT NOT NULL,
	checksum  INTEGER NOT NULL,
	PRIMARY KEY (part, cell)
) WITHOUT ROWID;

CREATE TABLE failure_window ( -- maximal intervals in which the run fails
	part     INTEGER NOT NULL REFERENCES search,
	from_ns  INTEGER NOT NULL,
	to_ns    INTEGER NOT NULL,
	checksum INTEGER NOT NULL,
	PRIMARY KEY (part, from_ns)
) WITHOUT ROWID;

CREATE TABLE edge ( -- bounds of failure windows: exactly one of the runs at at_ns - 1 and at_ns fails
	part         INTEGER NOT NULL REFERENCES search,
	at_ns        INTEGER NOT NULL,
	below_repeat TEXT NOT NULL, -- the command that repeats the run at at_ns - 1
	below_digest TEXT NOT NULL, -- of its trace
	above_repeat TEXT NOT NULL, -- the same for at_ns
	above_digest TEXT NOT NULL,
	checksum     INTEGER NOT NULL,
	PRIMARY KEY (part, at_ns)
) WITHOUT ROWID;

CREATE TABLE estimate ( -- failure probabilities, as of the last finished run
	part         INTEGER NOT NULL REFERENCES part,
	point        INTEGER REFERENCES point, -- NULL: not of a single point
	x            REAL,                     -- value on the figure's axis; NULL: none
	method       TEXT NOT NULL,            -- 'monte-carlo', 'conditional', 'exact', ...
	estimate     REAL,                     -- NULL without data
	lo           REAL,
	hi           REAL,
	interval     TEXT NOT NULL,            -- how lo and hi were computed: 'wilson', ...; 'exact': equal to estimate
	confidence   REAL,                     -- of lo and hi; NULL if exact
	n            INTEGER,                  -- replications with a result, or seeds; NULL if exact
	failures     INTEGER,                  -- of monte-carlo
	exact        INTEGER NOT NULL,         -- 1: no sampling error
	checksum     INTEGER NOT NULL
);

CREATE TABLE answer ( -- answers that have no table of their own
	part     INTEGER PRIMARY KEY REFERENCES part,
	json     TEXT NOT NULL, -- of a map, as of dtlssim map
	checksum INTEGER NOT NULL
);

CREATE TABLE complete ( -- one row if everything was answered, and nothing was added since
	replications INTEGER NOT NULL,
	runs         INTEGER NOT NULL,
	sha256       TEXT NOT NULL, -- of specification, parts, points, replications and answers, by their checksums
	checksum     INTEGER NOT NULL
);

CREATE TABLE seal ( -- how many rows each table has, and the sum of their checksums
	name     TEXT NOT NULL,    -- the table; 'seal': the other rows of this one; 'commit': transactions so far
	point    INTEGER NOT NULL, -- of replications, the design point; otherwise 0
	rows     INTEGER NOT NULL,
	total    INTEGER NOT NULL, -- the sum, modulo 2^64
	checksum INTEGER NOT NULL,
	PRIMARY KEY (name, point)
) WITHOUT ROWID;

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

// answerTables hold answers, which are replaced as a whole.
var answerTables = []string{"search", "cell", "failure_window", "edge", "estimate", "answer"}

// Tables are the tables whose rows are read one way, with a checksum over their values in order.
// The tables replication and seal are read in ways of their own.
var Tables = append([]string{
	"specification", "program", "part", "point", "outcome", "measure", "aborted", "difference", "run", "complete",
}, answerTables...)
