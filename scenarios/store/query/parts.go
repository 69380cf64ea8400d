package query

import (
	"database/sql"
	"encoding/json"

	"github.com/dtlssim/dtlssim/scenarios/stat"
)

// Point is a design point with the counts of its stored replications.
type Point struct {
	Point      int
	Parameters map[string]string // those that vary between points

	Replications, Failures, Crashed, TimedOut, Limited int

	Certain bool // a finished sweep found that nothing is random here
}

// Completed returns how many replications gave a result.
func (p *Point) Completed() int { return p.Replications - p.Crashed - p.TimedOut - p.Limited }

// Estimate returns the failure probability with an interval of the given confidence.
func (p *Point) Estimate(confidence float64) stat.Proportion {
	if p.Certain {
		return stat.Certain(p.Failures, p.Completed())
	}
	return stat.DefaultInference(confidence).Of(p.Failures, p.Completed())
}

// Points calls do for each design point, in order, until do returns an error.
func (f File) Points(do func(*Point) error) error {
	const counts = `
		SELECT point.point, point.parameters, count(r.id), coalesce(sum(r.failed), 0),
			count(CASE WHEN t.status = 'crashed' THEN 1 END), count(CASE WHEN t.status = 'timed-out' THEN 1 END),
			count(CASE WHEN t.status = 'limited' THEN 1 END), coalesce(max(e.exact), 0)
		FROM point
			LEFT JOIN (SELECT point, min(exact) AS exact FROM estimate GROUP BY point) AS e ON e.point = point.point
			LEFT JOIN replication AS r ON r.id >= point.point << 32 AND r.id < (point.point + 1) << 32
			LEFT JOIN aborted AS t ON t.id = r.id
		GROUP BY point.point ORDER BY point.point`
	return f.file.Query(counts, func(rows *sql.Rows) error {
		var p Point
		var parameters string
		err := rows.Scan(&p.Point, &parameters, &p.Replications, &p.Failures, &p.Crashed, &p.TimedOut, &p.Limited,
			&p.Certain)
		if err == nil {
			err = json.Unmarshal([]byte(parameters), &p.Parameters)
		}
		if err != nil {
			return err
		}
		return do(&p)
	})
}

// Part is a sweep or a search of a study.
type Part struct {
	Part         int
	Figure, Row  string // empty for a sweep outside a study
	Kind         string // sweep, search, map; estimate if it has no design point
	Seed         uint64 // of the first replication
	Points       int    // of a sweep
	Replications int    // of a sweep: stored replications
	Failures     int
	Runs         int // of an answered search
	Windows      int // failure windows, likewise
}

// Parts calls do for each part, in the order of first use, until do returns an error.
func (f File) Parts(do func(*Part) error) error {
	const counts = `
		SELECT part.part, figure, row, kind, specification, coalesce(search.runs, 0),
			(SELECT count(*) FROM failure_window AS w WHERE w.part = part.part),
			(SELECT count(*) FROM point WHERE point.part = part.part),
			(SELECT count(*) FROM point JOIN replication AS r
				ON r.id >= point.point << 32 AND r.id < (point.point + 1) << 32 WHERE point.part = part.part),
			(SELECT coalesce(sum(r.failed), 0) FROM point JOIN replication AS r
				ON r.id >= point.point << 32 AND r.id < (point.point + 1) << 32 WHERE point.part = part.part)
		FROM part LEFT JOIN search USING (part) ORDER BY part.part`
	return f.file.Query(counts, func(rows *sql.Rows) error {
		var p Part
		var specification string
		if err := rows.Scan(&p.Part, &p.Figure, &p.Row, &p.Kind, &specification, &p.Runs, &p.Windows, &p.Points,
			&p.Replications, &p.Failures); err != nil {
			return err
		}
		if err := p.seed(specification); err != nil {
			return err
		}
		return do(&p)
	})
}

// seed reads the seed of the first replication from the specification of a part.
func (p *Part) seed(specification string) error {
	return json.Unmarshal([]byte(specification), &struct {
		Seed *uint64 `json:"seed"`
	}{&p.Seed})
}

// parts returns the parts, by number, without their counts.
func (f File) parts() (map[int]Part, error) {
	parts := map[int]Part{}
	err := f.file.Query("SELECT part, figure, row, kind, specification FROM part", func(rows *sql.Rows) error {
		var p Part
		var specification string
		err := rows.Scan(&p.Part, &p.Figure, &p.Row, &p.Kind, &specification)
		if err == nil {
			err = p.seed(specification)
		}
		parts[p.Part] = p
		return err
	})
	return parts, err
}

// PartOf returns which part each design point belongs to.
func (f File) PartOf() (map[int]Part, error) {
	parts, err := f.parts()
	if err != nil {
		return nil, err
	}
	of := map[int]Part{}
	err = f.file.Query("SELECT point, part FROM point", func(rows *sql.Rows) error {
		var point, part int
		err := rows.Scan(&point, &part)
		of[point] = parts[part]
		return err
	})
	return of, err
}
