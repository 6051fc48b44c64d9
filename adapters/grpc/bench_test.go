package grpcapi

import (
	"context"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	profilegatev1 "github.com/profilegate/profilegate/proto/profilegate/v1"
)

// bare answers every get with the same message from memory: the least that gRPC can do.
type bare struct {
	profilegatev1.UnimplementedProfileServiceServer

	answer *profilegatev1.GetProfileResponse
}

func (b bare) GetProfile(context.Context, *profilegatev1.GetProfileRequest) (*profilegatev1.GetProfileResponse, error) {
	return b.answer, nil
}

// BenchmarkGet compares reading a profile, linearizable, with a bare unary call that answers the same bytes.
func BenchmarkGet(b *testing.B) {
	s := start(b, setup{})
	ctx := as(b, both, "demo")
	spec, err := s.client.CreateProfile(ctx, aSpec("web"))
	require.NoError(b, err)
	_, err = s.client.CreateProfile(ctx, ofPolicies("p", &profilegatev1.PolicyDraft{FieldsJson: `{"tags":["a","b"]}`}))
	require.NoError(b, err)
	for _, req := range []*profilegatev1.GetProfileRequest{
		{Id: spec.GetProfile().GetId(), Style: profilegatev1.ProfileStyle_PROFILE_STYLE_SPEC},
		{Id: "p", Style: profilegatev1.ProfileStyle_PROFILE_STYLE_POLICIES},
	} {
		answer, err := s.client.GetProfile(ctx, req)
		require.NoError(b, err)
		b.Run(req.GetStyle().String()+"/gateway", func(b *testing.B) { get(ctx, b, s.client, req) })
		b.Run(req.GetStyle().String()+"/bare", func(b *testing.B) { get(ctx, b, startBare(b, answer), req) })
	}
}

func startBare(b *testing.B, answer *profilegatev1.GetProfileResponse) profilegatev1.ProfileServiceClient {
	b.Helper()
	server := grpc.NewServer()
	profilegatev1.RegisterProfileServiceServer(server, bare{answer: proto.CloneOf(answer)})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	conn := dial(b, l.Addr().String())
	b.Cleanup(func() {
		require.NoError(b, conn.Close())
		server.Stop()
		require.NoError(b, <-served)
	})
	return profilegatev1.NewProfileServiceClient(conn)
}

func get(ctx context.Context, b *testing.B, client profilegatev1.ProfileServiceClient, req *profilegatev1.GetProfileRequest) {
	b.Helper()
	b.ReportAllocs()
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := client.GetProfile(ctx, req); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
