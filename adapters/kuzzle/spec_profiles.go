package kuzzle

import (
	"context"
	"slices"
	"strings"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/specdoc"
)

// written is a result that is JSON already.
type written []byte

// AppendTo implements encoder.
func (w written) AppendTo(dst []byte) []byte { return append(dst, w...) }

// acts wants a caller who acts for a project: spec profiles belong to one.
func (c *call) acts() error {
	if actor := c.caller.Actor(); actor.Project == "" {
		return c.forbidden()
	}
	return nil
}

func (c *call) forbidden() error {
	return kerrorText(idForbidden, c.Controller, c.Action, c.caller.Actor().User)
}

// specBody is the request's body, which may have these members only.
func (c *call) specBody(accepted ...string) (jsonvalue.Value, error) {
	body, err := c.body()
	if err != nil {
		return body, err
	}
	if body.Kind() != jsonvalue.KindObject {
		return body, fault.InvalidType("body", "object")
	}
	for _, m := range body.Members() {
		if !slices.Contains(accepted, m.Name) {
			return body, fault.UnexpectedArgument("body."+m.Name, accepted...)
		}
	}
	return body, nil
}

// createSpecProfile is profiles:create.
func (a *API) createSpecProfile(ctx context.Context, c *call) (answer, error) {
	if err := c.acts(); err != nil {
		return answer{}, err
	}
	body, err := c.specBody("name", "spec", "metadata")
	if err != nil {
		return answer{}, err
	}
	for _, required := range []string{"name", "spec"} {
		if !body.Has(required) {
			return answer{}, fault.MissingArgument("body." + required)
		}
	}
	name, err := c.bodyText("name", "")
	if err != nil {
		return answer{}, err
	}
	created, err := c.tenant.CreateProfile(ctx, c.caller, &core.SpecDraft{Name: name, Spec: body.Get("spec"), Metadata: body.Get("metadata")})
	if err != nil {
		return answer{}, c.specRefusal(err)
	}
	return answer{result: written(c.tenant.SpecForm().Profile(created.Profile)), head: created.Head, waits: c.waits()}, nil
}

// getSpecProfile is profiles:get.
func (a *API) getSpecProfile(ctx context.Context, c *call) (answer, error) {
	id, err := c.specID()
	if err != nil {
		return answer{}, err
	}
	p, err := c.tenant.FindSpecProfile(ctx, c.caller, id, c.recent())
	if err != nil {
		return answer{}, c.specRefusal(err)
	}
	return answer{result: written(c.tenant.SpecForm().Profile(p))}, nil
}

// specID is the id, name or beginning of an id of the profile that is meant.
func (c *call) specID() (string, error) {
	if err := c.acts(); err != nil {
		return "", err
	}
	return c.id()
}

// updateSpecProfile is profiles:update.
func (a *API) updateSpecProfile(ctx context.Context, c *call) (answer, error) {
	id, err := c.specID()
	if err != nil {
		return answer{}, err
	}
	body, err := c.specBody("name", "metadata")
	if err != nil {
		return answer{}, err
	}
	change := core.SpecChange{Metadata: body.Get("metadata")}
	if !body.Get("name").IsNull() {
		if change.Name, err = c.bodyText("name", ""); err != nil {
			return answer{}, err
		}
		if body.Has("name") && change.Name == "" {
			return answer{}, fault.EmptyArgument("body.name")
		}
	}
	updated, err := c.tenant.UpdateSpecProfile(ctx, c.caller, id, change)
	if err != nil {
		return answer{}, c.specRefusal(err)
	}
	return answer{result: written(c.tenant.SpecForm().Profile(updated.Profile)), head: updated.Head, waits: c.waits()}, nil
}

// deleteSpecProfile is profiles:delete.
func (a *API) deleteSpecProfile(ctx context.Context, c *call) (answer, error) {
	id, err := c.specID()
	if err != nil {
		return answer{}, err
	}
	gone, err := c.tenant.DeleteSpecProfile(ctx, c.caller, id)
	if err != nil {
		return answer{}, c.specRefusal(err)
	}
	result := jsonvalue.Object(jsonvalue.Member{Name: "id", Value: jsonvalue.String(gone.Profile.ID)})
	return answer{result: result, head: gone.Head, waits: c.waits()}, nil
}

// validateSpecProfile is profiles:validate. It stores nothing.
func (a *API) validateSpecProfile(_ context.Context, c *call) (answer, error) {
	if err := c.acts(); err != nil {
		return answer{}, err
	}
	body, err := c.specBody("spec")
	if err != nil {
		return answer{}, err
	}
	if !body.Has("spec") {
		return answer{}, fault.MissingArgument("body.spec")
	}
	validated, err := c.tenant.ValidateSpec(c.caller, body.Get("spec"))
	if err != nil {
		return answer{}, c.specRefusal(err)
	}
	return answer{result: written(specdoc.Unsaved(validated))}, nil
}

