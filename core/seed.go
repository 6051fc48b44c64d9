package core

import (
	"context"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/identity"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

// seed makes the secret that signs tokens, and the roles and profiles that a tenant with policy profiles has from the start, as Kuzzle does at its first start: admin,
// default and anonymous, each a role that may do everything and a profile with that role. Those that exist are left as they are. Of
// several nodes that start at once, one makes them.
func (t *Tenant) seed(ctx context.Context) error {
	if !t.options.Policies {
		return nil
	}
	_, err := t.write(ctx, func(s *view.State) (store.Commit, error) {
		var commit store.Commit
		if len(s.Secret()) == 0 {
			join(&commit, secretSeeding())
		}
		for _, id := range [...]string{access.Admin, access.Default, access.Anonymous} {
			if !s.HasRole(id) {
				join(&commit, roleInsertion(t.seedRole(id)))
			}
			if _, ok := s.PolicyProfile(id); !ok {
				join(&commit, profileSeeding(t.seedProfile(id)))
			}
		}
		return commit, nil
	})
	return err
}

// secretSeeding makes what signs the tenant's tokens, on whichever node.
func secretSeeding() store.Commit {
	key := record.SecretKey()
	return store.Commit{
		Conditions: []store.Condition{{Key: key, Require: store.Absent}},
		Changes:    []store.Change{{Key: key, Data: record.EncodeSecret(identity.NewSecret())}},
	}
}

func (t *Tenant) seedRole(id string) *access.Role {
	everything := object("controllers", object("*", object("actions", object("*", jsonvalue.Bool(true)))))
	now := t.millis()
	return &access.Role{ID: id, Version: 1, CreatedAt: now, UpdatedAt: now, Source: everything.AppendTo(nil)}
}

func (t *Tenant) seedProfile(id string) *profile.Profile {
	definition := jsonvalue.Object(
		jsonvalue.Member{Name: "policies", Value: jsonvalue.Array(object("roleId", jsonvalue.String(id)))},
		jsonvalue.Member{Name: "rateLimit", Value: jsonvalue.Int(0)},
	)
	now := t.millis()
	return &profile.Profile{
		ID: id, Version: 1, CreatedAt: now, UpdatedAt: now,
		Body: &profile.Policies{Policies: []profile.Policy{{RoleID: id}}, Source: definition.AppendTo(nil)},
	}
}

// profileSeeding makes a profile whose role is made by the same commit, so that the role need not exist before it.
func profileSeeding(p *profile.Profile) store.Commit {
	c := insertion(p)
	c.Conditions = c.Conditions[len(c.Conditions)-1:]
	return c
}

func join(c *store.Commit, more store.Commit) {
	c.Conditions = append(c.Conditions, more.Conditions...)
	c.Changes = append(c.Changes, more.Changes...)
}

func object(name string, v jsonvalue.Value) jsonvalue.Value {
	return jsonvalue.Object(jsonvalue.Member{Name: name, Value: v})
}
