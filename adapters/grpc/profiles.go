package grpcapi

import (
	"context"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/profile"
	profilegatev1 "github.com/profilegate/profilegate/proto/profilegate/v1"
)

// profiles is the ProfileService.
type profiles struct {
	profilegatev1.UnimplementedProfileServiceServer

	depth int // of JSON texts
}

// The actions by which Kuzzle's rights engine knows the calls on policy profiles.
const (
	actionCreate = "createProfile"
	actionGet    = "getProfile"
	actionUpdate = "updateProfile"
	actionDelete = "deleteProfile"
)

// CreateProfile implements the contract.
func (s *profiles) CreateProfile(
	ctx context.Context, req *profilegatev1.CreateProfileRequest,
) (*profilegatev1.CreateProfileResponse, error) {
	in, err := sessionFrom(ctx)
	if err != nil {
		return nil, err
	}
	created, err := s.create(ctx, in, req)
	if err != nil {
		return nil, err
	}
	if req.GetWaitFor() {
		if err := in.confirm(ctx, created.Profile.ID, created.Head); err != nil {
			return nil, err
		}
	}
	m, err := encode(created.Profile)
	if err != nil {
		return nil, err
	}
	return &profilegatev1.CreateProfileResponse{Profile: m, Revision: revision(created.Head)}, nil
}

func (s *profiles) create(ctx context.Context, in session, req *profilegatev1.CreateProfileRequest) (core.CreatedProfile, error) {
	switch body := req.GetBody().(type) {
	case *profilegatev1.CreateProfileRequest_Spec:
		return s.createSpec(ctx, in, req.GetId(), body.Spec)
	case *profilegatev1.CreateProfileRequest_Policies:
		return s.createPolicies(ctx, in, req, body.Policies)
	default:
		return core.CreatedProfile{}, fault.MissingArgument("body")
	}
}

func (s *profiles) createSpec(ctx context.Context, in session, id string, d *profilegatev1.SpecDraft) (core.CreatedProfile, error) {
	caller, err := in.mayUseSpecs()
	if err != nil {
		return core.CreatedProfile{}, err
	}
	draft, err := s.specDraft(id, d)
	if err != nil {
		return core.CreatedProfile{}, err
	}
	created, err := in.tenant.CreateProfile(ctx, caller, draft)
	return created, inRequest(err, placeInSpec)
}

func (s *profiles) createPolicies(
	ctx context.Context, in session, req *profilegatev1.CreateProfileRequest, d *profilegatev1.PolicyDraft,
) (core.CreatedProfile, error) {
	caller, err := in.mayUsePolicies(ctx, actionCreate)
	if err != nil {
		return core.CreatedProfile{}, err
	}
	draft, err := s.policyDraft(req, d)
	if err != nil {
		return core.CreatedProfile{}, err
	}
	created, err := in.tenant.CreateProfile(ctx, caller, draft)
	return created, inRequest(err, placeInPolicies(draft.ID))
}

// GetProfile implements the contract.
func (s *profiles) GetProfile(ctx context.Context, req *profilegatev1.GetProfileRequest) (*profilegatev1.GetProfileResponse, error) {
	in, err := sessionFrom(ctx)
	if err != nil {
		return nil, err
	}
	if req.GetId() == "" {
		return nil, fault.MissingArgument(fieldID)
	}
	var r reading
	p, err := in.find(ctx, req, &r)
	if err != nil {
		return nil, err
	}
	m, err := encode(p)
	if err != nil {
		return nil, err
	}
	return &profilegatev1.GetProfileResponse{Profile: m, Revision: r.revision()}, nil
}

func (in session) find(ctx context.Context, req *profilegatev1.GetProfileRequest, r *reading) (*profile.Profile, error) {
	read, err := r.since(req.GetMinRevision(), false)
	if err != nil {
		return nil, err
	}
	switch style := req.GetStyle(); {
	case style == profilegatev1.ProfileStyle_PROFILE_STYLE_SPEC:
		return in.findSpec(ctx, req.GetId(), read)
	case style == profilegatev1.ProfileStyle_PROFILE_STYLE_POLICIES:
		return in.findPolicies(ctx, req.GetId(), read)
	case style != profilegatev1.ProfileStyle_PROFILE_STYLE_UNSPECIFIED:
		return nil, fault.InvalidArgument("style", "one of the values of ProfileStyle")
	case !in.tenant.HasPolicies():
		return in.findSpec(ctx, req.GetId(), read)
	case !in.tenant.HasSpecs():
		return in.findPolicies(ctx, req.GetId(), read)
	default:
		return in.findEither(ctx, req.GetId(), read)
	}
}

func (in session) findSpec(ctx context.Context, identity string, read core.Read) (*profile.Profile, error) {
	caller, err := in.mayUseSpecs()
	if err != nil {
		return nil, err
	}
	return in.tenant.FindSpecProfile(ctx, caller, identity, read)
}

func (in session) findPolicies(ctx context.Context, id string, read core.Read) (*profile.Profile, error) {
	caller, err := in.mayUsePolicies(ctx, actionGet)
	if err != nil {
		return nil, err
	}
	return in.tenant.Profile(ctx, caller, profile.StylePolicies, id, read)
}

// findEither looks for a whole id in both styles, as far as the caller may see them.
func (in session) findEither(ctx context.Context, id string, read core.Read) (*profile.Profile, error) {
	var found *profile.Profile
	var refused []error
	for _, find := range [...]func(context.Context, string, core.Read) (*profile.Profile, error){in.findPolicies, in.findSpecByID} {
		p, err := find(ctx, id, read)
		switch kind := fault.KindOf(err); {
		case err == nil && found != nil:
			return nil, ambiguousStyle(id)
		case err == nil:
			found = p
		case kind == fault.Unauthenticated || kind == fault.Forbidden:
			refused = append(refused, err)
			continue
		case kind != fault.NotFound:
			return nil, err
		}
		read = core.Read{Local: true, Seen: read.Seen} // the view is as recent now as was asked for
	}
	switch {
	case found != nil:
		return found, nil
	case len(refused) == 2:
		return nil, refused[0]
	default:
		return nil, notFound(id)
	}
}

// findSpecByID is findSpec without the names and beginnings of ids that it finds as well.
func (in session) findSpecByID(ctx context.Context, id string, read core.Read) (*profile.Profile, error) {
	p, err := in.findSpec(ctx, id, read)
	if fault.KindOf(err) == fault.Ambiguous || err == nil && p.ID != id {
		return nil, notFound(id)
	}
	return p, err
}

// mayUseSpecs checks that the tenant has spec profiles and the caller a right to them.
func (in session) mayUseSpecs() (core.Caller, error) {
	if !in.tenant.HasSpecs() {
		return core.Caller{}, notSupported("spec")
	}
	return in.tenant.Member(in.actor)
}

// mayUsePolicies checks that the tenant has policy profiles and the caller a right to an action on them.
func (in session) mayUsePolicies(ctx context.Context, action string) (core.Caller, error) {
	if !in.tenant.HasPolicies() {
		return core.Caller{}, notSupported("policy")
	}
	return in.tenant.Authorize(ctx, in.actor, access.Request{Controller: "security", Action: action})
}
