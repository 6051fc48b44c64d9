package core

import (
	"context"
	"fmt"
	"iter"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/identity"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/query"
	"github.com/profilegate/profilegate/core/view"
)

// User reads a user by its id; NotFound user_not_found where there is none. The anonymous user needs no record.
func (t *Tenant) User(ctx context.Context, _ Caller, id string, r Read) (*identity.User, error) {
	if identity.IsAnonymous(id) {
		return anonymousUser(), nil
	}
	s, err := t.stateAt(ctx, r)
	if err != nil {
		return nil, err
	}
	if u, ok := s.User(id); ok {
		return u, nil
	}
	return nil, userNotFound(id)
}

// anonymousUser is whoever shows no credentials, as Kuzzle tells of them.
func anonymousUser() *identity.User {
	u := &identity.User{ID: access.AnonymousUser}
	u.SetContent(object("name", jsonvalue.String("Anonymous")), []string{access.Anonymous})
	return u
}

// Users reads those of the named users that exist, in the order in which they are named.
func (t *Tenant) Users(ctx context.Context, _ Caller, ids []string, r Read) ([]*identity.User, error) {
	s, err := t.stateAt(ctx, r)
	if err != nil {
		return nil, err
	}
	users := make([]*identity.User, 0, len(ids))
	for _, id := range ids {
		if u, ok := s.User(id); ok {
			users = append(users, u)
		}
	}
	return users, nil
}

// SearchUsers finds users on this node's view, as Kuzzle's searchUsers does.
func (t *Tenant) SearchUsers(ctx context.Context, _ Caller, q Search, r Read) (Hits[*identity.User], error) {
	return search(ctx, t, searchableUsers(), q, r)
}

// ScrollUsers gives the next page of a scroll that SearchUsers opened. See nextPage for keep.
func (t *Tenant) ScrollUsers(_ context.Context, _ Caller, id, keep string) (Hits[*identity.User], error) {
	return nextPage[*identity.User](t, id, keep)
}

func searchableUsers() searchable[*identity.User] {
	return searchable[*identity.User]{
		collection: catalog.Users,
		all:        (*view.State).Users,
		count:      (*view.State).CountUsers,
		get:        (*view.State).User,
		having:     map[string]func(*view.State, string) iter.Seq[*identity.User]{"profileIds": (*view.State).UsersWithProfile},
		id:         func(u *identity.User) string { return u.ID },
		document: func(u *identity.User) query.Document {
			return &storedDocument{id: u.ID, source: u.Source, info: writtenBy{
				author: u.Author, updater: u.Updater, createdAt: u.CreatedAt, updatedAt: u.LastWritten(),
			}}
		},
	}
}

// UserActor is a user as an actor, with the profiles that this node knows of; NotFound user_not_found where there is none.
func (t *Tenant) UserActor(ctx context.Context, c Caller, id string, r Read) (access.Actor, error) {
	u, err := t.User(ctx, c, id, r)
	if err != nil {
		return access.Actor{}, err
	}
	return u.Actor(), nil
}

// AdminExists tells whether some user has the profile admin.
func (t *Tenant) AdminExists(ctx context.Context, _ Caller, r Read) (bool, error) {
	s, err := t.stateAt(ctx, r)
	return err == nil && hasAdmin(s), err
}

func hasAdmin(s *view.State) bool { return hasUsers(s, access.Admin) }

func userNotFound(id string) error {
	return fault.NotFoundf(fault.CodeUserNotFound, fault.Subject{Kind: "user", ID: id}, "The user %q could not be found.", id)
}

func userExists(id string) error {
	return &fault.Error{
		Kind: fault.AlreadyExists, Code: fault.CodeUserExists, Subject: fault.Subject{Kind: "user", ID: id},
		Message: fmt.Sprintf("The user %q already exists.", id),
	}
}

func anonymousNeedsProfile() error {
	return &fault.Error{
		Kind: fault.Invalid, Code: fault.CodeAnonymousProfile, Subject: fault.Subject{Kind: "user", ID: access.AnonymousUser},
		Message: "The anonymous user must be assigned to the anonymous profile.", Fields: []fault.Field{{Path: "profileIds"}},
	}
}
