package senlin

import (
	"mime"
	"regexp"
	"strconv"
	"strings"
)

// mediaRange is one element of an Accept header.
type mediaRange struct {
	typ     string // "text/html", "text/*" or "*/*"; in lower case
	params  bool   // it has parameters besides its weight, so it matches no plain type
	quality float64
}

var weightForm = regexp.MustCompile(`^(0(\.[0-9]{0,3})?|1(\.0{0,3})?)$`)

// parseAccept reads an Accept header as webob does: one bad element spoils the whole header.
func parseAccept(header string) (ranges []mediaRange, ok bool) {
	for element := range strings.SplitSeq(header, ",") {
		if element = strings.TrimSpace(element); element == "" {
			continue
		}
		r, ok := parseRange(element)
		if !ok {
			return nil, false
		}
		ranges = append(ranges, r)
	}
	return ranges, true
}

func parseRange(element string) (mediaRange, bool) {
	typ, params, err := mime.ParseMediaType(element)
	if err != nil || !strings.Contains(typ, "/") {
		return mediaRange{}, false
	}
	r := mediaRange{typ: typ, quality: 1}
	if q, weighted := params["q"]; weighted {
		if !weightForm.MatchString(q) {
			return mediaRange{}, false
		}
		r.quality, err = strconv.ParseFloat(q, 64)
		delete(params, "q")
	}
	r.params = len(params) > 0
	return r, err == nil
}

// soleRange gives the media range of a header that consists of one and nothing else; "" for an empty header. Browsers and scripts that
// list several, or weigh them, have none.
func soleRange(header string) (typ string, ok bool) {
	ranges, ok := parseAccept(header)
	switch {
	case !ok || len(ranges) > 1:
		return "", false
	case len(ranges) == 0:
		return "", true
	}
	return ranges[0].typ, !ranges[0].params && ranges[0].quality == 1
}

// preferred chooses among media types on offer by an Accept header, as webob does: the most specific range that matches a type weighs it,
// the heaviest type wins, of equals the first. A header that is no good accepts the first; none is acceptable to an empty one.
func preferred(header string, offers ...string) (typ string, ok bool) {
	ranges, ok := parseAccept(header)
	if !ok {
		return offers[0], true
	}
	best := 0.0
	for _, offer := range offers {
		if q := weightOf(offer, ranges); q > best {
			typ, best = offer, q
		}
	}
	return typ, best > 0
}

func weightOf(offer string, ranges []mediaRange) float64 {
	weight, most := 0.0, 0
	for _, r := range ranges {
		if s := r.specificity(offer); s > most {
			weight, most = r.quality, s
		}
	}
	return weight
}

// specificity tells how closely a range matches a type; 0: not at all.
func (r mediaRange) specificity(offer string) int {
	group, _, _ := strings.Cut(offer, "/")
	switch {
	case r.params:
		return 0
	case r.typ == offer:
		return 3
	case r.typ == group+"/*":
		return 2
	case r.typ == "*/*":
		return 1
	}
	return 0
}
