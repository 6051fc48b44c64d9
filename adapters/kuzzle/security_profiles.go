package kuzzle

import (
	"context"
	"fmt"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/profile"
)

// searchID cannot be read as an id: to the store behind Kuzzle it is a search.
const searchID = "_search"

// createProfile is security:createProfile.
func (a *API) createProfile(ctx context.Context, c *call) (answer, error) {
	draft, err := c.policyDraft()
	if err != nil {
		return answer{}, err
	}
	created, err := c.tenant.CreateProfile(ctx, c.caller, draft)
	if err != nil {
		return answer{}, err
	}
	doc := profileDocument(created.Profile)
	doc.version, doc.created = created.Profile.Version, yes
	return answer{result: doc, head: created.Head, waits: c.waits()}, nil
}

// policyDraft decodes a whole profile.
func (c *call) policyDraft() (*core.PolicyDraft, error) {
	id, err := c.id()
	if err != nil {
		return nil, err
	}
	body, err := c.body()
	if err != nil {
		return nil, err
	}
	if _, err := c.bodyArray("policies"); err != nil {
		return nil, err
	}
	strict, err := c.flag("strict")
	return &core.PolicyDraft{ID: id, Definition: body, Strict: strict}, err
}

// getProfile is security:getProfile.
func (a *API) getProfile(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	if id == searchID {
		return answer{}, kerror(idSearchAsID)
	}
	p, err := c.tenant.Profile(ctx, c.caller, profile.StylePolicies, id, core.Read{})
	if err != nil {
		return answer{}, err
	}
	return answer{result: profileDocument(p)}, nil
}

// mGetProfiles is security:mGetProfiles: one id that does not exist fails the call.
func (a *API) mGetProfiles(ctx context.Context, c *call) (answer, error) {
	ids, err := c.bodyIDs("profileIds")
	if err != nil {
		return answer{}, err
	}
	docs := make(documents, len(ids))
	for i, id := range ids {
		p, err := c.tenant.Profile(ctx, c.caller, profile.StylePolicies, id, afterFirst(i))
		if err != nil {
			return answer{}, err
		}
		docs[i] = profileDocument(p)
	}
	return answer{result: docs}, nil
}

// afterFirst makes the first of several reads linearizable; what this node has is recent enough for the others then.
func afterFirst(i int) core.Read { return core.Read{Local: i > 0} }

// searchProfiles is security:searchProfiles, by roles or without a filter.
func (a *API) searchProfiles(ctx context.Context, c *call) (answer, error) {
	q, err := c.profileSearch()
	if err != nil {
		return answer{}, err
	}
	found, err := c.tenant.SearchPolicyProfiles(ctx, c.caller, q, core.Read{Local: true})
	if err != nil {
		return answer{}, err
	}
	page := make(documents, len(found.Hits))
	for i, p := range found.Hits {
		page[i] = profileDocument(p)
	}
	return answer{result: hits{page, found.Total}}, nil
}

// profileSearch decodes a search, in the order of Kuzzle's checks.
func (c *call) profileSearch() (core.PolicySearch, error) {
	from, size, err := c.page()
	if err != nil {
		return core.PolicySearch{}, err
	}
	if scroll := c.Args.Get("scroll"); truthy(scroll) {
		if scroll.Kind() != jsonvalue.KindString {
			return core.PolicySearch{}, fault.InvalidType("scroll", "string")
		}
		return core.PolicySearch{}, unsupportedSearch("scroll")
	}
	if query := c.Body.Get("query"); !query.IsAbsent() && query.Kind() != jsonvalue.KindObject {
		return core.PolicySearch{}, fault.InvalidType("body.query", "object")
	}
	lang, err := c.text("lang", langElasticsearch)
	if err != nil {
		return core.PolicySearch{}, err
	}
	if lang != langElasticsearch && lang != langKoncorde {
		return core.PolicySearch{}, fault.InvalidArgument("lang", `"elasticsearch" or "koncorde"`)
	}
	roles, err := c.searchedRoles()
	if err != nil {
		return core.PolicySearch{}, err
	}
	if err := checkSearchBody(c.Body); err != nil {
		return core.PolicySearch{}, err
	}
	if err := checkWindow(from, size); err != nil {
		return core.PolicySearch{}, err
	}
	return core.PolicySearch{Roles: roles, Search: core.Search{From: from, Size: size}}, nil
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

// searchKeys are the members that the body of a search may have.
var searchKeys = map[string]bool{
	"aggregations": true, "aggs": true, "collapse": true, "explain": true, "fields": true, "from": true, "highlight": true,
	"post_filter": true, "query": true, "search_after": true, "search_timeout": true, "size": true, "sort": true, "suggest": true,
	"_name": true, "_source": true, "_source_excludes": true, "_source_includes": true,
}

// checkSearchBody refuses members that no search may have, and those that this one does not carry out: hits that disregard a filter would be
// worse than none.
func checkSearchBody(body jsonvalue.Value) error {
	if body.Kind() == jsonvalue.KindArray && body.Len() > 0 {
		return kerrorText(idSearchKey, "0") // to JavaScript the items of an array are its members
	}
	for _, m := range body.Members() {
		if !searchKeys[m.Name] && (m.Name != "roles" || !truthy(m.Value)) {
			return kerrorText(idSearchKey, m.Name)
		}
	}
	for _, m := range body.Members() {
		if m.Name != "roles" && (m.Name != "query" || !matchesAll(m.Value)) {
			return unsupportedSearch(m.Name)
		}
	}
	return nil
}

// matchesAll tells whether a query has no condition: {} or {"match_all":{}}.
func matchesAll(query jsonvalue.Value) bool {
	return query.Len() == 0 || query.Len() == 1 && query.Get("match_all").Kind() == jsonvalue.KindObject && query.Get("match_all").Len() == 0
}

func unsupportedSearch(what string) error {
	return kerrorText(idBadRequest, fmt.Sprintf("[%s] is not supported in a search of profiles", what))
}

// checkWindow speaks as the store behind Kuzzle does.
func checkWindow(from, size int) error {
	switch {
	case size < 0:
		return kerrorText(idBadRequest, fmt.Sprintf("[size] parameter cannot be negative, found [%d]", size))
	case from < 0:
		return kerrorText(idBadRequest, fmt.Sprintf("[from] parameter cannot be negative but was [%d]", from))
	case from > maxFetch-size:
		return kerrorText(idBadRequest, fmt.Sprintf("Result window is too large, from + size must be less than or equal to: [%d] but was [%d]. "+
			"See the scroll api for a more efficient way to request large data sets. "+
			"This limit can be set by changing the [index.max_result_window] index level setting.", maxFetch, from+size))
	}
	return nil
}
