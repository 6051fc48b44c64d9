package grpcapi

import (
	"context"
	"strconv"
	"strings"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/store"
	profilegatev1 "github.com/profilegate/profilegate/proto/profilegate/v1"
)

// UpdateProfile implements the contract.
func (s *profiles) UpdateProfile(
	ctx context.Context, req *profilegatev1.UpdateProfileRequest,
) (*profilegatev1.UpdateProfileResponse, error) {
	in, err := sessionFrom(ctx)
	if err != nil {
		return nil, err
	}
	if req.GetId() == "" {
		return nil, fault.MissingArgument(fieldID)
	}
	updated, err := s.update(ctx, in, req)
	if err != nil {
		return nil, err
	}
	if req.GetWaitFor() {
		if err := in.confirm(ctx, updated.Profile.ID, updated.Head); err != nil {
			return nil, err
		}
	}
	m, err := encode(updated.Profile)
	if err != nil {
		return nil, err
	}
	return &profilegatev1.UpdateProfileResponse{Profile: m, Revision: revision(updated.Head)}, nil
}

func (s *profiles) update(ctx context.Context, in session, req *profilegatev1.UpdateProfileRequest) (core.UpdatedProfile, error) {
	switch change := req.GetChange().(type) {
	case *profilegatev1.UpdateProfileRequest_Spec:
		return s.updateSpec(ctx, in, req.GetId(), change.Spec)
	case *profilegatev1.UpdateProfileRequest_Policies:
		return s.updatePolicies(ctx, in, req, change.Policies)
	default:
		return core.UpdatedProfile{}, fault.MissingArgument("change")
	}
}

func (s *profiles) updateSpec(ctx context.Context, in session, identity string, c *profilegatev1.SpecChange) (core.UpdatedProfile, error) {
	caller, err := in.mayUseSpecs()
	if err != nil {
		return core.UpdatedProfile{}, err
	}
	change, err := s.specChange(c)
	if err != nil {
		return core.UpdatedProfile{}, err
	}
	updated, err := in.tenant.UpdateSpecProfile(ctx, caller, identity, change)
	return updated, inRequest(err, placeInSpec)
}

func (s *profiles) updatePolicies(
	ctx context.Context, in session, req *profilegatev1.UpdateProfileRequest, c *profilegatev1.PolicyChange,
) (core.UpdatedProfile, error) {
	caller, err := in.mayUsePolicies(ctx, actionUpdate)
	if err != nil {
		return core.UpdatedProfile{}, err
	}
	change, err := s.policyChange(c)
	if err != nil {
		return core.UpdatedProfile{}, err
	}
	updated, err := in.tenant.UpdatePolicyProfile(ctx, caller, core.PolicyChange{ID: req.GetId(), Change: change, Strict: req.GetStrict()})
	return updated, inRequest(err, placeInPolicies(req.GetId()))
}

// specChange decodes the change of a spec profile.
func (s *profiles) specChange(c *profilegatev1.SpecChange) (core.SpecChange, error) {
	change := core.SpecChange{Name: c.GetName()}
	if c.MetadataJson == nil {
		return change, nil
	}
	if strings.TrimSpace(c.GetMetadataJson()) == "null" {
		change.Metadata = jsonvalue.Null()
		return change, nil
	}
	var err error
	change.Metadata, err = s.object(c.GetMetadataJson(), fieldMetadata)
	if err == nil && change.Metadata.IsAbsent() {
		err = fault.EmptyArgument(fieldMetadata)
	}
	return change, err
}

// DeleteProfile implements the contract.
func (s *profiles) DeleteProfile(
	ctx context.Context, req *profilegatev1.DeleteProfileRequest,
) (*profilegatev1.DeleteProfileResponse, error) {
	in, err := sessionFrom(ctx)
	if err != nil {
		return nil, err
	}
	if req.GetId() == "" {
		return nil, fault.MissingArgument(fieldID)
	}
	id, head, err := in.remove(ctx, req)
	if err != nil {
		return nil, err
	}
	if req.GetWaitFor() {
		if err := in.confirm(ctx, id, head); err != nil {
			return nil, err
		}
	}
	return &profilegatev1.DeleteProfileResponse{Id: valid(id), Revision: revision(head)}, nil
}

// remove deletes a profile of the style that is meant. Which one to delete is no matter for a guess.
func (in session) remove(ctx context.Context, req *profilegatev1.DeleteProfileRequest) (string, store.Head, error) {
	switch style := req.GetStyle(); {
	case style == profilegatev1.ProfileStyle_PROFILE_STYLE_SPEC:
		return in.removeSpec(ctx, req.GetId())
	case style == profilegatev1.ProfileStyle_PROFILE_STYLE_POLICIES:
		return in.removePolicies(ctx, req.GetId())
	case style != profilegatev1.ProfileStyle_PROFILE_STYLE_UNSPECIFIED:
		return "", store.Head{}, fault.InvalidArgument("style", "one of the values of ProfileStyle")
	case !in.tenant.HasPolicies():
		return in.removeSpec(ctx, req.GetId())
	case !in.tenant.HasSpecs():
		return in.removePolicies(ctx, req.GetId())
	default:
		return "", store.Head{}, fault.MissingArgument("style")
	}
}

func (in session) removeSpec(ctx context.Context, identity string) (string, store.Head, error) {
	caller, err := in.mayUseSpecs()
	if err != nil {
		return "", store.Head{}, err
	}
	gone, err := in.tenant.DeleteSpecProfile(ctx, caller, identity)
	if err != nil {
		return "", store.Head{}, heldInstead(err)
	}
	return gone.Profile.ID, gone.Head, nil
}

func (in session) removePolicies(ctx context.Context, id string) (string, store.Head, error) {
	caller, err := in.mayUsePolicies(ctx, actionDelete)
	if err != nil {
		return "", store.Head{}, err
	}
	head, err := in.tenant.DeletePolicyProfile(ctx, caller, id)
	return id, head, err
}

// heldInstead tells of holds in the contract's words: Senlin's speak of clusters.
func heldInstead(err error) error {
	e := fault.As(err)
	if e.Code != fault.CodeProfileInUse || len(e.Fields) == 0 {
		return err
	}
	holders := make([]string, len(e.Fields[0].Values))
	for i, holder := range e.Fields[0].Values {
		holders[i] = strconv.Quote(holder)
	}
	told := *e
	told.Fields = nil
	told.Message = "The profile " + strconv.Quote(e.Subject.ID) + " is held by " + strings.Join(holders, ", ") + "."
	return &told
}

// confirm waits until every node finds what a write did to a profile.
func (in session) confirm(ctx context.Context, id string, head store.Head) error {
	if err := in.tenant.Confirm(ctx, head); err != nil {
		return notConfirmed(id, head, err)
	}
	return nil
}
