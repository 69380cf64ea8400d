package plane

import "slices"

// border lists the lines between regions, and the levels of y.
func (r *Regions) border(strips []*Strip) {
	for i, s := range strips {
		for j, l := range s.Lines {
			r.Boundaries = append(r.Boundaries, Boundary{
				Left: s.Regions[j], Right: s.Regions[j+1], Line: l, From: s.From, To: s.To,
				Fails: s.pieces[j].failed != s.pieces[j+1].failed,
			})
		}
		if i > 0 && strips[i-1].To == s.From {
			r.level(strips[i-1], s)
		}
	}
	for before := -1; before != len(r.Boundaries); {
		before = len(r.Boundaries)
		r.Boundaries = lengthen(r.Boundaries)
	}
	for i := range r.Boundaries {
		b := &r.Boundaries[i]
		b.Equation = b.Line.Equation(r.X.Name, r.Y.Name)
	}
}

// lengthen joins boundaries between the same regions that lie on one line. A boundary with a single
// row lies on every line through it.
func lengthen(list []Boundary) []Boundary {
	joined := []Boundary{}
	for _, b := range list {
		i := slices.IndexFunc(joined, func(a Boundary) bool {
			same := a.Left == b.Left && a.Right == b.Right && a.To == b.From
			return same && (a.Line == b.Line || a.through(b) || b.through(a))
		})
		if i < 0 {
			joined = append(joined, b)
			continue
		}
		if !joined[i].through(b) {
			joined[i].Line = b.Line
		}
		joined[i].To = b.To
	}
	return joined
}

// through reports whether the line of b continues a, either on the same line or from the single row
// of a.
func (b Boundary) through(a Boundary) bool {
	return a.Line == b.Line || a.To == a.From+1 && a.Line.At(a.From) == b.Line.At(a.From)
}

// level lists where one region ends and another begins at the border of two strips.
func (r *Regions) level(below, above *Strip) {
	steepest := int64(0)
	for _, l := range slices.Concat(below.Lines, above.Lines) {
		steepest = max(steepest, max(l.Rise, -l.Rise)/l.Run)
	}
	eachPart(above.From, r.X, below, above, func(from, to int64, p, q *piece) {
		if p == nil || q == nil || p.root() == q.root() || to-from <= 2*(1+steepest) { // a corner, rounded
			return
		}
		l := Level{
			Below: r.Regions[p.root().region].Name, Above: r.Regions[q.root().region].Name, Y: above.From, From: from,
			To:    to,
			Fails: p.failed != q.failed,
		}
		if n := len(r.Levels); n > 0 {
			if last := &r.Levels[n-1]; last.Y == l.Y && last.To == from && last.Below == l.Below &&
				last.Above == l.Above {
				last.To = to
				return
			}
		}
		r.Levels = append(r.Levels, l)
	})
}
