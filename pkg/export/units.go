package export

import "math"

// Scaled returns the box as fractions of the size, times a factor: 1 makes 0..1, 100 makes percent.
func (b Box) Scaled(s Size, factor float64) Box {
	return Box{
		Left: b.Left / s.Width * factor, Top: b.Top / s.Height * factor,
		Width: b.Width / s.Width * factor, Height: b.Height / s.Height * factor,
	}
}

// Scaled returns the point as fractions of the size, times a factor: 1 makes 0..1, 100 makes percent.
func (p Point) Scaled(s Size, factor float64) Point {
	return Point{X: p.X / s.Width * factor, Y: p.Y / s.Height * factor}
}

// Corners returns the box's corners, clockwise from the top left.
func (b Box) Corners() [4]Point {
	return [4]Point{{b.Left, b.Top}, {b.Right(), b.Top}, {b.Right(), b.Bottom()}, {b.Left, b.Bottom()}}
}

// Clamp moves what lies outside the image onto its edge. changed says that something was moved; ok is false where nothing
// of the geometry is inside, so that nothing is left to draw. Geometries without a place in an image are returned as they
// are. A polygon is cut to the image; an outline that is folded may then have edges along the border.
func Clamp(g Geometry, s Size) (clamped Geometry, changed, ok bool) {
	switch g := g.(type) {
	case Box:
		b, changed := g.clamp(s)
		return b, changed, b.Width > 0 && b.Height > 0 || !changed
	case Polygons:
		return g.clamp(s)
	case Segment:
		from, a := g.From.clamp(s)
		to, b := g.To.clamp(s)
		changed := a || b
		return Segment{from, to}, changed, from != to || !changed
	case Keypoints:
		return g.clamp(s)
	default:
		return g, false, true
	}
}

// dust is a distance in pixels that comes from rounding and is nothing to speak of.
const dust = 1e-6

func (p Point) clamp(s Size) (Point, bool) {
	c := Point{X: math.Min(math.Max(p.X, 0), s.Width), Y: math.Min(math.Max(p.Y, 0), s.Height)}
	return c, math.Abs(c.X-p.X) > dust || math.Abs(c.Y-p.Y) > dust
}

func (b Box) clamp(s Size) (Box, bool) {
	from, a := Point{b.Left, b.Top}.clamp(s)
	to, c := Point{b.Right(), b.Bottom()}.clamp(s)
	if !a && !c {
		return b, false // right edges that were never computed keep every digit
	}
	return Box{Left: from.X, Top: from.Y, Width: to.X - from.X, Height: to.Y - from.Y}, true
}

func (g Polygons) clamp(s Size) (Geometry, bool, bool) {
	out := Polygons{Rings: make([][]Point, 0, len(g.Rings))}
	changed := false
	for _, ring := range g.Rings {
		cut, moved := cutRing(ring, s)
		changed = changed || moved
		if len(cut) >= 3 {
			out.Rings = append(out.Rings, cut)
		}
	}
	return out, changed, len(out.Rings) > 0
}

func (g Keypoints) clamp(s Size) (Geometry, bool, bool) {
	out := Keypoints{Points: make([]Keypoint, len(g.Points))}
	changed := false
	for i, p := range g.Points {
		at, moved := p.clamp(s)
		out.Points[i], changed = Keypoint{at, p.Name}, changed || moved
	}
	if g.Box != nil {
		box, moved := g.Box.clamp(s)
		out.Box, changed = &box, changed || moved
	}
	for _, ring := range g.Rings {
		cut, moved := cutRing(ring, s)
		changed = changed || moved
		if len(cut) >= 3 {
			out.Rings = append(out.Rings, cut)
		}
	}
	return out, changed, true
}

// cutRing cuts an outline to the image, one edge of the image after the other (Sutherland and Hodgman, "Reentrant polygon
// clipping", 1974).
func cutRing(ring []Point, s Size) (cut []Point, changed bool) {
	for _, p := range ring {
		if _, outside := p.clamp(s); outside {
			changed = true
		}
	}
	if !changed {
		return ring, false
	}
	cut = ring
	for _, edge := range []edge{{axis: 0, at: 0, above: true}, {axis: 0, at: s.Width}, {axis: 1, at: 0, above: true}, {axis: 1, at: s.Height}} {
		cut = edge.cut(cut)
	}
	return cut, true
}

// edge is one edge of an image: what is kept has a coordinate at or above it, or at or below it.
type edge struct {
	axis  int
	at    float64
	above bool
}

func (e edge) of(p Point) float64 {
	if e.axis == 0 {
		return p.X
	}
	return p.Y
}

func (e edge) inside(p Point) bool {
	if e.above {
		return e.of(p) >= e.at
	}
	return e.of(p) <= e.at
}

func (e edge) cut(ring []Point) []Point {
	var out []Point
	for i, p := range ring {
		before := ring[(i+len(ring)-1)%len(ring)]
		if e.inside(p) != e.inside(before) {
			out = append(out, e.cross(before, p))
		}
		if e.inside(p) {
			out = append(out, p)
		}
	}
	return out
}

// cross is where the line from a to b meets the edge.
func (e edge) cross(a, b Point) Point {
	t := (e.at - e.of(a)) / (e.of(b) - e.of(a))
	if e.axis == 0 {
		return Point{X: e.at, Y: a.Y + t*(b.Y-a.Y)}
	}
	return Point{X: a.X + t*(b.X-a.X), Y: e.at}
}
