package query

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// Geo finds documents that have a point within an area in a field.
type Geo struct {
	Field *Field
	Area  func(point) bool
}

// point is a place on earth, in degrees.
type point struct{ lat, lon float64 }

func (f Geo) match(s subject) bool {
	if f.Field.scope != s.scope {
		return false
	}
	found := false
	s.points(f.Field.path, func(at point) { found = found || f.Area(at) })
	return found
}

// points calls yield with the points of a field. An array of two numbers is one point, the longitude first.
func (s subject) points(path []string, yield func(point)) {
	n := len(path) - 1
	parents := func(v jsonvalue.Value) bool {
		listPoints(v.Get(path[n]), yield)
		return true
	}
	if n == 0 {
		listPoints(s.member(path[0]), yield)
		return
	}
	s.values(path[:n], parents)
}

func listPoints(v jsonvalue.Value, yield func(point)) {
	if at, ok := parsePoint(v); ok {
		yield(at)
		return
	}
	for _, item := range v.Items() {
		listPoints(item, yield)
	}
}

// parsePoint reads {"lat": 1, "lon": 2}, [2, 1], "1,2", "POINT (2 1)", {"type": "Point", "coordinates": [2, 1]} and geohashes.
func parsePoint(v jsonvalue.Value) (point, bool) {
	switch v.Kind() {
	case jsonvalue.KindArray:
		items := v.Items()
		if len(items) != 2 && len(items) != 3 || items[0].Kind() != jsonvalue.KindNumber || items[1].Kind() != jsonvalue.KindNumber {
			return point{}, false
		}
		return point{lat: items[1].Float(), lon: items[0].Float()}.checked()
	case jsonvalue.KindObject:
		if strings.EqualFold(v.Get("type").Text(), "point") {
			return parsePoint(v.Get("coordinates"))
		}
		lat, okLat := numberOf(v.Get("lat"))
		lon, okLon := numberOf(v.Get("lon"))
		if !okLat || !okLon {
			return point{}, false
		}
		return point{lat: lat.Float(), lon: lon.Float()}.checked()
	case jsonvalue.KindString:
		return parsePointText(v.Text())
	default:
		return point{}, false
	}
}

func parsePointText(text string) (point, bool) {
	if inner, ok := strings.CutPrefix(strings.ToUpper(strings.TrimSpace(text)), "POINT"); ok {
		lon, lat, ok := strings.Cut(strings.TrimSpace(strings.Trim(strings.TrimSpace(inner), "()")), " ")
		return numbers(lat, lon, ok)
	}
	if lat, lon, ok := strings.Cut(text, ","); ok {
		return numbers(lat, lon, ok)
	}
	return parseGeohash(text)
}

func numbers(lat, lon string, ok bool) (point, bool) {
	a, errA := strconv.ParseFloat(strings.TrimSpace(lat), 64)
	b, errB := strconv.ParseFloat(strings.TrimSpace(lon), 64)
	if !ok || errA != nil || errB != nil {
		return point{}, false
	}
	return point{lat: a, lon: b}.checked()
}

func (at point) checked() (point, bool) {
	return at, math.Abs(at.lat) <= 90 && math.Abs(at.lon) <= 180
}

const geohashDigits = "0123456789bcdefghjkmnpqrstuvwxyz"

// parseGeohash gives the south-western corner of a geohash's cell, as Elasticsearch does.
func parseGeohash(text string) (point, bool) {
	if text == "" || len(text) > 12 {
		return point{}, false
	}
	low, high, even := point{-90, -180}, point{90, 180}, true
	for _, c := range text {
		digit := strings.IndexRune(geohashDigits, c)
		if digit < 0 {
			return point{}, false
		}
		for bit := 4; bit >= 0; bit-- {
			from, to := &low.lat, &high.lat
			if even {
				from, to = &low.lon, &high.lon
			}
			if mid := (*from + *to) / 2; digit>>bit&1 == 1 {
				*from = mid
			} else {
				*to = mid
			}
			even = !even
		}
	}
	return low, true
}

// geoOptions are the members beside the field.
var geoOptions = []string{"distance", "distance_type", "validation_method", "type", "ignore_unmapped"}

// geo reads a query about places.
func (p *parser) geo(name string, content jsonvalue.Value) (Filter, error) {
	var field string
	var area jsonvalue.Value
	for _, m := range content.Members() {
		switch {
		case slices.Contains(free, m.Name):
			if err := checkFree(name, m); err != nil {
				return nil, err
			}
		case slices.Contains(geoOptions, m.Name):
		case field != "":
			return nil, refusef("[%s] query doesn't support multiple fields, found [%s] and [%s]", name, field, m.Name)
		default:
			field, area = m.Name, m.Value
		}
	}
	if field == "" {
		return nil, refusef("[%s] query malformed, no field found", name)
	}
	if v := content.Get("validation_method"); !v.IsAbsent() && !strings.EqualFold(v.Text(), "STRICT") {
		return nil, unsupported("validation_method of " + name)
	}
	within, err := readArea(name, area, content)
	if err != nil {
		return nil, err
	}
	f := p.mapping.field(field)
	switch {
	case f == nil && content.Get("ignore_unmapped").Bool():
		return None{}, nil
	case f == nil:
		return nil, refusef("failed to find geo field [%s]", field)
	case f.Type != TypeGeoPoint:
		return nil, refusef("Field [%s] is of unsupported type [%s] for [%s] query", field, f.kind, name)
	}
	return Geo{Field: f, Area: within}, nil
}

