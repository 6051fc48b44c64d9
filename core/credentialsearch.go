package core

import (
	"context"
	"fmt"
	"slices"

	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/identity"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/query"
	"github.com/profilegate/profilegate/core/view"
)

// What may stand in a search of credentials, so that no search tells of a password. Kuzzle's plugin has the same lists.
var (
	credentialQueryWords = []string{
		"bool", "filter", "must", "must_not", "should", "fuziness", "match", "query", "prefix", "value", "boost", "term", "terms", "username",
	}
	credentialSortWords = []string{"sort", "order", "kuid", "username"}
	secretWords         = []string{"kuid", "userPassword", "userSalt", "algorithm", "stretching", "pepper", "encryption"}
)

// SearchCredentials finds credentials by their usernames on this node's view, as Kuzzle's plugin does for searchUsersByCredentials. Of the body
// only query and sort count. What could tell of a password is Forbidden.
func (t *Tenant) SearchCredentials(ctx context.Context, _ Caller, q Search, r Read) (Hits[*identity.Credentials], error) {
	body := jsonvalue.Object()
	if asked := q.Body.Get("query"); asked.Kind() == jsonvalue.KindObject || q.Koncorde {
		var err error
		if q.Koncorde {
			if asked, err = query.Koncorde(asked); err != nil {
				return Hits[*identity.Credentials]{}, err
			}
		}
		if err = checkWords(asked, credentialQueryWords); err != nil {
			return Hits[*identity.Credentials]{}, err
		}
		body = body.With("query", asked)
	}
	if order := q.Body.Get("sort"); order.Kind() == jsonvalue.KindObject || order.Kind() == jsonvalue.KindArray {
		if err := checkWords(order, credentialSortWords); err != nil {
			return Hits[*identity.Credentials]{}, err
		}
		body = body.With("sort", order)
	}
	q.Body, q.Koncorde = body, false
	return search(ctx, t, searchableCredentials(), q, r)
}

// checkWords refuses members, at any depth, that are not on the list.
func checkWords(v jsonvalue.Value, allowed []string) error {
	for _, item := range v.Items() {
		if err := checkWords(item, allowed); err != nil {
			return err
		}
	}
	for _, m := range v.Members() {
		if !slices.Contains(allowed, m.Name) {
			return forbiddenWord(m.Name)
		}
		if err := checkWords(m.Value, allowed); err != nil {
			return err
		}
	}
	return nil
}

// forbiddenWord speaks as Kuzzle's plugin does.
func forbiddenWord(name string) error {
	if !slices.Contains(secretWords, name) {
		return fault.Invalidf(fault.CodeCredentialsRejected, fault.Field{Path: name},
			"The %q keyword is not allowed in this search query for security concerns.", name)
	}
	return &fault.Error{
		Kind: fault.Forbidden, Code: fault.CodeCredentialsRejected, Fields: []fault.Field{{Path: name}},
		Message: fmt.Sprintf("Forbidden field %q. Only the \"username\" or \"kuid\" fields are sortable and only the first is also searchable.", name),
	}
}

func searchableCredentials() searchable[*identity.Credentials] {
	return searchable[*identity.Credentials]{
		collection: catalog.Credentials,
		all:        (*view.State).AllCredentials,
		count:      (*view.State).CountCredentials,
		get:        (*view.State).CredentialsNamed,
		id:         func(c *identity.Credentials) string { return c.Username },
		document: func(c *identity.Credentials) query.Document {
			root := jsonvalue.Object(
				jsonvalue.Member{Name: "username", Value: jsonvalue.String(c.Username)},
				jsonvalue.Member{Name: "kuid", Value: jsonvalue.String(c.User)},
			)
			return &storedDocument{id: c.Username, root: root}
		},
	}
}
