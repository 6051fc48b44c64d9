package e2etest

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/profilegate/profilegate/core/fault"
	profilegatev1 "github.com/profilegate/profilegate/proto/profilegate/v1"
)

// grpcClient speaks profilegate.v1.
type grpcClient struct {
	profilegatev1.ProfileServiceClient
	tenant, token string
}

func dialGRPC(t *testing.T, address string) *grpcClient {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return &grpcClient{ProfileServiceClient: profilegatev1.NewProfileServiceClient(conn)}
}

func (c *grpcClient) identified(ctx context.Context) context.Context {
	if c.tenant != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "x-profilegate-tenant", c.tenant)
	}
	if c.token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+c.token)
	}
	return ctx
}

// grpcOutcome reads a call's answer. What the gateway did not tell (no ErrorInfo of its own) is the connection's error.
func grpcOutcome(p *profilegatev1.Profile, err error) (outcome, error) {
	if err == nil {
		return outcomeOfProfile(p), nil
	}
	s := status.Convert(err)
	for _, detail := range s.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok && info.GetDomain() == "profilegate" {
			o := outcome{kind: kindNamed(info.GetMetadata()["kind"]), told: fmt.Sprintf("%s %s: %s", s.Code(), info.GetReason(), s.Message())}
			if info.GetReason() == "WAIT_TIMEOUT" {
				o.ok, o.unconfirmed, o.id = true, true, info.GetMetadata()["id"]
			}
			return o, nil
		}
	}
	if s.Code() == codes.Internal || s.Code() == codes.Unknown {
		return outcome{kind: fault.Internal, told: s.String()}, nil
	}
	return outcome{}, err
}

func kindNamed(name string) fault.Kind {
	for _, k := range fault.Kinds() {
		if k.String() == name {
			return k
		}
	}
	return fault.Internal
}

func outcomeOfProfile(p *profilegatev1.Profile) outcome {
	o := outcome{ok: true, id: p.GetId(), spec: p.GetSpec().GetSpecJson(), rate: p.GetPolicies().GetRateLimit()}
	for _, policy := range p.GetPolicies().GetPolicies() {
		o.roles = append(o.roles, policy.GetRoleId())
	}
	return o
}

func (c *grpcClient) createProfile(ctx context.Context, d policyDraft) (outcome, error) {
	body := &profilegatev1.PolicyDraft{RateLimit: &d.rate}
	for _, role := range d.roles {
		policy := &profilegatev1.Policy{RoleId: role}
		if d.index != "" {
			policy.RestrictedTo = []*profilegatev1.Restriction{{Index: d.index}}
		}
		body.Policies = append(body.Policies, policy)
	}
	answer, err := c.CreateProfile(c.identified(ctx), &profilegatev1.CreateProfileRequest{
		Id: d.id, Strict: d.strict, WaitFor: d.wait, Body: &profilegatev1.CreateProfileRequest_Policies{Policies: body},
	})
	return grpcOutcome(answer.GetProfile(), err)
}

func (c *grpcClient) get(ctx context.Context, id string, style profilegatev1.ProfileStyle) (outcome, error) {
	answer, err := c.GetProfile(c.identified(ctx), &profilegatev1.GetProfileRequest{Id: id, Style: style})
	return grpcOutcome(answer.GetProfile(), err)
}

func (c *grpcClient) getProfile(ctx context.Context, id string) (outcome, error) {
	return c.get(ctx, id, profilegatev1.ProfileStyle_PROFILE_STYLE_POLICIES)
}

func (c *grpcClient) createSpec(ctx context.Context, name, spec string) (outcome, error) {
	answer, err := c.CreateProfile(c.identified(ctx), &profilegatev1.CreateProfileRequest{
		Body: &profilegatev1.CreateProfileRequest_Spec{Spec: &profilegatev1.SpecDraft{Name: name, SpecJson: spec}},
	})
	return grpcOutcome(answer.GetProfile(), err)
}

func (c *grpcClient) getSpec(ctx context.Context, id string) (outcome, error) {
	return c.get(ctx, id, profilegatev1.ProfileStyle_PROFILE_STYLE_SPEC)
}
