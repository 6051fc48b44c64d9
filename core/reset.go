package core

import (
	"context"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

// SecurityReset tells how much ResetSecurity deleted, and the head of the log then.
type SecurityReset struct {
	Users    int
	Profiles int
	Roles    int
	Head     store.Head
}

// ResetSecurity brings roles and policy profiles back to what a new tenant has, as Kuzzle's admin:resetSecurity does, and deletes all
// users with what is theirs. After the users the profiles go, in as many commits as they need, the last of which restores those that every
// tenant has; then the roles that no profile grants. So a role is there for as long as a profile grants it, and what others make meanwhile
// stays whole.
func (t *Tenant) ResetSecurity(ctx context.Context, _ Caller) (SecurityReset, error) {
	var r SecurityReset
	var err error
	if r.Users, err = t.deleteUsers(ctx); err != nil {
		return r, err
	}
	n := 0
	count := func(total *int) func() { return func() { *total += n } }
	_, err = t.writeInParts(ctx, func(s *view.State) (commit store.Commit, more bool, _ error) {
		commit, more = profilesDeletion(s)
		if n = len(commit.Changes); !more {
			join(&commit, t.reseeding())
		}
		return commit, more, nil
	}, count(&r.Profiles))
	if err != nil {
		return r, err
	}
	r.Head, err = t.writeInParts(ctx, func(s *view.State) (commit store.Commit, more bool, _ error) {
		commit, more = rolesDeletion(s)
		n = len(commit.Changes)
		return commit, more, nil
	}, count(&r.Roles))
	return r, err
}

func profilesDeletion(s *view.State) (c store.Commit, more bool) {
	for p := range s.PolicyProfiles() {
		if isProtected(p.ID) || hasUsers(s, p.ID) {
			continue
		}
		if len(c.Changes) == maxDeletions {
			return c, true
		}
		join(&c, deletion(record.ProfileKey(p.Style(), p.ID)))
	}
	return c, false
}

func rolesDeletion(s *view.State) (c store.Commit, more bool) {
	for role := range s.Roles() {
		if isProtected(role.ID) || isGranted(s, role.ID) {
			continue
		}
		if len(c.Changes) == maxDeletions {
			return c, true
		}
		join(&c, deletion(record.RoleKey(role.ID)))
	}
	return c, false
}

func hasUsers(s *view.State, profile string) bool {
	for range s.UsersWithProfile(profile) {
		return true
	}
	return false
}

func isGranted(s *view.State, role string) bool {
	for range s.PolicyProfilesWithRole(role) {
		return true
	}
	return false
}

// reseeding puts the roles and profiles that every tenant has back to what they are at first, whatever they are.
func (t *Tenant) reseeding() store.Commit {
	var c store.Commit
	for _, id := range [...]string{access.Admin, access.Default, access.Anonymous} {
		role, p := t.seedRole(id), t.seedProfile(id)
		c.Changes = append(c.Changes,
			store.Change{Key: record.RoleKey(id), Data: record.EncodeRole(role)},
			store.Change{Key: record.ProfileKey(p.Style(), id), Data: record.EncodeProfile(p), Refs: record.ProfileRefs(p)})
	}
	return c
}
