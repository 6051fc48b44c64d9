package senlin

import (
	"encoding/hex"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/pyrepr"
)

// listProfiles is GET /v1/profiles.
func listProfiles(r *request) error {
	q, err := parseList(r.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	var rd reading
	read, err := rd.since(r, core.Read{Local: true})
	if err != nil {
		return err
	}
	ps, err := r.tenant.ListSpecProfiles(r.Request().Context(), r.caller, q, read)
	if err != nil {
		return err
	}
	rd.tell(r)
	return r.answer(http.StatusOK, r.tenant.SpecForm().List(ps))
}

// listParams are the parameters of a list as they were given. Of a repeated single one the last counts.
type listParams struct {
	names, types                 []string
	limit, marker, sort, project string
}

// parseList reads the parameters of a list in Senlin's order: unknown ones, then global_project, limit, marker and sort. Empty values count
// as not given, save those of name and type, which match nothing.
func parseList(rawQuery string) (core.SpecList, error) {
	params, err := collectParams(rawQuery)
	if err != nil {
		return core.SpecList{}, err
	}
	q := core.SpecList{Names: params.names, Types: params.types}
	if q.AllProjects, err = parseGlobal(params.project); err != nil {
		return q, err
	}
	if params.limit != "" {
		q.Limited = true
		if q.Limit, err = parseLimit(params.limit); err != nil {
			return q, err
		}
	}
	if params.marker != "" && !isUUIDLike(params.marker) {
		return q, badRequestf("The value for marker is not a valid UUID: '%s'.", params.marker)
	}
	q.Marker = params.marker
	if q.Sort, err = parseSort(params.sort); err != nil {
		return q, err
	}
	return q, checkMarkerForm(params.marker)
}

func collectParams(rawQuery string) (listParams, error) {
	var p listParams
	for pair := range strings.FieldsFuncSeq(rawQuery, func(r rune) bool { return r == '&' || r == ';' }) { // as webob 1.8 does
		name, value, _ := strings.Cut(pair, "=")
		name, value = unescape(name), unescape(value)
		if !utf8.ValidString(name) || !utf8.ValidString(value) {
			return p, badRequest("The query string is not valid UTF-8.")
		}
		switch name {
		case "name":
			p.names = append(p.names, value)
		case "type":
			p.types = append(p.types, value)
		case "limit":
			p.limit = value
		case "marker":
			p.marker = value
		case "sort":
			p.sort = value
		case "global_project":
			p.project = value
		default:
			return p, badRequest("Invalid parameter " + name)
		}
	}
	return p, nil
}

// unescape resolves a query's escapes as Python does: what is no escape stays as it is.
func unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			b = append(b, ' ')
		case s[i] == '%' && i+2 < len(s):
			if n, err := hex.AppendDecode(b, []byte(s[i+1:i+3])); err == nil {
				b, i = n, i+2
				continue
			}
			b = append(b, '%')
		default:
			b = append(b, s[i])
		}
	}
	return string(b)
}

func parseGlobal(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	}
	return false, badRequestf("Invalid value '%s' specified for 'global_project'", s)
}

// parseLimit reads a number of any size; one beyond what an int holds is as good as none.
func parseLimit(s string) (int, error) {
	text := strings.TrimSpace(s)
	n, err := strconv.Atoi(text)
	switch {
	// Out of range is told before what stands behind the digits is looked at.
	case err != nil && (!errors.Is(err, strconv.ErrRange) || !wholeNumber.MatchString(text)):
		return 0, badRequestf("The value for limit must be an integer: '%s'.", s)
	case n < 0:
		return 0, badRequest("Value must be >= 0 for field 'limit'.")
	}
	return n, nil
}

var wholeNumber = regexp.MustCompile(`^[+-]?[0-9]+$`)

var sortKeys = map[string]core.SpecSortKey{
	"name": core.SortName, "type": core.SortType, "created_at": core.SortCreatedAt, "updated_at": core.SortUpdatedAt,
}

// parseSort reads "key[:asc|:desc],…". Of a part whose key and direction are both wrong the direction is told.
func parseSort(s string) ([]core.SpecSort, error) {
	if s == "" {
		return nil, nil
	}
	var sorts []core.SpecSort
	for part := range strings.SplitSeq(s, ",") {
		name, direction, _ := strings.Cut(part, ":")
		key, known := sortKeys[name]
		switch {
		case name == "":
			return nil, badRequest("Missing sort key for 'sort'.")
		case direction != "" && direction != "asc" && direction != "desc":
			return nil, badRequestf("Unsupported sort dir '%s' for 'sort'.", direction)
		case !known:
			return nil, badRequestf("Unsupported sort key '%s' for 'sort'.", name)
		}
		sorts = append(sorts, core.SpecSort{Key: key, Descending: direction == "desc"})
	}
	return sorts, nil
}

// uuidForm is what Senlin's UUID field takes in the end: with hyphens or without, in any case.
var uuidForm = regexp.MustCompile(`^[a-fA-F0-9]{8}-?[a-fA-F0-9]{4}-?[a-fA-F0-9]{4}-?[a-fA-F0-9]{4}-?[a-fA-F0-9]{12}$`)

// checkMarkerForm refuses the UUIDs that Python takes and the field's schema does not, as Senlin does once all fields are read.
func checkMarkerForm(marker string) error {
	if marker == "" || uuidForm.MatchString(marker) {
		return nil
	}
	return badRequest(pyrepr.Quote(marker) + " does not match '" + uuidForm.String() + "'")
}

// isUUIDLike is oslo_utils.uuidutils.is_uuid_like: 32 hexadecimal digits, whatever hyphens, braces and prefixes stand about them.
func isUUIDLike(s string) bool {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "urn:", ""), "uuid:", "")
	s = strings.ReplaceAll(strings.Trim(s, "{}"), "-", "")
	raw, err := hex.DecodeString(s)
	return err == nil && len(raw) == 16
}