func readArea(name string, area, content jsonvalue.Value) (func(point) bool, error) {
	switch name {
	case "geo_bounding_box":
		return readBox(area)
	case "geo_distance":
		return readCircle(area, content.Get("distance"))
	default:
		return readPolygon(area)
	}
}

func readBox(area jsonvalue.Value) (func(point) bool, error) {
	corner := func(vertical, horizontal string, names ...string) (point, bool) {
		for _, n := range names {
			if v := area.Get(n); !v.IsAbsent() {
				return parsePoint(v)
			}
		}
		lat, okLat := numberOf(area.Get(vertical))
		lon, okLon := numberOf(area.Get(horizontal))
		if !okLat || !okLon {
			return point{}, false
		}
		return point{lat: lat.Float(), lon: lon.Float()}.checked()
	}
	nw, ok1 := corner("top", "left", "top_left", "topLeft")
	se, ok2 := corner("bottom", "right", "bottom_right", "bottomRight")
	if !ok1 || !ok2 {
		return nil, refusef("failed to parse bounding box")
	}
	if nw.lat < se.lat {
		return nil, refusef("top is below bottom corner: %v vs. %v", nw.lat, se.lat)
	}
	return func(at point) bool {
		inside := nw.lon <= at.lon && at.lon <= se.lon
		if nw.lon > se.lon { // across the date line
			inside = at.lon >= nw.lon || at.lon <= se.lon
		}
		return inside && se.lat <= at.lat && at.lat <= nw.lat
	}, nil
}

// meters are the units of distances.
var meters = []struct {
	unit string
	size float64
}{
	{"kilometers", 1000},
	{"centimeters", 0.01},
	{"millimeters", 0.001},
	{"nauticalmiles", 1852},
	{"meters", 1},
	{"miles", 1609.344},
	{"inch", 0.0254},
	{"yards", 0.9144},
	{"feet", 0.3048},
	{"nmi", 1852},
	{"NM", 1852},
	{"km", 1000},
	{"cm", 0.01},
	{"mm", 0.001},
	{"mi", 1609.344},
	{"in", 0.0254},
	{"yd", 0.9144},
	{"ft", 0.3048},
	{"m", 1},
}

func readDistance(v jsonvalue.Value) (float64, error) {
	text, ok := plainText(v)
	if !ok {
		return 0, refusef("geo_distance requires 'distance' to be specified")
	}
	number, size := strings.TrimSpace(text), 1.0
	for _, u := range meters {
		if rest, ok := strings.CutSuffix(number, u.unit); ok {
			number, size = strings.TrimSpace(rest), u.size
			break
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || math.IsNaN(n) || n <= 0 {
		return 0, refusef("distance must be greater than zero")
	}
	return n * size, nil
}

// earthRadius is that of Lucene, in meters.
const earthRadius = 6371008.7714

func readCircle(area, distance jsonvalue.Value) (func(point) bool, error) {
	center, ok := parsePoint(area)
	if !ok {
		return nil, refusef("failed to parse geo_point")
	}
	radius, err := readDistance(distance)
	return func(at point) bool { return haversine(center, at) <= radius }, err
}

func haversine(a, b point) float64 {
	const rad = math.Pi / 180
	s, t := math.Sin((b.lat-a.lat)*rad/2), math.Sin((b.lon-a.lon)*rad/2)
	h := s*s + math.Cos(a.lat*rad)*math.Cos(b.lat*rad)*t*t
	return 2 * earthRadius * math.Asin(math.Sqrt(min(1, h)))
}

// maxCorners bounds a polygon.
const maxCorners = 1000

func readPolygon(area jsonvalue.Value) (func(point) bool, error) {
	list := area.Get("points").Items()
	if len(list) > maxCorners {
		return nil, refusef("too many points defined for geo_polygon query")
	}
	corners := make([]point, len(list))
	for i, v := range list {
		var ok bool
		if corners[i], ok = parsePoint(v); !ok {
			return nil, refusef("failed to parse geo_point")
		}
	}
	if len(corners) < 3 {
		return nil, refusef("too few points defined for geo_polygon query")
	}
	return func(at point) bool { return encloses(corners, at) }, nil
}

// encloses counts how often a ray from the point crosses the polygon.
func encloses(corners []point, at point) bool {
	inside := false
	for i, a := range corners {
		b := corners[(i+len(corners)-1)%len(corners)]
		if (a.lat > at.lat) != (b.lat > at.lat) && at.lon < (b.lon-a.lon)*(at.lat-a.lat)/(b.lat-a.lat)+a.lon {
			inside = !inside
		}
	}
	return inside
}