// listSpecTypes is profiles:types.
func (a *API) listSpecTypes(_ context.Context, c *call) (answer, error) {
	var types []jsonvalue.Value
	for _, t := range c.tenant.Types().Types() {
		types = append(types, jsonvalue.Object(
			jsonvalue.Member{Name: "name", Value: jsonvalue.String(t.Name)},
			jsonvalue.Member{Name: "version", Value: jsonvalue.String(t.Version)},
			jsonvalue.Member{Name: "support_status", Value: t.SupportJSON()},
			jsonvalue.Member{Name: "schema", Value: t.SchemaJSON().Get("profile_type").Get("schema")},
			jsonvalue.Member{Name: "operations", Value: t.OperationsJSON().Get("operations")},
		))
	}
	return answer{result: jsonvalue.Object(jsonvalue.Member{Name: "types", Value: jsonvalue.Array(types...)})}, nil
}

// holdSpecProfile is profiles:hold.
func (a *API) holdSpecProfile(ctx context.Context, c *call) (answer, error) {
	id, holder, err := c.holding()
	if err != nil {
		return answer{}, err
	}
	held, err := c.tenant.HoldSpecProfile(ctx, c.caller, id, holder)
	if err != nil {
		return answer{}, c.specRefusal(err)
	}
	return answer{result: c.holdDocument(held.Hold), head: held.Head, waits: c.waits()}, nil
}

// releaseSpecProfile is profiles:release.
func (a *API) releaseSpecProfile(ctx context.Context, c *call) (answer, error) {
	id, holder, err := c.holding()
	if err != nil {
		return answer{}, err
	}
	released, head, err := c.tenant.ReleaseSpecProfile(ctx, c.caller, id, holder)
	if err != nil {
		return answer{}, c.specRefusal(err)
	}
	result := jsonvalue.Object(jsonvalue.Member{Name: "released", Value: jsonvalue.Bool(released)})
	return answer{result: result, head: head, waits: released && c.waits()}, nil
}

// holding is the profile that is meant, and who holds it.
func (c *call) holding() (id, holder string, err error) {
	if id, err = c.specID(); err != nil {
		return "", "", err
	}
	holder, err = c.name("holder")
	return id, holder, err
}

// listHolds is profiles:listHolds.
func (a *API) listHolds(ctx context.Context, c *call) (answer, error) {
	id, err := c.specID()
	if err != nil {
		return answer{}, err
	}
	holds, err := c.tenant.Holds(ctx, c.caller, id, c.recent())
	if err != nil {
		return answer{}, c.specRefusal(err)
	}
	items := make([]jsonvalue.Value, len(holds))
	for i, h := range holds {
		items[i] = c.holdDocument(h)
	}
	return answer{result: jsonvalue.Object(jsonvalue.Member{Name: "holds", Value: jsonvalue.Array(items...)})}, nil
}

func (c *call) holdDocument(h *profile.Hold) jsonvalue.Value {
	created := strings.Trim(string(c.tenant.SpecForm().AppendTime(nil, h.CreatedAt)), `"`)
	return jsonvalue.Object(
		jsonvalue.Member{Name: "profile_id", Value: jsonvalue.String(h.ProfileID)},
		jsonvalue.Member{Name: "holder", Value: jsonvalue.String(h.Holder)},
		jsonvalue.Member{Name: "user", Value: jsonvalue.String(h.User)},
		jsonvalue.Member{Name: "created_at", Value: jsonvalue.String(created)},
	)
}

// specRefusal gives faults about spec profiles words in which Kuzzle's table would say too little: Senlin's own, and the place in the body.
func (c *call) specRefusal(err error) error {
	f := fault.As(err)
	switch f.Code {
	case fault.CodeSpecInvalid, fault.CodeSpecCheckFailed, fault.CodeSpecKeyMissing, fault.CodeSpecMalformed:
		return kerrorText(idBadRequest, f.Message+" (body."+field(f).Path+")")
	case fault.CodeNameTaken, fault.CodeProfileAmbiguous:
		return kerrorText(idBadRequest, f.Message)
	case fault.CodeProfileInUse:
		return kerrorText("security.profile.in_use", f.Subject.ID)
	case fault.CodeForbidden:
		return c.forbidden()
	case fault.CodeInvalidArgument, fault.CodeInvalidType:
		if path := field(f).Path; path == "name" || path == "spec" || path == "metadata" {
			told := *f
			told.Fields = slices.Clone(f.Fields)
			told.Fields[0].Path = "body." + path
			return &told
		}
		return err
	default:
		return err
	}
}

// inJavaScript gives a message as Node reads it, save where it is about spec profiles: those keep numbers as they are written, for the version
// 1.0 is not the version 1.
func inJavaScript(message jsonvalue.Value) jsonvalue.Value {
	if message.Get("controller").Text() == specController {
		return message
	}
	return message.JavaScript()
}
