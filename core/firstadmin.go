package core

import (
	"context"
	"time"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

// CreateFirstAdmin makes a user with the profile admin where there is none, as Kuzzle's createFirstAdmin does; of several who try at once,
// one succeeds. With restrict, the same commit takes all rights from the default roles but those that one needs to log in. The fault is
// Precondition admin_exists.
func (t *Tenant) CreateFirstAdmin(ctx context.Context, c Caller, d UserDraft, restrict bool) (WrittenUser, error) {
	d.ProfileIDs, d.author = []string{access.Admin}, c.actor.Author()
	return t.createUser(ctx, d, func(s *view.State) (store.Commit, error) {
		if hasAdmin(s) {
			return store.Commit{}, adminExists()
		}
		var commit store.Commit
		if restrict {
			commit = t.restriction(c)
		}
		// Users refer to their profiles, so that nobody refers to this one as long as there is no administrator.
		commit.Conditions = append(commit.Conditions, store.Condition{
			Key: record.ProfileKey(profile.StylePolicies, access.Admin), Require: store.Unreferenced,
		})
		return commit, nil
	})
}

func adminExists() error {
	return &fault.Error{Kind: fault.Precondition, Code: fault.CodeAdminExists, Message: "There is an administrator already."}
}

// RestrictDefaultRights takes all rights from the default roles and profiles but those that one needs to log in, as Kuzzle's
// restrictDefaultRights does.
func (t *Tenant) RestrictDefaultRights(ctx context.Context, c Caller) (store.Head, error) {
	event, err := t.write(ctx, func(*view.State) (store.Commit, error) { return t.restriction(c), nil })
	return event.Head, err
}

// restriction puts Kuzzle's standard roles and profiles in the place of those that every tenant has from the start.
func (t *Tenant) restriction(c Caller) store.Commit {
	var commit store.Commit
	author, now := c.actor.Author(), t.millis()
	for _, id := range [...]string{access.Admin, access.Default, access.Anonymous} {
		role, p := standardRole(id, now), standardProfile(id, now)
		role.Author, role.Updater = author, author
		if body, ok := p.Body.(*profile.Policies); ok {
			body.Author, body.Updater = author, author
		}
		commit.Changes = append(commit.Changes,
			store.Change{Key: record.RoleKey(id), Data: record.EncodeRole(role)},
			store.Change{Key: record.ProfileKey(p.Style(), id), Data: record.EncodeProfile(p), Refs: record.ProfileRefs(p)})
	}
	return commit
}

// rightsOf are the controllers of a role's definition: pairs of a controller and the actions that it allows.
type rightsOf struct {
	controller string
	actions    []string
}

// standardRights are those of the default roles once they are restricted (Kuzzle's security.standard.roles).
func standardRights(id string) []rightsOf {
	switch id {
	case access.Default:
		return []rightsOf{
			{"auth", []string{"checkToken", "getCurrentUser", "getMyRights", "logout", "updateSelf"}}, {"server", []string{"publicApi"}},
		}
	case access.Anonymous:
		return []rightsOf{
			{"auth", []string{"checkToken", "getCurrentUser", "getMyRights", "login"}}, {"server", []string{"publicApi", "openapi"}},
		}
	default:
		return []rightsOf{{"*", []string{"*"}}}
	}
}

func standardRole(id string, now time.Time) *access.Role {
	controllers := jsonvalue.Object()
	for _, r := range standardRights(id) {
		actions := jsonvalue.Object()
		for _, name := range r.actions {
			actions = actions.With(name, jsonvalue.Bool(true))
		}
		controllers = controllers.With(r.controller, object("actions", actions))
	}
	return &access.Role{ID: id, CreatedAt: now, UpdatedAt: now, Source: object("controllers", controllers).AppendTo(nil)}
}

// standardRates are the rate limits of the default profiles once they are restricted: requests in a second.
var standardRates = map[string]int64{access.Default: 10, access.Anonymous: 200}

func standardProfile(id string, now time.Time) *profile.Profile {
	definition := object("policies", jsonvalue.Array(object("roleId", jsonvalue.String(id)))).
		With("rateLimit", jsonvalue.Int(standardRates[id]))
	return &profile.Profile{
		ID: id, CreatedAt: now, UpdatedAt: now,
		Body: &profile.Policies{Policies: []profile.Policy{{RoleID: id}}, RateLimit: standardRates[id], Source: definition.AppendTo(nil)},
	}
}
