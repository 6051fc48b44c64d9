package kuzzle

import (
	"context"
	"fmt"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// searchProfiles is security:searchProfiles.
func (a *API) searchProfiles(ctx context.Context, c *call) (answer, error) {
	q, err := c.search()
	if err != nil {
		return answer{}, err
	}
	roles, err := c.searchedRoles()
	if err != nil {
		return answer{}, err
	}
	if truthy(c.Body.Get("roles")) {
		q.Body = q.Body.Without("roles")
	}
	found, err := c.tenant.SearchPolicyProfiles(ctx, c.caller, core.PolicySearch{Search: q, Roles: roles}, c.local())
	return searched(found, profileDocument, err)
}

// scrollProfiles is security:scrollProfiles.
func (a *API) scrollProfiles(ctx context.Context, c *call) (answer, error) {
	id, keep, err := c.scroll()
	if err != nil {
		return answer{}, err
	}
	found, err := c.tenant.ScrollPolicyProfiles(ctx, c.caller, id, keep)
	return searched(found, profileDocument, err)
}

// searchRoles is security:searchRoles.
func (a *API) searchRoles(ctx context.Context, c *call) (answer, error) {
	q, err := c.roleSearch()
	if err != nil {
		return answer{}, err
	}
	found, err := c.tenant.SearchRoles(ctx, c.caller, q, c.local())
	return searched(found, roleDocument, err)
}

// searched is a page of hits as a result.
func searched[T any](found core.Hits[T], document func(T) document, err error) (answer, error) {
	page := make(documents, len(found.Hits))
	for i, x := range found.Hits {
		page[i] = document(x)
	}
	return answer{result: hits{page, found.Scroll, found.Total}}, err
}

// search decodes a search of profiles or users, in the order of Kuzzle's checks.
func (c *call) search() (core.Search, error) {
	var q core.Search
	from, size, err := c.page()
	if err != nil {
		return q, err
	}
	scroll, err := c.scrollTime()
	if err != nil {
		return q, err
	}
	if query := c.Body.Get("query"); !query.IsAbsent() && query.Kind() != jsonvalue.KindObject {
		return q, fault.InvalidType("body.query", "object")
	}
	koncorde, err := c.speaksKoncorde()
	return core.Search{Body: c.Body, Koncorde: koncorde, From: from, Size: size, Scroll: scroll}, err
}

// roleSearch decodes a search of roles.
func (c *call) roleSearch() (core.RoleSearch, error) {
	var q core.RoleSearch
	from, size, err := c.page()
	if err != nil {
		return q, err
	}
	q.Search = core.Search{Body: c.Body, From: from, Size: size}
	if q.Koncorde, err = c.speaksKoncorde(); err != nil || !truthy(c.Body.Get("controllers")) {
		return q, err
	}
	if truthy(c.Body.Get("query")) {
		return q, bareError(400, `You cannot specifify both "controllers" and "query". Prefer the usage of "query" property with a search query.`)
	}
	items, err := c.bodyArray("controllers")
	q.ByControllers = true
	for _, item := range items {
		q.Controllers = append(q.Controllers, item.Text())
	}
	return q, err
}

func (c *call) speaksKoncorde() (bool, error) {
	lang, err := c.text("lang", langElasticsearch)
	if err == nil && lang != langElasticsearch && lang != langKoncorde {
		err = fault.InvalidArgument("lang", `"elasticsearch" or "koncorde"`)
	}
	return lang == langKoncorde, err
}

// scroll decodes a request for the next page.
func (c *call) scroll() (id, keep string, err error) {
	if id, err = c.name("scrollId"); err != nil {
		return "", "", err
	}
	keep, err = c.scrollTime()
	return id, keep, err
}

// scrollTime is how long a scroll is to be kept; empty: no scroll.
func (c *call) scrollTime() (string, error) {
	v := c.Args.Get("scroll")
	if truthy(v) && v.Kind() != jsonvalue.KindString {
		return "", fault.InvalidType("scroll", "string")
	}
	return v.Text(), nil
}

// The query languages.
const (
	langElasticsearch = "elasticsearch"
	langKoncorde      = "koncorde"
)

// maxFetch is Kuzzle's limits.documentsFetchCount, and the window of hits that the store behind it pages through.
const maxFetch = 10000

func (c *call) page() (from, size int, err error) {
	if size, err = c.integer("size", maxFetch); err != nil {
		return 0, 0, err
	}
	if size > maxFetch {
		return 0, 0, kerror(idFetchLimit)
	}
	from, err = c.integer("from", 0)
	return from, size, err
}

// searchedRoles reads the old body member roles. No roles at all are all profiles.
func (c *call) searchedRoles() ([]string, error) {
	if !truthy(c.Body.Get("roles")) {
		return nil, nil
	}
	if truthy(c.Body.Get("query")) {
		return nil, bareError(400, `You cannot specifify both "roles" and "query". Prefer the usage of "query" property with a search query.`)
	}
	items, err := c.bodyArray("roles")
	if err != nil {
		return nil, err
	}
	roles := make([]string, 0, len(items))
	for _, item := range items {
		switch item.Kind() {
		case jsonvalue.KindString:
			roles = append(roles, item.Text())
		case jsonvalue.KindNumber, jsonvalue.KindBool:
			roles = append(roles, item.String())
		default:
			return nil, kerrorText(idBadRequest, fmt.Sprintf("[terms] query on [policies.roleId] does not support %s values", item.Kind()))
		}
	}
	return roles, nil
}
