package core

import (
	"context"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/identity"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

// UserDraft is a user to be made.
type UserDraft struct {
	ID          string          // empty: one is made up
	ReadableID  bool            // of an id that is made up
	Content     jsonvalue.Value // an object of fields of one's own
	ProfileIDs  []string        // at least one
	Credentials *identity.Login // of the strategy local; nil: none

	author string // who makes it
}

// WrittenUser is a user that was written and the head of the log that the commit made.
type WrittenUser struct {
	User *identity.User
	Head store.Head
}

// CreateUser makes a user, with its credentials if there are any, in one commit, as Kuzzle's createUser does. The faults are NotFound
// profile_not_found, AlreadyExists user_exists, and those of CreateCredentials.
func (t *Tenant) CreateUser(ctx context.Context, c Caller, d UserDraft) (WrittenUser, error) {
	d.author = c.actor.Author()
	return t.createUser(ctx, d, func(*view.State) (store.Commit, error) { return store.Commit{}, nil })
}

// createUser makes a user. besides tells what else must hold and change in the same commit.
func (t *Tenant) createUser(ctx context.Context, d UserDraft, besides plan) (WrittenUser, error) {
	u, err := t.newUser(d)
	if err != nil {
		return WrittenUser{}, err
	}
	hash, err := t.hashFor(ctx, u, d.Credentials)
	if err != nil {
		return WrittenUser{}, err
	}
	event, err := t.write(ctx, func(s *view.State) (store.Commit, error) {
		commit, err := besides(s)
		if err != nil {
			return store.Commit{}, err
		}
		for d.ID == "" && taken(s, u.ID) {
			u.ID = identity.NewID(d.ReadableID)
		}
		insertion, err := t.userInsertion(s, u, d.Credentials, hash)
		join(&commit, insertion)
		return commit, err
	})
	if err != nil {
		return WrittenUser{}, err
	}
	u.Revision = event.Revision
	return WrittenUser{User: u, Head: event.Head}, nil
}

func taken(s *view.State, id string) bool {
	_, user := s.User(id)
	_, credentials := s.Credentials(id)
	return user || credentials
}

// newUser is the user that a draft describes.
func (t *Tenant) newUser(d UserDraft) (*identity.User, error) {
	u := &identity.User{ID: d.ID, Version: 1, CreatedAt: t.millis(), Author: d.author, Generation: t.options.NewID().String()}
	if u.ID == "" {
		u.ID = identity.NewID(d.ReadableID)
	}
	if d.ID == access.AnonymousUser {
		return nil, anonymousNeedsProfile()
	}
	if err := checkID(u.ID); err != nil {
		return nil, err
	}
	u.SetContent(d.Content, d.ProfileIDs)
	if len(u.ProfileIDs) == 0 {
		return nil, fault.EmptyArgument("profileIds")
	}
	return u, nil
}

// hashFor hashes the password of a user that is to be made, once a look at this node's view says that nothing stands against it: a hash is dear.
func (t *Tenant) hashFor(ctx context.Context, u *identity.User, login *identity.Login) (identity.Hash, error) {
	if login == nil {
		return "", nil
	}
	if _, err := t.userInsertion(t.view.State(), u, login, ""); err != nil && !restsOnView(err) {
		return "", err
	}
	return t.passwords.Hash(ctx, login.Password)
}

// userInsertion is the commit that makes a user, in the order of Kuzzle's checks.
func (t *Tenant) userInsertion(s *view.State, u *identity.User, login *identity.Login, hash identity.Hash) (store.Commit, error) {
	commit, err := userCommit(s, u)
	if err != nil {
		return store.Commit{}, err
	}
	if _, ok := s.User(u.ID); ok || u.ID == identity.AnonymousName {
		return store.Commit{}, userExists(u.ID)
	}
	commit.Conditions = append(commit.Conditions, store.Condition{Key: record.UserKey(u.ID), Require: store.Absent})
	if login == nil {
		return commit, nil
	}
	if err := checkUsername(s, u.ID, login.Username); err != nil {
		return store.Commit{}, err
	}
	if err := login.CheckNew(); err != nil {
		return store.Commit{}, err
	}
	join(&commit, t.credentialsInsertion(u.ID, login.Username, hash))
	return commit, nil
}

// userCommit puts a user whose profiles exist, in the moment of the commit too.
func userCommit(s *view.State, u *identity.User) (store.Commit, error) {
	var commit store.Commit
	for _, id := range u.ProfileIDs {
		if _, ok := s.PolicyProfile(id); !ok {
			return store.Commit{}, profileNotFound(id)
		}
	}
	refs := record.UserRefs(u)
	for _, ref := range refs {
		commit.Conditions = append(commit.Conditions, store.Condition{Key: ref, Require: store.Exists})
	}
	commit.Changes = []store.Change{{Key: record.UserKey(u.ID), Data: record.EncodeUser(u), Refs: refs}}
	return commit, nil
}

// UserChange is what a user is to become.
type UserChange struct {
	ID         string
	Change     jsonvalue.Value // an object: its members take the place of what the content has
	ProfileIDs []string        // nil: those that it has
}

// UpdateUser changes a user, as Kuzzle's updateUser does; NotFound user_not_found where there is none. Of concurrent updates none is lost.
func (t *Tenant) UpdateUser(ctx context.Context, c Caller, change UserChange) (WrittenUser, error) {
	return t.changeUser(ctx, change.ID, func(old *identity.User) (*identity.User, error) { return t.updatedUser(c, old, change) })
}

func (t *Tenant) updatedUser(c Caller, old *identity.User, change UserChange) (*identity.User, error) {
	content, err := old.Merged(change.Change)
	if err != nil {
		return nil, err
	}
	u := *old
	u.UpdatedAt, u.Updater = t.millis(), c.actor.Author()
	ids := old.ProfileIDs
	if change.ProfileIDs != nil {
		ids = change.ProfileIDs
	}
	u.SetContent(content, ids)
	return &u, nil
}

// ReplaceUser gives a user new content as a whole, as Kuzzle's replaceUser does; NotFound user_not_found where there is none.
func (t *Tenant) ReplaceUser(ctx context.Context, c Caller, change UserChange) (WrittenUser, error) {
	return t.changeUser(ctx, change.ID, func(old *identity.User) (*identity.User, error) {
		u := &identity.User{
			ID: old.ID, CreatedAt: t.millis(), Author: c.actor.Author(), Replaced: true, Generation: old.Generation, Version: old.Version,
		}
		u.SetContent(change.Change, change.ProfileIDs)
		return u, nil
	})
}

func (t *Tenant) changeUser(ctx context.Context, id string, changed func(*identity.User) (*identity.User, error)) (WrittenUser, error) {
	if identity.IsAnonymous(id) {
		return WrittenUser{}, anonymousNeedsProfile()
	}
	var u *identity.User
	event, err := t.write(ctx, func(s *view.State) (commit store.Commit, err error) {
		old, ok := s.User(id)
		if !ok {
			return store.Commit{}, userNotFound(id)
		}
		if u, err = changed(old); err != nil {
			return store.Commit{}, err
		}
		return replacement(s, old, u)
	})
	if err != nil {
		return WrittenUser{}, err
	}
	u.Revision = event.Revision
	return WrittenUser{User: u, Head: event.Head}, nil
}

// replacement puts a user in the place of what it was.
func replacement(s *view.State, old, u *identity.User) (store.Commit, error) {
	u.Version = old.Version + 1
	commit, err := userCommit(s, u)
	commit.Conditions = append(commit.Conditions, store.Condition{
		Key: record.UserKey(u.ID), Require: store.AtVersion, Version: old.Version, Revision: old.Revision,
	})
	return commit, err
}

// maxUpserts bounds how often a user may be deleted between two looks at it, and made again.
const maxUpserts = 16

// UpsertUser changes a user if it exists, and makes it of the draft if it does not, as Kuzzle's upsertUser does.
func (t *Tenant) UpsertUser(ctx context.Context, c Caller, change UserChange, d UserDraft) (WrittenUser, error) {
	for range maxUpserts {
		written, err := t.UpdateUser(ctx, c, change)
		if !fault.HasCode(err, fault.CodeUserNotFound) {
			return written, err
		}
		if written, err = t.CreateUser(ctx, c, d); !fault.HasCode(err, fault.CodeUserExists) {
			return written, err
		}
	}
	return WrittenUser{}, userExists(d.ID)
}

// DeleteUser deletes a user with its credentials, tokens and API keys, as Kuzzle's deleteUser does; NotFound user_not_found where there is none.
func (t *Tenant) DeleteUser(ctx context.Context, _ Caller, id string) (store.Head, error) {
	if id == "" {
		return store.Head{}, fault.MissingArgument("_id")
	}
	event, err := t.write(ctx, func(s *view.State) (store.Commit, error) {
		u, ok := s.User(id)
		if !ok {
			return store.Commit{}, userNotFound(id)
		}
		return userDeletion(s, u), nil
	})
	return event.Head, err
}

// userDeletion is the commit that deletes a user and what is its. Tokens and keys beyond what a commit takes stay behind and are good for
// nothing: they are of this user's generation.
func userDeletion(s *view.State, u *identity.User) store.Commit {
	key := record.UserKey(u.ID)
	c := store.Commit{
		Conditions: []store.Condition{{Key: key, Require: store.AtVersion, Version: u.Version, Revision: u.Revision}},
		Changes:    []store.Change{{Key: key, Delete: true}},
	}
	held := store.Condition{Key: record.CredentialsKey(u.ID), Require: store.Absent}
	if old, ok := s.Credentials(u.ID); ok {
		held.Require, held.Version, held.Revision = store.AtVersion, old.Version, old.Revision
		c.Changes = append(c.Changes,
			store.Change{Key: held.Key, Delete: true}, store.Change{Key: record.UsernameKey(old.Username), Delete: true})
	}
	c.Conditions = append(c.Conditions, held)
	for k := range s.APIKeysOf(u.ID) {
		if len(c.Changes) < maxDeletions {
			c.Changes = append(c.Changes, store.Change{Key: record.APIKeyKey(k.ID), Delete: true})
		}
	}
	for token := range s.TokensOf(u.ID) {
		if len(c.Changes) < maxDeletions {
			c.Changes = append(c.Changes, store.Change{Key: record.TokenKey(token.Fingerprint), Delete: true})
		}
	}
	return c
}

// deleteUsers deletes all users, in as many commits as they need, and tells how many there were.
func (t *Tenant) deleteUsers(ctx context.Context) (total int, err error) {
	n := 0
	_, err = t.writeInParts(ctx, func(s *view.State) (c store.Commit, more bool, _ error) {
		n = 0
		for u := range s.Users() {
			if len(c.Changes) >= maxDeletions {
				return c, true, nil
			}
			join(&c, userDeletion(s, u))
			n++
		}
		return c, false, nil
	}, func() { total += n })
	return total, err
}

// TakePolicyProfile deletes a policy profile as DeletePolicyProfile does, after it was taken from all users that have it. Users who are left
// with none have the anonymous one then. A user who is given the profile meanwhile is found as well: the profile goes only when nobody has it.
func (t *Tenant) TakePolicyProfile(ctx context.Context, c Caller, id string) (store.Head, error) {
	if id == "" {
		return store.Head{}, fault.MissingArgument("_id")
	}
	if isProtected(id) {
		return store.Head{}, protected(fault.CodeProfileProtected, "profile", id)
	}
	return t.writeInParts(ctx, func(s *view.State) (commit store.Commit, more bool, err error) {
		p, ok := s.PolicyProfile(id)
		if !ok {
			return store.Commit{}, false, profileNotFound(id)
		}
		for old := range s.UsersWithProfile(id) {
			u, err := t.updatedUser(c, old, UserChange{ID: old.ID, ProfileIDs: old.WithoutProfile(id)})
			if err != nil {
				return store.Commit{}, false, err
			}
			part, err := replacement(s, old, u)
			if err != nil {
				return store.Commit{}, false, err
			}
			join(&commit, part)
			if more = true; len(commit.Conditions) >= maxDeletions {
				break
			}
		}
		if !more {
			commit = deletion(record.ProfileKey(p.Style(), id))
		}
		return commit, more, nil
	}, func() {})
}
