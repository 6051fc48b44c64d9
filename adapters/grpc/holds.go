package grpcapi

import (
	"context"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/profile"
	profilegatev1 "github.com/profilegate/profilegate/proto/profilegate/v1"
)

// held is a request about the holds on one spec profile.
type held interface{ GetId() string }

// holding settles who asks for holds and checks that a profile is named.
func holding(ctx context.Context, req held) (session, core.Caller, error) {
	in, err := sessionFrom(ctx)
	if err != nil {
		return in, core.Caller{}, err
	}
	caller, err := in.mayUseSpecs()
	if err == nil && req.GetId() == "" {
		err = fault.MissingArgument(fieldID)
	}
	return in, caller, err
}

// HoldProfile implements the contract.
func (s *profiles) HoldProfile(ctx context.Context, req *profilegatev1.HoldProfileRequest) (*profilegatev1.HoldProfileResponse, error) {
	in, caller, err := holding(ctx, req)
	if err != nil {
		return nil, err
	}
	placed, err := in.tenant.HoldSpecProfile(ctx, caller, req.GetId(), req.GetHolder())
	if err != nil {
		return nil, inRequest(err, asItIs)
	}
	return &profilegatev1.HoldProfileResponse{Hold: encodeHold(placed.Hold), Revision: revision(placed.Head)}, nil
}

// ReleaseProfile implements the contract.
func (s *profiles) ReleaseProfile(
	ctx context.Context, req *profilegatev1.ReleaseProfileRequest,
) (*profilegatev1.ReleaseProfileResponse, error) {
	in, caller, err := holding(ctx, req)
	if err != nil {
		return nil, err
	}
	released, head, err := in.tenant.ReleaseSpecProfile(ctx, caller, req.GetId(), req.GetHolder())
	if err != nil {
		return nil, inRequest(err, asItIs)
	}
	return &profilegatev1.ReleaseProfileResponse{Released: released, Revision: revision(head)}, nil
}

// ListHolds implements the contract.
func (s *profiles) ListHolds(ctx context.Context, req *profilegatev1.ListHoldsRequest) (*profilegatev1.ListHoldsResponse, error) {
	in, caller, err := holding(ctx, req)
	if err != nil {
		return nil, err
	}
	var r reading
	read, err := r.since(req.GetMinRevision(), false)
	if err != nil {
		return nil, err
	}
	holds, err := in.tenant.Holds(ctx, caller, req.GetId(), read)
	if err != nil {
		return nil, err
	}
	list := make([]*profilegatev1.Hold, len(holds))
	for i, h := range holds {
		list[i] = encodeHold(h)
	}
	return &profilegatev1.ListHoldsResponse{Holds: list, Revision: r.revision()}, nil
}

func encodeHold(h *profile.Hold) *profilegatev1.Hold {
	return &profilegatev1.Hold{
		ProfileId: h.ProfileID, Holder: valid(h.Holder), User: valid(h.User), CreateTime: timestamp(h.CreatedAt), Revision: h.Revision,
	}
}
