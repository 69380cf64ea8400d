package layout

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// replicationColumns are the columns of the view replications, besides parameters and measures.
var replicationColumns = []string{
	"figure", "row", "part", "point", "replication", "seed", "status", "limit", "outcome", "failed", "virtual_ns",
	"events", "digest",
}

// pointColumns are the columns of the view points, besides parameters.
var pointColumns = []string{
	"figure", "row", "part", "point", "replications", "failures", "completed", "crashed", "timed_out", "limited",
}

// CreateViews creates the views that have columns for the parameters and measures of the file. They
// replace earlier ones.
func CreateViews(tx *sql.Tx, parameters, measures []string) error {
	columns := func(taken []string) string {
		var b strings.Builder
		for _, name := range parameters {
			as := name
			if slices.Contains(taken, name) {
				as = "parameter_" + name
			}
			fmt.Fprintf(&b, ",\n\tjson_extract(point.parameters, %s) AS %s", literal(`$.`+Quote(name)), Quote(as))
		}
		return b.String()
	}
	taken := slices.Concat(replicationColumns, measures)
	values := ""
	for _, name := range measures {
		as := name
		if slices.Contains(replicationColumns, name) {
			as = MeasurePrefix + name
		}
		values += ",\n\tr." + Quote(MeasurePrefix+name) + " AS " + Quote(as)
	}
	_, err := tx.Exec(`
DROP VIEW IF EXISTS replications;
DROP VIEW IF EXISTS points;
CREATE VIEW replications AS SELECT
	-- a parameter is NULL where its part does not vary it, a measure where it was not taken
	part.figure, part.row, part.part, point.point, r.replication,
	CASE typeof(part.seed) WHEN 'integer' THEN part.seed + r.replication END AS seed,
	coalesce(t.status, 'completed') AS status, t."limit", o.names AS outcome, r.failed,
	r.virtual_ns, r.events, lower(hex(r.digest)) AS digest` +
		columns(taken) + values + `
FROM replication AS r
	JOIN point ON point.point = r.id >> 32 JOIN part USING (part)
	LEFT JOIN outcome AS o ON o.outcome = r.outcome LEFT JOIN aborted AS t ON t.id = r.id;
CREATE VIEW points AS SELECT -- how many replications of each design point there are, and what became of them
	part.figure, part.row, part.part, point.point, count(r.id) AS replications, coalesce(sum(r.failed), 0) AS failures,
	count(r.outcome) AS completed, count(CASE WHEN t.status = 'crashed' THEN 1 END) AS crashed,
	count(CASE WHEN t.status = 'timed-out' THEN 1 END) AS timed_out,
	count(CASE WHEN t.status = 'limited' THEN 1 END) AS limited` +
		columns(pointColumns) + `
FROM point JOIN part USING (part)
	LEFT JOIN replication AS r ON r.id >= point.point << 32 AND r.id < (point.point + 1) << 32
	LEFT JOIN aborted AS t ON t.id = r.id
GROUP BY point.point`)
	return err
}

// Quote quotes a name for SQL and for a JSON path.
func Quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// literal quotes a text for SQL.
func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
