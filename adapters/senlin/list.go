package senlin

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/profilegate/profilegate/core"
)

// listProfiles is GET /v1/profiles.
func listProfiles(r *request) error {
	q, err := parseList(r.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	ps, err := r.tenant.ListSpecProfiles(r.Request().Context(), r.caller, q, core.Read{Local: true})
	if err != nil {
		return err
	}
	return r.answer(http.StatusOK, listed(ps))
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
	if params.marker != "" && !isUUID(params.marker) {
		return q, badRequestf("The value for marker is not a valid UUID: '%s'.", params.marker)
	}
	q.Marker = params.marker
	q.Sort, err = parseSort(params.sort)
	return q, err
}

func collectParams(rawQuery string) (listParams, error) {
	var p listParams
	for pair := range strings.SplitSeq(rawQuery, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, value = unescape(name), unescape(value)
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

// unescape resolves a query's escapes; what is no escape stays as it is, as in Python.
func unescape(s string) string {
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s
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

func parseLimit(s string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		return 0, badRequestf("The value for limit must be an integer: '%s'.", s)
	}
	if n < 0 {
		return 0, badRequest("Value must be >= 0 for field 'limit'.")
	}
	return n, nil
}

var sortKeys = map[string]core.SpecSortKey{
	"name": core.SortName, "type": core.SortType, "created_at": core.SortCreatedAt, "updated_at": core.SortUpdatedAt,
}

func parseSort(s string) ([]core.SpecSort, error) {
	if s == "" {
		return nil, nil
	}
	var sorts []core.SpecSort
	for part := range strings.SplitSeq(s, ",") {
		name, direction, _ := strings.Cut(part, ":")
		if name == "" {
			return nil, badRequest("Missing sort key for 'sort'.")
		}
		key, ok := sortKeys[name]
		if !ok {
			return nil, badRequestf("Unsupported sort key '%s' for 'sort'.", name)
		}
		if direction != "" && direction != "asc" && direction != "desc" {
			return nil, badRequestf("Unsupported sort dir '%s' for 'sort'.", direction)
		}
		sorts = append(sorts, core.SpecSort{Key: key, Descending: direction == "desc"})
	}
	return sorts, nil
}

// isUUID tells what oslo's uuidutils.is_uuid_like does, near enough: with or without hyphens, in any case.
func isUUID(s string) bool {
	_, err := uuid.Parse(s)
	return err == nil && (len(s) == 36 || len(s) == 32)
}
