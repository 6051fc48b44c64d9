package grpcapi

import (
	"context"

	"github.com/profilegate/profilegate/core/fault"
	profilegatev1 "github.com/profilegate/profilegate/proto/profilegate/v1"
)

// fieldOfSpec is where ValidateProfile has the spec.
const fieldOfSpec = "spec_json"

// ValidateProfile implements the contract.
func (s *profiles) ValidateProfile(
	ctx context.Context, req *profilegatev1.ValidateProfileRequest,
) (*profilegatev1.ValidateProfileResponse, error) {
	in, err := sessionFrom(ctx)
	if err != nil {
		return nil, err
	}
	caller, err := in.mayUseSpecs()
	if err != nil {
		return nil, err
	}
	spec, err := s.object(req.GetSpecJson(), fieldOfSpec)
	if err != nil {
		return nil, err
	}
	if spec.IsAbsent() {
		return nil, fault.MissingArgument(fieldOfSpec)
	}
	body, err := in.tenant.ValidateSpec(caller, spec)
	if err != nil {
		return nil, inRequest(err, placeInSpecOnly)
	}
	return &profilegatev1.ValidateProfileResponse{Type: valid(body.Type)}, nil
}

// ListProfileTypes implements the contract.
func (s *profiles) ListProfileTypes(
	ctx context.Context, _ *profilegatev1.ListProfileTypesRequest,
) (*profilegatev1.ListProfileTypesResponse, error) {
	in, err := sessionFrom(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := in.mayUseSpecs(); err != nil {
		return nil, err
	}
	resp := &profilegatev1.ListProfileTypesResponse{}
	for _, t := range in.tenant.Types().Types() {
		resp.Types = append(resp.Types, &profilegatev1.ProfileType{
			Name: t.Name, Version: t.Version,
			SchemaJson:     string(t.SchemaJSON().Get("profile_type").Get("schema").AppendTo(nil)),
			OperationsJson: string(t.OperationsJSON().Get("operations").AppendTo(nil)),
			SupportJson:    string(t.SupportJSON().AppendTo(nil)),
		})
	}
	return resp, nil
}
