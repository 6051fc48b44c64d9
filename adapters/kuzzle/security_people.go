package kuzzle

import (
	"context"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/identity"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// userDocument gives a user as Kuzzle's cache has it: the author is told of users that were replaced only.
func userDocument(u *identity.User) document {
	if identity.IsAnonymous(u.ID) {
		return document{rendered: openDocument(u.ID, u.Source)}
	}
	dst := openMembers(u.ID, u.Source)
	dst = append(dst, `"_kuzzle_info":{`...)
	if u.Replaced {
		dst = append(appendName(append(dst, `"author":`...), u.Author), ',')
	}
	dst = appendMillis(append(dst, `"createdAt":`...), u.CreatedAt)
	dst = appendMillis(append(dst, `,"updatedAt":`...), u.UpdatedAt)
	dst = appendName(append(dst, `,"updater":`...), u.Updater)
	return document{rendered: append(dst, "}}"...)}
}

// openDocument writes _id and _source and leaves the object open.
func openDocument(id string, source []byte) []byte {
	dst := appendText(append(make([]byte, 0, len(id)+len(source)+32), `{"_id":`...), id)
	return append(append(dst, `,"_source":`...), source...)
}

// openMembers is openDocument whose source is left open as well, for more members.
func openMembers(id string, source []byte) []byte {
	dst := openDocument(id, source)
	dst = dst[:len(dst)-1]
	if len(source) > len("{}") {
		dst = append(dst, ',')
	}
	return dst
}

// foundUsers gives users as Kuzzle's storage has them, which knows more of who wrote them, and when, than its cache does.
func foundUsers(users []*identity.User) documents {
	docs := make(documents, len(users))
	for i, u := range users {
		docs[i] = document{rendered: renderDocument(u.ID, u.Source, info{u.Author, u.Updater, u.CreatedAt, u.LastWritten()})}
	}
	return docs
}

// searchUsers is security:searchUsers.
func (a *API) searchUsers(ctx context.Context, c *call) (answer, error) {
	q, err := c.userSearch()
	if err != nil {
		return answer{}, err
	}
	found, err := c.tenant.SearchUsers(ctx, c.caller, q, c.local())
	if err != nil {
		return answer{}, err
	}
	return answer{result: hits{foundUsers(found.Hits), found.Scroll, found.Total}}, nil
}

// userSearch decodes a search whose body holds the query, in the order of Kuzzle's checks.
func (c *call) userSearch() (q core.Search, err error) {
	if q.From, q.Size, err = c.page(); err != nil {
		return q, err
	}
	if q.Scroll, err = c.scrollLife(); err != nil {
		return q, err
	}
	if query := c.Body.Get("query"); !query.IsAbsent() && query.Kind() != jsonvalue.KindObject {
		return q, fault.InvalidType("body.query", "object")
	}
	if q.Koncorde, err = c.koncorde(); err != nil {
		return q, err
	}
	if q.Body = c.Body; q.Body.IsAbsent() {
		q.Body = jsonvalue.Object()
	}
	return q, nil
}

// scrollLife is the argument scroll; empty where there is none.
func (c *call) scrollLife() (string, error) {
	v := c.Args.Get("scroll")
	if !truthy(v) {
		return "", nil
	}
	if v.Kind() != jsonvalue.KindString {
		return "", fault.InvalidType("scroll", "string")
	}
	return v.Text(), nil
}

// koncorde tells whether the argument lang says that the query is a filter of Koncorde's.
func (c *call) koncorde() (bool, error) {
	lang, err := c.text("lang", langElasticsearch)
	if err != nil {
		return false, err
	}
	if lang != langElasticsearch && lang != langKoncorde {
		return false, fault.InvalidArgument("lang", `"elasticsearch" or "koncorde"`)
	}
	return lang == langKoncorde, nil
}

// scrollUsers is security:scrollUsers.
func (a *API) scrollUsers(ctx context.Context, c *call) (answer, error) {
	id, err := c.name("scrollId")
	if err != nil {
		return answer{}, err
	}
	keep, err := c.scrollLife()
	if err != nil {
		return answer{}, err
	}
	found, err := c.tenant.ScrollUsers(ctx, c.caller, id, keep)
	if err != nil {
		return answer{}, err
	}
	return answer{result: hits{foundUsers(found.Hits), found.Scroll, found.Total}}, nil
}

// bodyObject is a member of the body that must be an object.
func (r *Request) bodyObject(name string) (jsonvalue.Value, error) {
	body, err := r.body()
	if err != nil {
		return jsonvalue.Value{}, err
	}
	v := body.Get(name)
	switch v.Kind() {
	case jsonvalue.KindObject:
		return v, nil
	case jsonvalue.KindAbsent:
		return v, fault.MissingArgument("body." + name)
	default:
		return v, fault.InvalidType("body."+name, "object")
	}
}

// bodyObjectOr is bodyObject where there may be no such member, and no body.
func (r *Request) bodyObjectOr(name string, otherwise jsonvalue.Value) (jsonvalue.Value, error) {
	if r.Body.Get(name).IsAbsent() {
		return otherwise, nil
	}
	return r.bodyObject(name)
}
