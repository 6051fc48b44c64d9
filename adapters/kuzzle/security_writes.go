package kuzzle

import (
	"context"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/store"
)

// maxWrites is Kuzzle's limits.documentsWriteCount.
const maxWrites = 200

// createOrReplaceProfile is security:createOrReplaceProfile.
func (a *API) createOrReplaceProfile(ctx context.Context, c *call) (answer, error) {
	draft, err := c.policyDraft()
	if err != nil {
		return answer{}, err
	}
	replaced, err := c.tenant.ReplacePolicyProfile(ctx, c.caller, draft)
	if err != nil {
		return answer{}, err
	}
	doc := profileDocument(replaced.Profile)
	doc.version, doc.created = replaced.Profile.Version, tripleOf(replaced.Created)
	return answer{result: doc, head: replaced.Head, waits: c.waits()}, nil
}

// updateProfile is security:updateProfile. The core plans an update anew where another came between, so retryOnConflict is only checked.
func (a *API) updateProfile(ctx context.Context, c *call) (answer, error) {
	change, err := c.policyChange()
	if err != nil {
		return answer{}, err
	}
	updated, err := c.tenant.UpdatePolicyProfile(ctx, c.caller, change)
	if err != nil {
		return answer{}, err
	}
	doc := profileDocument(updated.Profile)
	doc.version = updated.Profile.Version
	return answer{result: doc, head: updated.Head, waits: c.waits()}, nil
}

func (c *call) policyChange() (change core.PolicyChange, err error) {
	if change.ID, err = c.id(); err != nil {
		return change, err
	}
	if change.Change, err = c.body(); err != nil {
		return change, err
	}
	if _, err = c.integer("retryOnConflict", 0); err != nil {
		return change, err
	}
	change.Strict, err = c.flag("strict")
	return change, err
}

// deleteProfile is security:deleteProfile. With onAssignedUsers=remove it is taken from the users that have it; else they keep it from going.
func (a *API) deleteProfile(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	onUsers, err := c.text("onAssignedUsers", "fail")
	if err != nil {
		return answer{}, err
	}
	remove := c.tenant.DeletePolicyProfile
	if onUsers == "remove" {
		remove = c.tenant.TakePolicyProfile
	}
	head, err := remove(ctx, c.caller, id)
	if err != nil {
		return answer{}, err
	}
	return answer{result: deletedDocument(id), head: head, waits: c.waits()}, nil
}

// mDeleteProfiles is security:mDeleteProfiles.
func (a *API) mDeleteProfiles(ctx context.Context, c *call) (answer, error) {
	return a.mDelete(ctx, c, c.tenant.DeletePolicyProfile)
}

// createOrReplaceRole is security:createOrReplaceRole.
func (a *API) createOrReplaceRole(ctx context.Context, c *call) (answer, error) {
	draft, err := c.roleDraft()
	if err != nil {
		return answer{}, err
	}
	replaced, err := c.tenant.ReplaceRole(ctx, c.caller, draft)
	if err != nil {
		return answer{}, err
	}
	doc := roleDocument(replaced.Role)
	doc.version, doc.created = replaced.Role.Version, tripleOf(replaced.Created)
	return answer{result: doc, head: replaced.Head, waits: c.waits()}, nil
}

// updateRole is security:updateRole, which replaces the role. One that does not exist is told in the words of the store behind Kuzzle.
func (a *API) updateRole(ctx context.Context, c *call) (answer, error) {
	draft, err := c.roleDraft()
	if err != nil {
		return answer{}, err
	}
	if _, err := c.integer("retryOnConflict", 0); err != nil {
		return answer{}, err
	}
	updated, err := c.tenant.UpdateRole(ctx, c.caller, draft)
	if fault.HasCode(err, fault.CodeRoleNotFound) {
		return answer{}, kerrorText(idDocument, draft.ID, "kuzzle", "roles")
	}
	if err != nil {
		return answer{}, err
	}
	doc := roleDocument(updated.Role)
	doc.version = updated.Role.Version
	return answer{result: doc, head: updated.Head, waits: c.waits()}, nil
}

// deleteRole is security:deleteRole.
func (a *API) deleteRole(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	head, err := c.tenant.DeleteRole(ctx, c.caller, id)
	if err != nil {
		return answer{}, err
	}
	return answer{result: deletedDocument(id), head: head, waits: c.waits()}, nil
}

// mDeleteRoles is security:mDeleteRoles.
func (a *API) mDeleteRoles(ctx context.Context, c *call) (answer, error) {
	return a.mDelete(ctx, c, c.tenant.DeleteRole)
}

// mDelete deletes what the body's ids name, one after the other. What cannot be deleted does not keep the others from it: the answer tells
// both what was deleted and what was not.
func (a *API) mDelete(
	ctx context.Context, c *call, remove func(context.Context, core.Caller, string) (store.Head, error),
) (answer, error) {
	ids, err := c.bodyIDs("body.ids")
	if err != nil {
		return answer{}, err
	}
	if len(ids) > maxWrites {
		return answer{}, kerror(idWriteLimit)
	}
	ans := answer{waits: c.waits()}
	deleted := make([]string, 0, len(ids))
	var failed []*kuzzleError
	for _, id := range ids {
		head, err := remove(ctx, c.caller, id)
		if err != nil {
			failed = append(failed, a.refuse(ctx, &c.Request, err))
			continue
		}
		deleted, ans.head = append(deleted, id), head
	}
	if failed != nil {
		ans.failure = kerror(idPartial)
		ans.failure.parts = failed
	}
	ans.waits = ans.waits && len(deleted) > 0
	ans.result = texts(deleted)
	return ans, nil
}

func deletedDocument(id string) jsonvalue.Value {
	return jsonvalue.Object(jsonvalue.Member{Name: "_id", Value: jsonvalue.String(id)})
}
