package core

import (
	"context"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

// ReplacedRole is a role that was created or replaced, and which of the two.
type ReplacedRole struct {
	Role    *access.Role
	Head    store.Head
	Created bool
}

// ReplaceRole makes a role, in the place of the one with its id if there is one, as Kuzzle's createOrReplaceRole does: nothing of the old
// one is kept.
func (t *Tenant) ReplaceRole(ctx context.Context, c Caller, d RoleDraft) (ReplacedRole, error) {
	return t.putRole(ctx, c, d, false)
}

// UpdateRole replaces a role that exists, as Kuzzle's updateRole does; NotFound role_not_found where there is none.
func (t *Tenant) UpdateRole(ctx context.Context, c Caller, d RoleDraft) (ReplacedRole, error) {
	return t.putRole(ctx, c, d, true)
}

func (t *Tenant) putRole(ctx context.Context, c Caller, d RoleDraft, mustExist bool) (ReplacedRole, error) {
	role, err := t.newRole(c, d)
	if err != nil {
		return ReplacedRole{}, err
	}
	role.UpdatedAt, role.Updater = role.CreatedAt, role.Author
	event, err := t.write(ctx, func(s *view.State) (store.Commit, error) {
		commit := roleInsertion(role)
		role.Version = 1
		if old, ok := s.Role(d.ID); ok {
			role.Version = old.Version + 1
			commit.Conditions[0].Require, commit.Conditions[0].Version, commit.Conditions[0].Revision = store.AtVersion, old.Version, old.Revision
		} else if mustExist {
			return store.Commit{}, profile.RoleNotFound(d.ID, "")
		}
		return commit, nil
	})
	if err != nil {
		return ReplacedRole{}, err
	}
	role.Revision = event.Revision
	return ReplacedRole{Role: role, Head: event.Head, Created: role.Version == 1}, nil
}

// DeleteRole deletes a role, as Kuzzle's deleteRole does. Those that every tenant has from the start are Invalid role_protected; one that a
// profile grants is InUse role_in_use, in that very moment too.
func (t *Tenant) DeleteRole(ctx context.Context, _ Caller, id string) (store.Head, error) {
	if id == "" {
		return store.Head{}, fault.MissingArgument("_id")
	}
	if isProtected(id) {
		return store.Head{}, protected(fault.CodeRoleProtected, "role", id)
	}
	event, err := t.write(ctx, func(s *view.State) (store.Commit, error) {
		if !s.HasRole(id) {
			return store.Commit{}, profile.RoleNotFound(id, "")
		}
		for range s.PolicyProfilesWithRole(id) {
			return store.Commit{}, inUse(fault.CodeRoleInUse, "role", id)
		}
		return deletion(record.RoleKey(id)), nil
	})
	return event.Head, err
}
