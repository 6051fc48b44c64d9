package kuzzle

import (
	"context"
	"strings"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/identity"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// createUser is security:createUser.
func (a *API) createUser(ctx context.Context, c *call) (answer, error) {
	content, err := c.bodyObject("content")
	if err != nil {
		return answer{}, err
	}
	ids, err := identity.ParseProfileIDs("body.content.profileIds", content.Get("profileIds"))
	if err != nil {
		return answer{}, err
	}
	draft, err := c.userDraft(content, ids)
	if err != nil {
		return answer{}, err
	}
	return c.writtenUser(c.tenant.CreateUser(ctx, c.caller, draft))
}

// createRestrictedUser is security:createRestrictedUser: a user with the profile default.
func (a *API) createRestrictedUser(ctx context.Context, c *call) (answer, error) {
	content, err := c.contentWithoutProfiles()
	if err != nil {
		return answer{}, err
	}
	draft, err := c.userDraft(content, []string{access.Default})
	if err != nil {
		return answer{}, err
	}
	return c.writtenUser(c.tenant.CreateUser(ctx, c.caller, draft))
}

// createFirstAdmin is security:createFirstAdmin. Whether there is an administrator is told before anything else of the request is.
func (a *API) createFirstAdmin(ctx context.Context, c *call) (answer, error) {
	exists, err := c.tenant.AdminExists(ctx, c.caller, c.recent())
	if err != nil {
		return answer{}, err
	}
	if exists {
		return answer{}, kerror(idAdminExists)
	}
	content, err := c.contentWithoutProfiles()
	if err != nil {
		return answer{}, err
	}
	restrict, err := c.flag("reset")
	if err != nil {
		return answer{}, err
	}
	draft, err := c.userDraft(content, nil)
	if err != nil {
		return answer{}, err
	}
	ans, err := c.writtenUser(c.tenant.CreateFirstAdmin(ctx, c.caller, draft, restrict))
	ans.waits = ans.waits || restrict
	return ans, err
}

// restrictDefaultRights is security:restrictDefaultRights. It has no result, and always waits for all nodes.
func (a *API) restrictDefaultRights(ctx context.Context, c *call) (answer, error) {
	head, err := c.tenant.RestrictDefaultRights(ctx, c.caller)
	return answer{head: head, waits: true}, err
}

// contentWithoutProfiles is the content of a user whose profiles are not the caller's to choose.
func (c *call) contentWithoutProfiles() (jsonvalue.Value, error) {
	content, err := c.bodyObjectOr("content", jsonvalue.Object())
	if err == nil && content.Has("profileIds") {
		err = kerrorText(idForbiddenArgument, "body.content.profileIds")
	}
	return content, err
}

// userDraft decodes what is left of a user that is to be made.
func (c *call) userDraft(content jsonvalue.Value, profileIDs []string) (core.UserDraft, error) {
	d := core.UserDraft{Content: content, ProfileIDs: profileIDs}
	kind, err := c.text("kuid", "human")
	if err != nil {
		return d, err
	}
	d.ReadableID = kind != "uuid"
	credentials, err := c.bodyObjectOr("credentials", jsonvalue.Object())
	if err != nil {
		return d, err
	}
	if d.ID, err = c.optionalID(); err != nil {
		return d, err
	}
	d.Credentials, err = parseCredentials(credentials)
	return d, err
}

// optionalID is the argument _id, empty where there is none.
func (c *call) optionalID() (string, error) {
	if !truthy(c.Args.Get("_id")) {
		return "", nil
	}
	return c.id()
}

// parseCredentials reads credentials by their strategies, of which there is one; nil where there are none.
func parseCredentials(v jsonvalue.Value) (*identity.Login, error) {
	for _, m := range v.Members() {
		if m.Name != identity.Local {
			return nil, kerrorText(idUnknownStrategy, m.Name)
		}
	}
	if !v.Has(identity.Local) {
		return nil, nil
	}
	login, err := identity.ParseLogin(v.Get(identity.Local))
	return &login, err
}

// writtenUser answers with a user that was just written.
func (c *call) writtenUser(w core.WrittenUser, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	return answer{result: userDocument(w.User), head: w.Head, waits: c.waits()}, nil
}

// getUser is security:getUser.
func (a *API) getUser(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	u, err := c.tenant.User(ctx, c.caller, id, c.recent())
	if err != nil {
		return answer{}, err
	}
	return answer{result: userDocument(u)}, nil
}

// mGetUsers is security:mGetUsers. Users that do not exist are left out.
func (a *API) mGetUsers(ctx context.Context, c *call) (answer, error) {
	ids, err := c.userIDs()
	if err != nil {
		return answer{}, err
	}
	users, err := c.tenant.Users(ctx, c.caller, ids, c.recent())
	if err != nil {
		return answer{}, err
	}
	return answer{result: foundUsers(users)}, nil
}

// userIDs are the ids of the body or, as it was once, of the argument ids: a list, or text with commas.
func (c *call) userIDs() ([]string, error) {
	if ids := c.Body.Get("ids"); ids.Len() > 0 {
		return c.bodyIDs("body.ids")
	}
	v := c.Args.Get("ids")
	if v.IsAbsent() {
		return nil, fault.MissingArgument("ids")
	}
	items, err := c.array("ids", v)
	if err != nil {
		if v.Kind() == jsonvalue.KindString {
			return strings.Split(v.Text(), ","), nil
		}
		return nil, err
	}
	ids := make([]string, len(items))
	for i, item := range items {
		if item.Kind() != jsonvalue.KindString {
			return nil, fault.InvalidType("ids", "string[]")
		}
		ids[i] = item.Text()
	}
	return ids, nil
}

// updateUser is security:updateUser.
func (a *API) updateUser(ctx context.Context, c *call) (answer, error) {
	change := core.UserChange{}
	var err error
	if change.ID, err = c.id(); err != nil {
		return answer{}, err
	}
	if change.Change, err = c.body(); err != nil {
		return answer{}, err
	}
	if ids := change.Change.Get("profileIds"); !ids.IsAbsent() && !ids.IsNull() {
		if change.ProfileIDs, err = identity.ParseProfileIDs("body.profileIds", ids); err != nil {
			return answer{}, err
		}
	}
	if _, err := c.integer("retryOnConflict", 0); err != nil {
		return answer{}, err
	}
	return c.writtenUser(c.tenant.UpdateUser(ctx, c.caller, change))
}

// replaceUser is security:replaceUser.
func (a *API) replaceUser(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	content, err := c.body()
	if err != nil {
		return answer{}, err
	}
	ids, err := identity.ParseProfileIDs("body.profileIds", content.Get("profileIds"))
	if err != nil {
		return answer{}, err
	}
	return c.writtenUser(c.tenant.ReplaceUser(ctx, c.caller, core.UserChange{ID: id, Change: content, ProfileIDs: ids}))
}

// upsertUser is security:upsertUser. The body's default is for a user that does not exist yet.
func (a *API) upsertUser(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	content, err := c.bodyObject("content")
	if err != nil {
		return answer{}, err
	}
	ids, err := identity.ParseProfileIDs("body.content.profileIds", content.Get("profileIds"))
	if err != nil {
		return answer{}, err
	}
	fresh, err := c.bodyObjectOr("default", jsonvalue.Object())
	if err != nil {
		return answer{}, err
	}
	for _, m := range content.Members() {
		fresh = fresh.With(m.Name, m.Value)
	}
	draft, err := c.userDraft(fresh, ids)
	if err != nil {
		return answer{}, err
	}
	return c.writtenUser(c.tenant.UpsertUser(ctx, c.caller, core.UserChange{ID: id, Change: content, ProfileIDs: ids}, draft))
}

// deleteUser is security:deleteUser.
func (a *API) deleteUser(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	head, err := c.tenant.DeleteUser(ctx, c.caller, id)
	if err != nil {
		return answer{}, err
	}
	return answer{result: deletedDocument(id), head: head, waits: c.waits()}, nil
}

// mDeleteUsers is security:mDeleteUsers.
func (a *API) mDeleteUsers(ctx context.Context, c *call) (answer, error) {
	return a.mDelete(ctx, c, c.tenant.DeleteUser)
}

// getUserRights is security:getUserRights.
func (a *API) getUserRights(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	actor, err := c.tenant.UserActor(ctx, c.caller, id, c.recent())
	if err != nil {
		return answer{}, err
	}
	return rightsAnswer(c.tenant.ActorRights(ctx, c.caller, actor, c.local()))
}

// getUserStrategies is security:getUserStrategies.
func (a *API) getUserStrategies(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	if _, err := c.tenant.User(ctx, c.caller, id, c.recent()); err != nil {
		return answer{}, err
	}
	names := c.strategies(ctx, id)
	return answer{result: jsonvalue.Object(
		jsonvalue.Member{Name: "strategies", Value: texts(names)},
		jsonvalue.Member{Name: "total", Value: jsonvalue.Int(int64(len(names)))},
	)}, nil
}

// strategies are those by which a user can log in, as far as this node knows.
func (c *call) strategies(ctx context.Context, user string) []string {
	if _, err := c.tenant.CredentialsOf(ctx, c.caller, user, c.local()); err != nil {
		return nil
	}
	return []string{identity.Local}
}
