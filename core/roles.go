package core

import (
	"context"
	"fmt"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

// RoleDraft is a role to be made.
type RoleDraft struct {
	ID         string
	Definition jsonvalue.Value // an object: controllers, and fields of one's own
	Force      bool            // accept controllers that do not exist (yet)
}

// CreatedRole is a new role and the head of the log that its commit made.
type CreatedRole struct {
	Role *access.Role
	Head store.Head
}

// CreateRole makes a role as Kuzzle's createRole does. An id that is taken is AlreadyExists role_exists.
func (t *Tenant) CreateRole(ctx context.Context, c Caller, d RoleDraft) (CreatedRole, error) {
	role, err := t.newRole(c, d)
	if err != nil {
		return CreatedRole{}, err
	}
	event, err := t.write(ctx, func(s *view.State) (store.Commit, error) {
		if s.HasRole(d.ID) {
			return store.Commit{}, roleExists(d.ID)
		}
		return roleInsertion(role), nil
	})
	if err != nil {
		return CreatedRole{}, err
	}
	role.Revision = event.Revision
	return CreatedRole{Role: role, Head: event.Head}, nil
}

// newRole is the role that a draft describes, if it is a good one.
func (t *Tenant) newRole(c Caller, d RoleDraft) (*access.Role, error) {
	if d.ID == "" {
		return nil, fault.MissingArgument("_id")
	}
	rights, err := access.ParseRole(d.ID, d.Definition, access.RoleRules{Actions: t.options.Actions, Force: d.Force})
	if err != nil {
		return nil, err
	}
	if err := checkID(d.ID); err != nil {
		return nil, err
	}
	return &access.Role{
		ID: d.ID, Version: 1, CreatedAt: t.millis(), Author: c.actor.Author(),
		Rights: rights, Source: d.Definition.Without("_id", "_kuzzle_info").AppendTo(nil),
	}, nil
}

// Role reads a role by its id; NotFound role_not_found where there is none.
func (t *Tenant) Role(ctx context.Context, _ Caller, id string, r Read) (*access.Role, error) {
	s, err := t.stateAt(ctx, r)
	if err != nil {
		return nil, err
	}
	if role, ok := s.Role(id); ok {
		return role, nil
	}
	return nil, profile.RoleNotFound(id, "")
}

func roleInsertion(r *access.Role) store.Commit {
	key := record.RoleKey(r.ID)
	return store.Commit{
		Conditions: []store.Condition{{Key: key, Require: store.Absent}},
		Changes:    []store.Change{{Key: key, Data: record.EncodeRole(r)}},
	}
}

func roleExists(id string) error {
	return &fault.Error{
		Kind: fault.AlreadyExists, Code: fault.CodeRoleExists, Subject: fault.Subject{Kind: "role", ID: id},
		Message: fmt.Sprintf("The role %q already exists.", id),
	}
}
