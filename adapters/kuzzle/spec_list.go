package kuzzle

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// listSpecProfiles is profiles:list. Its arguments are those of Senlin's list.
func (a *API) listSpecProfiles(ctx context.Context, c *call) (answer, error) {
	if err := c.acts(); err != nil {
		return answer{}, err
	}
	q, err := c.specList()
	if err != nil {
		return answer{}, err
	}
	ps, err := c.tenant.ListSpecProfiles(ctx, c.caller, q, c.local())
	if err != nil {
		return answer{}, c.specRefusal(err)
	}
	return answer{result: written(c.tenant.SpecForm().List(ps))}, nil
}

func (r *Request) specList() (q core.SpecList, err error) {
	if q.Names, err = r.oneOrMore("name"); err != nil {
		return q, err
	}
	if q.Types, err = r.oneOrMore("type"); err != nil {
		return q, err
	}
	if q.Limit, err = r.integer("limit", 0); err != nil {
		return q, err
	}
	if q.Limit < 0 {
		return q, fault.InvalidArgument("limit", "zero or more")
	}
	q.Limited = r.Args.Get("limit").Kind() != jsonvalue.KindAbsent
	if q.Marker, err = r.text("marker", ""); err != nil {
		return q, err
	}
	if _, err := uuid.Parse(q.Marker); err != nil && q.Marker != "" {
		return q, fault.InvalidArgument("marker", "the id of a profile")
	}
	if q.AllProjects, err = r.truth("globalProject"); err != nil {
		return q, err
	}
	q.Sort, err = r.specSort()
	return q, err
}

// oneOrMore is an argument that is text or a list of texts.
func (r *Request) oneOrMore(name string) ([]string, error) {
	v := r.Args.Get(name)
	switch v.Kind() {
	case jsonvalue.KindAbsent:
		return nil, nil
	case jsonvalue.KindString:
		return []string{v.Text()}, nil
	case jsonvalue.KindArray:
		list := make([]string, 0, v.Len())
		for _, item := range v.Items() {
			if item.Kind() != jsonvalue.KindString {
				return nil, fault.InvalidType(name, "string[]")
			}
			list = append(list, item.Text())
		}
		return list, nil
	default:
		return nil, fault.InvalidType(name, "string[]")
	}
}

// truth is an argument that is true or false, whichever way the message came.
func (r *Request) truth(name string) (bool, error) {
	v := r.Args.Get(name)
	if kind := v.Kind(); kind != jsonvalue.KindAbsent && kind != jsonvalue.KindBool {
		return false, fault.InvalidType(name, "boolean")
	}
	return v.Bool(), nil
}

// specSort reads "key[:asc|:desc],…".
func (r *Request) specSort() ([]core.SpecSort, error) {
	text, err := r.text("sort", "")
	if err != nil || text == "" {
		return nil, err
	}
	keys := map[string]core.SpecSortKey{
		"name": core.SortName, "type": core.SortType, "created_at": core.SortCreatedAt, "updated_at": core.SortUpdatedAt,
	}
	var by []core.SpecSort
	for part := range strings.SplitSeq(text, ",") {
		name, direction, directed := strings.Cut(part, ":")
		key, known := keys[name]
		if !known || directed && direction != "asc" && direction != "desc" {
			return nil, fault.InvalidArgument("sort", "name, type, created_at or updated_at, each with :asc or :desc behind it or neither")
		}
		by = append(by, core.SpecSort{Key: key, Descending: direction == "desc"})
	}
	return by, nil
}
