package core

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/identity"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/query"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

// APIKeyDraft is an API key to be made.
type APIKeyDraft struct {
	ID          string // empty: the key's fingerprint
	User        string // the id of the user whose it is to be
	Description string
	Lifetime    int64 // in milliseconds, or identity.Forever
}

// IssuedAPIKey is a new API key, which is known to its bearer alone from then on.
type IssuedAPIKey struct {
	Text string
	*identity.APIKey
	Head store.Head
}

// CreateAPIKey makes an API key for a user, as Kuzzle's createApiKey does. The faults are NotFound user_not_found and AlreadyExists
// api_key_exists.
func (t *Tenant) CreateAPIKey(ctx context.Context, c Caller, d APIKeyDraft) (issued IssuedAPIKey, err error) {
	user := d.User
	if identity.IsAnonymous(user) {
		user = access.AnonymousUser
	}
	if err := checkID(d.ID); err != nil {
		return IssuedAPIKey{}, err
	}
	event, err := t.write(ctx, func(s *view.State) (commit store.Commit, err error) {
		key := &identity.APIKey{
			ID: d.ID, User: user, Description: d.Description, Lifetime: d.Lifetime, CreatedAt: t.millis(), Author: c.actor.Author(),
		}
		if key.Generation, err = generation(s, &commit, user); err != nil {
			return store.Commit{}, err
		}
		text, err := s.Secret().Sign(identity.Grant{
			User: user, At: key.CreatedAt, Lifetime: d.Lifetime, Nonce: t.options.NewID().String(), APIKey: true,
		})
		if err != nil {
			return store.Commit{}, err
		}
		if key.Fingerprint = identity.Fingerprint(text); key.ID == "" {
			key.ID = key.Fingerprint
		}
		if _, ok := s.APIKey(key.ID); ok {
			return store.Commit{}, apiKeyExists(key.ID)
		}
		issued = IssuedAPIKey{Text: text, APIKey: key}
		join(&commit, store.Commit{
			Conditions: []store.Condition{{Key: record.APIKeyKey(key.ID), Require: store.Absent}},
			Changes:    []store.Change{{Key: record.APIKeyKey(key.ID), Data: record.EncodeAPIKey(key)}},
		})
		return commit, nil
	})
	issued.Head = event.Head
	return issued, err
}

// SearchAPIKeys finds API keys of a user. The body of the search is a query alone, as with Kuzzle.
func (t *Tenant) SearchAPIKeys(ctx context.Context, _ Caller, user string, q Search, r Read) (Hits[*identity.APIKey], error) {
	s, err := t.stateAt(ctx, r)
	if err != nil {
		return Hits[*identity.APIKey]{}, err
	}
	kind := searchableAPIKeys(user)
	q.Body = jsonvalue.Object(jsonvalue.Member{Name: "query", Value: q.Body})
	return search(ctx, t, kind, q, Read{AtLeast: RevisionOf(s.Head), Seen: r.Seen})
}

func searchableAPIKeys(user string) searchable[*identity.APIKey] {
	keys := func(s *view.State) []*identity.APIKey { // as they were made, one after the other
		return slices.SortedFunc(s.APIKeysOf(user), func(a, b *identity.APIKey) int { return cmp.Compare(a.Revision, b.Revision) })
	}
	return searchable[*identity.APIKey]{
		collection: catalog.APIKeys,
		all:        func(s *view.State) iter.Seq[*identity.APIKey] { return slices.Values(keys(s)) },
		count:      func(s *view.State) int { return len(keys(s)) },
		get: func(s *view.State, id string) (*identity.APIKey, bool) {
			k, ok := s.APIKey(id)
			return k, ok && k.User == user
		},
		id:       func(k *identity.APIKey) string { return k.ID },
		document: apiKeyDocument,
	}
}

func apiKeyDocument(k *identity.APIKey) query.Document {
	root := jsonvalue.Object(
		jsonvalue.Member{Name: "userId", Value: jsonvalue.String(k.User)},
		jsonvalue.Member{Name: "description", Value: jsonvalue.String(k.Description)},
		jsonvalue.Member{Name: "expiresAt", Value: jsonvalue.Int(k.ExpiresAt())},
		jsonvalue.Member{Name: "ttl", Value: jsonvalue.Int(k.Lifetime)},
	)
	return &storedDocument{id: k.ID, root: root, info: writtenBy{author: k.Author, createdAt: k.CreatedAt}}
}

// DeleteAPIKey deletes an API key of a user; NotFound api_key_not_found where there is none, whose Fields name the user if the key is another's.
func (t *Tenant) DeleteAPIKey(ctx context.Context, _ Caller, user, id string) (store.Head, error) {
	key := record.APIKeyKey(id)
	event, err := t.write(ctx, func(s *view.State) (store.Commit, error) {
		k, ok := s.APIKey(id)
		if !ok {
			return store.Commit{}, apiKeyNotFound(id, "")
		}
		if k.User != user {
			return store.Commit{}, apiKeyNotFound(id, user)
		}
		return store.Commit{
			Conditions: []store.Condition{{Key: key, Require: store.AtVersion, Version: k.Version, Revision: k.Revision}},
			Changes:    []store.Change{{Key: key, Delete: true}},
		}, nil
	})
	return event.Head, err
}

func apiKeyNotFound(id, user string) error {
	f := fault.NotFoundf(fault.CodeAPIKeyNotFound, fault.Subject{Kind: "api_key", ID: id}, "The API key %q could not be found.", id)
	if user != "" {
		f.Fields = []fault.Field{{Path: "userId", Values: []string{user}}}
	}
	return f
}

func apiKeyExists(id string) error {
	return &fault.Error{
		Kind: fault.AlreadyExists, Code: fault.CodeAPIKeyExists, Subject: fault.Subject{Kind: "api_key", ID: id},
		Message: fmt.Sprintf("The API key %q already exists.", id),
	}
}
