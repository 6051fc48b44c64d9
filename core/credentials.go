package core

import (
	"context"
	"fmt"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/identity"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

// WrittenCredentials are credentials that were written and the head of the log that the commit made.
type WrittenCredentials struct {
	Credentials *identity.Credentials
	Head        store.Head
}

// CreateCredentials gives a user what it logs in with, as Kuzzle's plugin does. The faults are NotFound user_not_found, Precondition
// username_taken and credentials_exist, and Invalid credentials_rejected.
func (t *Tenant) CreateCredentials(ctx context.Context, _ Caller, user string, login identity.Login) (WrittenCredentials, error) {
	check := func(s *view.State) error {
		if _, ok := s.User(user); !ok {
			return userNotFound(user)
		}
		if err := checkUsername(s, user, login.Username); err != nil {
			return err
		}
		if err := login.CheckNew(); err != nil {
			return err
		}
		if _, ok := s.Credentials(user); ok {
			return credentialsExist(user)
		}
		return nil
	}
	hash, err := t.hashAfter(ctx, check, login.Password)
	if err != nil {
		return WrittenCredentials{}, err
	}
	event, err := t.write(ctx, func(s *view.State) (store.Commit, error) {
		if err := check(s); err != nil {
			return store.Commit{}, err
		}
		commit := t.credentialsInsertion(user, login.Username, hash)
		commit.Conditions = append(commit.Conditions, store.Condition{Key: record.UserKey(user), Require: store.Exists})
		return commit, nil
	})
	return WrittenCredentials{&identity.Credentials{User: user, Username: login.Username}, event.Head}, err
}

// hashAfter hashes a password if nothing stands against it at the head of the log: a hash is dear.
func (t *Tenant) hashAfter(ctx context.Context, check func(*view.State) error, p identity.Password) (identity.Hash, error) {
	s, err := t.stateAt(ctx, Read{})
	if err != nil {
		return "", err
	}
	if err := check(s); err != nil || p == "" {
		return "", err
	}
	return t.passwords.Hash(ctx, p)
}

// credentialsInsertion makes credentials for a user that has none, under a name that nobody has.
func (t *Tenant) credentialsInsertion(user, username string, hash identity.Hash) store.Commit {
	c := &identity.Credentials{User: user, Username: username, Hash: hash, UpdatedAt: t.millis()}
	key, claim := record.CredentialsKey(user), record.UsernameKey(username)
	return store.Commit{
		Conditions: []store.Condition{{Key: key, Require: store.Absent}, {Key: claim, Require: store.Absent}},
		Changes:    []store.Change{{Key: key, Data: record.EncodeCredentials(c)}, {Key: claim}},
	}
}

// checkUsername refuses a name that another user has.
func checkUsername(s *view.State, user, username string) error {
	if old, ok := s.CredentialsNamed(username); !ok || old.User == user {
		return nil
	}
	return &fault.Error{
		Kind: fault.Precondition, Code: fault.CodeUsernameTaken, Subject: fault.Subject{Kind: "username", ID: username},
		Message: fmt.Sprintf("Login %q is already used.", username),
	}
}

// UpdateCredentials changes a user's name, password or both, as Kuzzle's plugin does. What the login leaves empty stays. A user without
// credentials is Precondition credentials_not_found.
func (t *Tenant) UpdateCredentials(ctx context.Context, _ Caller, user string, login identity.Login) (WrittenCredentials, error) {
	check := func(s *view.State) error {
		if _, ok := s.User(user); !ok {
			return userNotFound(user)
		}
		if err := checkUsername(s, user, login.Username); err != nil {
			return err
		}
		if err := login.CheckChange(); err != nil {
			return err
		}
		if _, ok := s.Credentials(user); !ok {
			return noCredentials("user", user)
		}
		return nil
	}
	hash, err := t.hashAfter(ctx, check, login.Password)
	if err != nil {
		return WrittenCredentials{}, err
	}
	var updated identity.Credentials
	event, err := t.write(ctx, func(s *view.State) (store.Commit, error) {
		if err := check(s); err != nil {
			return store.Commit{}, err
		}
		old, ok := s.Credentials(user)
		if !ok {
			return store.Commit{}, noCredentials("user", user)
		}
		updated = *old
		updated.UpdatedAt = t.millis()
		if login.Username != "" {
			updated.Username = login.Username
		}
		if hash != "" {
			updated.Hash = hash
		}
		return credentialsReplacement(old, &updated), nil
	})
	return WrittenCredentials{&updated, event.Head}, err
}

// credentialsReplacement puts credentials in the place of what they were. A new name must be free.
func credentialsReplacement(old, updated *identity.Credentials) store.Commit {
	key := record.CredentialsKey(old.User)
	c := store.Commit{
		Conditions: []store.Condition{{Key: key, Require: store.AtVersion, Version: old.Version, Revision: old.Revision}},
		Changes:    []store.Change{{Key: key, Data: record.EncodeCredentials(updated)}},
	}
	if updated.Username != old.Username {
		claim := record.UsernameKey(updated.Username)
		c.Conditions = append(c.Conditions, store.Condition{Key: claim, Require: store.Absent})
		c.Changes = append(c.Changes, store.Change{Key: claim}, store.Change{Key: record.UsernameKey(old.Username), Delete: true})
	}
	return c
}

// DeleteCredentials takes from a user what it logs in with. Its tokens stay good, as with Kuzzle.
func (t *Tenant) DeleteCredentials(ctx context.Context, _ Caller, user string) (store.Head, error) {
	event, err := t.write(ctx, func(s *view.State) (store.Commit, error) {
		old, ok := s.Credentials(user)
		if !ok {
			return store.Commit{}, noCredentials("user", user)
		}
		key := record.CredentialsKey(user)
		return store.Commit{
			Conditions: []store.Condition{{Key: key, Require: store.AtVersion, Version: old.Version, Revision: old.Revision}},
			Changes:    []store.Change{{Key: key, Delete: true}, {Key: record.UsernameKey(old.Username), Delete: true}},
		}, nil
	})
	return event.Head, err
}

// ValidateCredentials tells what CreateCredentials would refuse about credentials themselves. user may be empty.
func (t *Tenant) ValidateCredentials(ctx context.Context, _ Caller, user string, login identity.Login) error {
	s, err := t.stateAt(ctx, Read{})
	if err != nil {
		return err
	}
	if err := checkUsername(s, user, login.Username); err != nil {
		return err
	}
	return login.CheckNew()
}

// CredentialsOf reads the credentials of a user; Precondition credentials_not_found where there are none.
func (t *Tenant) CredentialsOf(ctx context.Context, _ Caller, user string, r Read) (*identity.Credentials, error) {
	s, err := t.stateAt(ctx, r)
	if err != nil {
		return nil, err
	}
	if c, ok := s.Credentials(user); ok {
		return c, nil
	}
	return nil, noCredentials("user", user)
}

// CredentialsNamed reads credentials by their username, likewise.
func (t *Tenant) CredentialsNamed(ctx context.Context, _ Caller, username string, r Read) (*identity.Credentials, error) {
	s, err := t.stateAt(ctx, r)
	if err != nil {
		return nil, err
	}
	if c, ok := s.CredentialsNamed(username); ok {
		return c, nil
	}
	return nil, noCredentials("username", username)
}

// noCredentials speaks as Kuzzle's plugin does. kind is user or username.
func noCredentials(kind, id string) error {
	return &fault.Error{
		Kind: fault.Precondition, Code: fault.CodeCredentialsNotFound, Subject: fault.Subject{Kind: kind, ID: id},
		Message: fmt.Sprintf("No credentials found for %s %q.", kind, id),
	}
}

func credentialsExist(user string) error {
	return &fault.Error{
		Kind: fault.Precondition, Code: fault.CodeCredentialsExist, Subject: fault.Subject{Kind: "user", ID: user},
		Message: fmt.Sprintf("A strategy already exists for user %q.", user),
	}
}
