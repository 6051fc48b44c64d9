package core

import (
	"context"
	"iter"
	"slices"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/query"
	"github.com/profilegate/profilegate/core/view"
)

// PolicySearch asks for policy profiles.
type PolicySearch struct {
	Search
	Roles []string // those that grant one of these roles, whatever the body's query says; empty: by the body
}

// SearchPolicyProfiles finds policy profiles on this node's view, as Kuzzle's searchProfiles does. What it finds is what Confirm waits for. The
// faults are Invalid, in the words of the store behind Kuzzle.
func (t *Tenant) SearchPolicyProfiles(ctx context.Context, _ Caller, q PolicySearch, r Read) (Hits[*profile.Profile], error) {
	if len(q.Roles) > 0 {
		q.Body, q.Koncorde = q.Body.With("query", grantsOneOf(q.Roles)), false
	}
	return search(ctx, t, searchableProfiles(), q.Search, r)
}

// ScrollPolicyProfiles gives the next page of a scroll that SearchPolicyProfiles opened. See nextPage for keep.
func (t *Tenant) ScrollPolicyProfiles(_ context.Context, _ Caller, id, keep string) (Hits[*profile.Profile], error) {
	return nextPage[*profile.Profile](t, id, keep)
}

func grantsOneOf(roles []string) jsonvalue.Value {
	list := make([]jsonvalue.Value, len(roles))
	for i, role := range roles {
		list[i] = jsonvalue.String(role)
	}
	terms := jsonvalue.Object(jsonvalue.Member{Name: "policies.roleId", Value: jsonvalue.Array(list...)})
	return jsonvalue.Object(jsonvalue.Member{Name: "terms", Value: terms})
}

func searchableProfiles() searchable[*profile.Profile] {
	return searchable[*profile.Profile]{
		collection: catalog.Profiles,
		all:        (*view.State).PolicyProfiles,
		count:      (*view.State).CountPolicyProfiles,
		get:        (*view.State).PolicyProfile,
		having: map[string]func(*view.State, string) iter.Seq[*profile.Profile]{
			"policies.roleId": (*view.State).PolicyProfilesWithRole,
			"tags":            (*view.State).PolicyProfilesWithTag,
		},
		id: func(p *profile.Profile) string { return p.ID },
		document: func(p *profile.Profile) query.Document {
			d := &storedDocument{id: p.ID, info: writtenBy{createdAt: p.CreatedAt, updatedAt: p.UpdatedAt}}
			if b, ok := p.Body.(*profile.Policies); ok {
				d.source, d.info.author, d.info.updater = b.Source, b.Author, b.Updater
			}
			return d
		},
	}
}

// RoleSearch asks for roles.
type RoleSearch struct {
	Search
	ByControllers bool     // ask for Controllers; the body then does not count, nor does the window, and there is no scroll
	Controllers   []string // roles that name one of them, or all of them by "*"; none: all roles
}

// SearchRoles finds roles on this node's view, as Kuzzle's searchRoles does.
func (t *Tenant) SearchRoles(ctx context.Context, _ Caller, q RoleSearch, r Read) (Hits[*access.Role], error) {
	if !q.ByControllers {
		return search(ctx, t, searchableRoles(), q.Search, r)
	}
	if err := q.checkPage(); err != nil {
		return Hits[*access.Role]{}, err
	}
	s, err := t.stateAt(ctx, r)
	if err != nil {
		return Hits[*access.Role]{}, err
	}
	var found []*access.Role
	for role := range s.Roles() {
		if len(q.Controllers) == 0 || names(role, q.Controllers) {
			found = append(found, role)
		}
	}
	from := min(q.From, len(found))
	return Hits[*access.Role]{Hits: found[from : from+min(q.Size, len(found)-from)], Total: len(found)}, nil
}

func names(role *access.Role, controllers []string) bool {
	for controller := range role.Rights {
		if controller == "*" || slices.Contains(controllers, controller) {
			return true
		}
	}
	return false
}

func searchableRoles() searchable[*access.Role] {
	return searchable[*access.Role]{
		collection: catalog.Roles,
		all:        (*view.State).Roles,
		count:      (*view.State).CountRoles,
		get:        (*view.State).Role,
		id:         func(r *access.Role) string { return r.ID },
		document: func(r *access.Role) query.Document {
			return &storedDocument{
				id: r.ID, source: r.Source,
				info: writtenBy{author: r.Author, updater: r.Updater, createdAt: r.CreatedAt, updatedAt: r.UpdatedAt},
			}
		},
	}
}
