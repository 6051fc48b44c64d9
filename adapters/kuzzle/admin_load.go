package kuzzle

import (
	"context"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/identity"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// loadSecurities is admin:loadSecurities. All is loaded or nothing, and, unlike with Kuzzle, the answer tells so even if refresh is false.
func (a *API) loadSecurities(ctx context.Context, c *call) (answer, error) {
	load, err := c.securities()
	if err != nil {
		return answer{}, err
	}
	head, err := c.tenant.LoadSecurities(ctx, c.caller, load)
	if fault.HasCode(err, fault.CodeTooLarge) {
		return answer{}, kerror(idWriteLimit)
	}
	if err != nil {
		return answer{}, err
	}
	return answer{result: acknowledge(), head: head, waits: c.waits()}, nil
}

// securities decodes what is to be loaded.
func (c *call) securities() (load core.Securities, err error) {
	if _, err = c.body(); err != nil {
		return load, err
	}
	if load.Existing, err = c.onExisting(); err != nil {
		return load, err
	}
	force, err := c.flag("force")
	if err != nil {
		return load, err
	}
	err = c.eachSecurity("roles", func(id string, v jsonvalue.Value) error {
		load.Roles = append(load.Roles, core.RoleDraft{ID: id, Definition: v, Force: force})
		return nil
	})
	if err != nil {
		return load, err
	}
	err = c.eachSecurity("profiles", func(id string, v jsonvalue.Value) error {
		if policies := v.Get("policies"); policies.IsAbsent() {
			return fault.MissingArgument("body.policies")
		} else if policies.Kind() != jsonvalue.KindArray {
			return fault.InvalidType("body.policies", "array")
		}
		load.Profiles = append(load.Profiles, core.PolicyDraft{ID: id, Definition: v})
		return nil
	})
	if err != nil {
		return load, err
	}
	err = c.eachSecurity("users", func(id string, v jsonvalue.Value) error {
		user, err := loadedUser(id, v)
		load.Users = append(load.Users, user)
		return err
	})
	return load, err
}

// onExisting is what is to happen to users that exist.
func (c *call) onExisting() (core.OnExisting, error) {
	v := c.Args.Get("onExistingUsers")
	switch {
	case v.IsAbsent() || v.Text() == "fail":
		return core.FailOnExisting, nil
	case v.Text() == "skip":
		return core.SkipExisting, nil
	case v.Text() == "overwrite":
		return core.OverwriteExisting, nil
	default:
		return 0, kerror(idUnexpectedArg, jsonvalue.String("onExistingUsers"), texts([]string{"skip", "overwrite", "fail"}))
	}
}

// eachSecurity walks one part of the body: an object of objects by their ids.
func (c *call) eachSecurity(part string, visit func(id string, v jsonvalue.Value) error) error {
	all := c.Body.Get(part)
	if !truthy(all) {
		return nil
	}
	if all.Kind() != jsonvalue.KindObject {
		return kerror(idInvalidArgument, all, jsonvalue.String("object"))
	}
	for _, m := range all.Members() {
		if m.Value.Kind() != jsonvalue.KindObject {
			return kerror(idInvalidArgument, m.Value, jsonvalue.String("object"))
		}
		if err := visit(m.Name, m.Value); err != nil {
			return err
		}
	}
	return nil
}

// loadedUser decodes one user, which is as the body of security:createUser has it.
func loadedUser(id string, v jsonvalue.Value) (core.UserDraft, error) {
	r := Request{Body: v}
	content, err := r.bodyObject("content")
	if err != nil {
		return core.UserDraft{}, err
	}
	d := core.UserDraft{ID: id, Content: content}
	if d.ProfileIDs, err = identity.ParseProfileIDs("body.content.profileIds", content.Get("profileIds")); err != nil {
		return d, err
	}
	credentials, err := r.bodyObjectOr("credentials", jsonvalue.Object())
	if err != nil {
		return d, err
	}
	if d.Credentials, err = parseCredentials(credentials); err != nil {
		return d, err
	}
	if d.ID == "" {
		return d, fault.MissingArgument("_id")
	}
	return d, nil
}
