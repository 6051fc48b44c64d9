package core

import (
	"context"
	"fmt"
	"slices"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/identity"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

// OnExisting says what LoadSecurities does about users that exist.
type OnExisting uint8

// The ways to go about users that exist.
const (
	FailOnExisting OnExisting = iota
	SkipExisting
	OverwriteExisting
)

// Securities are roles, profiles and users to be loaded together. No two roles, profiles or users have the same id.
type Securities struct {
	Roles    []RoleDraft
	Profiles []PolicyDraft
	Users    []UserDraft
	Existing OnExisting
}

// LoadSecurities makes, or replaces, roles and profiles, and makes users, as Kuzzle's admin:loadSecurities does, but in one commit: all or
// nothing. What is too much for one commit, of store.MaxOpsPerCommit changes, is TooLarge before any password is hashed: a role or a profile is
// one change, a new user with credentials three, and of a user that is overwritten every token and API key is one besides.
func (t *Tenant) LoadSecurities(ctx context.Context, c Caller, l Securities) (store.Head, error) {
	load := &loading{t: t, c: c, Securities: l, hashes: make([]identity.Hash, len(l.Users))}
	if _, err := load.plan(t.view.State()); err != nil && !restsOnView(err) {
		return store.Head{}, err
	}
	for i, d := range l.Users {
		if d.Credentials == nil {
			continue
		}
		var err error
		if load.hashes[i], err = t.passwords.Hash(ctx, d.Credentials.Password); err != nil {
			return store.Head{}, err
		}
	}
	event, err := t.write(ctx, load.plan)
	return event.Head, err
}

// loading is one load under way.
type loading struct {
	t *Tenant
	c Caller
	Securities
	hashes []identity.Hash // of the users' passwords
}

// loaded answers what a profile refers to: what a state has, and the roles that are loaded beside it.
type loaded struct {
	*view.State
	roles map[string]bool
}

// HasRole implements profile.References.
func (l loaded) HasRole(id string) bool { return l.roles[id] || l.State.HasRole(id) }

func (l *loading) plan(s *view.State) (store.Commit, error) {
	var commit store.Commit
	roles, err := l.putRoles(&commit, s)
	if err != nil {
		return store.Commit{}, err
	}
	profiles, err := l.putProfiles(&commit, loaded{s, roles})
	if err != nil {
		return store.Commit{}, err
	}
	if err := l.putUsers(&commit, s, profiles); err != nil {
		return store.Commit{}, err
	}
	commit.Conditions = onlyOnce(commit.Conditions)
	return commit, fitsOneCommit(commit)
}

// onlyOnce drops conditions that are there already: thousands of users may have the same profile.
func onlyOnce(conditions []store.Condition) []store.Condition {
	seen := make(map[store.Condition]struct{}, len(conditions))
	return slices.DeleteFunc(conditions, func(c store.Condition) bool {
		_, again := seen[c]
		seen[c] = struct{}{}
		return again
	})
}

// fitsOneCommit refuses what the store would not take at once.
func fitsOneCommit(c store.Commit) error {
	if len(c.Changes) <= store.MaxOpsPerCommit && len(c.Conditions) <= store.MaxOpsPerCommit {
		return nil
	}
	return &fault.Error{
		Kind: fault.TooLarge, Code: fault.CodeTooLarge,
		Message: fmt.Sprintf("This takes %d changes under %d conditions; %d of each are made at a time.", len(c.Changes), len(c.Conditions), store.MaxOpsPerCommit),
	}
}

func (l *loading) putRoles(commit *store.Commit, s *view.State) (map[string]bool, error) {
	ids := make(map[string]bool, len(l.Roles))
	for _, d := range l.Roles {
		role, err := l.t.newRole(l.c, d)
		if err != nil {
			return nil, err
		}
		role.UpdatedAt, role.Updater = role.CreatedAt, role.Author
		part := roleInsertion(role)
		if old, ok := s.Role(d.ID); ok {
			part.Conditions[0].Require, part.Conditions[0].Version, part.Conditions[0].Revision = store.AtVersion, old.Version, old.Revision
		}
		join(commit, part)
		ids[d.ID] = true
	}
	return ids, nil
}

func (l *loading) putProfiles(commit *store.Commit, refs loaded) (map[string]bool, error) {
	ids, now := make(map[string]bool, len(l.Profiles)), l.t.millis()
	for _, d := range l.Profiles {
		if d.ID == "" {
			return nil, fault.MissingArgument("_id")
		}
		body, err := profile.ParsePolicies(d.ID, d.Definition, d.Strict, refs)
		if err != nil {
			return nil, err
		}
		if err := checkID(d.ID); err != nil {
			return nil, err
		}
		body.Author, body.Updater = l.c.actor.Author(), l.c.actor.Author()
		p := &profile.Profile{ID: d.ID, Version: 1, CreatedAt: now, UpdatedAt: now, Body: body}
		part := policyReplacement(refs.State, p, d.Strict)
		part.Conditions = dropLoaded(part.Conditions, record.KindRole, refs.roles)
		join(commit, part)
		ids[d.ID] = true
	}
	return ids, nil
}

// dropLoaded drops the conditions that what the same commit makes must exist before.
func dropLoaded(conditions []store.Condition, kind string, ids map[string]bool) []store.Condition {
	kept := conditions[:0]
	for _, c := range conditions {
		if c.Require != store.Exists || c.Key.Kind != kind || !ids[c.Key.ID] {
			kept = append(kept, c)
		}
	}
	return kept
}

func (l *loading) putUsers(commit *store.Commit, s *view.State, profiles map[string]bool) error {
	names := make(map[string]bool, len(l.Users))
	for i, d := range l.Users {
		old, exists := s.User(d.ID)
		switch {
		case exists && l.Existing == FailOnExisting:
			return usersExist()
		case exists && l.Existing == SkipExisting:
			continue
		}
		d.author = l.c.actor.Author()
		u, err := l.t.newUser(d)
		if err != nil {
			return err
		}
		if d.Credentials != nil {
			if names[d.Credentials.Username] {
				return takenTwice(d.Credentials.Username)
			}
			names[d.Credentials.Username] = true
		}
		if !exists {
			old = nil
		}
		part, err := l.userPart(s, u, old, d.Credentials, l.hashes[i], profiles)
		if err != nil {
			return err
		}
		join(commit, part)
	}
	return nil
}

// userPart makes one user, or puts it in the place of the old one with all that was the old one's.
func (l *loading) userPart(
	s *view.State, u, old *identity.User, login *identity.Login, hash identity.Hash, profiles map[string]bool,
) (store.Commit, error) {
	for _, id := range u.ProfileIDs {
		if _, ok := s.PolicyProfile(id); !ok && !profiles[id] {
			return store.Commit{}, profileNotFound(id)
		}
	}
	refs, key := record.UserRefs(u), record.UserKey(u.ID)
	put := store.Commit{Changes: []store.Change{{Key: key, Data: record.EncodeUser(u), Refs: refs}}}
	for _, ref := range refs {
		if !profiles[ref.ID] {
			put.Conditions = append(put.Conditions, store.Condition{Key: ref, Require: store.Exists})
		}
	}
	if old == nil {
		put.Conditions = append(put.Conditions, store.Condition{Key: key, Require: store.Absent})
	}
	if login != nil {
		if err := checkUsername(s, u.ID, login.Username); err != nil {
			return store.Commit{}, err
		}
		if err := login.CheckNew(); err != nil {
			return store.Commit{}, err
		}
		join(&put, l.t.credentialsInsertion(u.ID, login.Username, hash))
	}
	if old == nil {
		return put, nil
	}
	return overlaid(userDeletion(s, old), put), nil
}

// overlaid puts changes over deletions of the same keys. Of a key that both know, the condition of the deletion counts.
func overlaid(deletion, put store.Commit) store.Commit {
	changed := make(map[store.Key]bool, len(put.Changes))
	for _, change := range put.Changes {
		changed[change.Key] = true
	}
	c := store.Commit{Conditions: deletion.Conditions, Changes: put.Changes}
	deleted := make(map[store.Key]bool, len(deletion.Changes))
	for _, change := range deletion.Changes {
		deleted[change.Key] = true
		if !changed[change.Key] {
			c.Changes = append(c.Changes, change)
		}
	}
	for _, condition := range put.Conditions {
		if condition.Require != store.Absent || !deleted[condition.Key] {
			c.Conditions = append(c.Conditions, condition)
		}
	}
	return c
}

func usersExist() error {
	return &fault.Error{
		Kind: fault.AlreadyExists, Code: fault.CodeUsersExist, Subject: fault.Subject{Kind: "user"}, Message: "Some of the users exist already.",
	}
}

func takenTwice(username string) error {
	return &fault.Error{
		Kind: fault.Invalid, Code: fault.CodeUsernameTaken, Subject: fault.Subject{Kind: "username", ID: username},
		Message: fmt.Sprintf("Login %q is already used.", username),
	}
}
