package grpcapi

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/mem"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/store/storetest"
	profilegatev1 "github.com/profilegate/profilegate/proto/profilegate/v1"
)

const createMethod = "/profilegate.v1.ProfileService/CreateProfile"

func TestHealthNeedsNoTenant(t *testing.T) {
	s := start(t, setup{})
	client := healthpb.NewHealthClient(s.conn)
	check := func(service string) healthpb.HealthCheckResponse_ServingStatus {
		got, err := client.Check(t.Context(), &healthpb.HealthCheckRequest{Service: service})
		require.NoError(t, err)
		return got.GetStatus()
	}
	for _, service := range []string{"", "profilegate.v1.ProfileService"} {
		require.Equal(t, healthpb.HealthCheckResponse_SERVING, check(service))
		s.api.SetServing(false)
		require.Equal(t, healthpb.HealthCheckResponse_NOT_SERVING, check(service))
		s.api.SetServing(true)
	}
	_, err := client.Check(t.Context(), &healthpb.HealthCheckRequest{Service: "x"})
	require.Equal(t, codes.NotFound, status.Code(err))
}

func TestReflectionNeedsNoTenant(t *testing.T) {
	s := start(t, setup{})
	stream, err := reflectionpb.NewServerReflectionClient(s.conn).ServerReflectionInfo(t.Context())
	require.NoError(t, err)
	require.NoError(t, stream.Send(&reflectionpb.ServerReflectionRequest{
		MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{},
	}))
	answer, err := stream.Recv()
	require.NoError(t, err)
	var got []string
	for _, service := range answer.GetListServicesResponse().GetService() {
		got = append(got, service.GetName())
	}
	require.Subset(t, got, []string{"profilegate.v1.ProfileService", "grpc.health.v1.Health"})
	require.NoError(t, stream.Send(&reflectionpb.ServerReflectionRequest{
		MessageRequest: &reflectionpb.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: "profilegate.v1.ProfileService"},
	}))
	answer, err = stream.Recv()
	require.NoError(t, err)
	require.NotEmpty(t, answer.GetFileDescriptorResponse().GetFileDescriptorProto())
	require.NoError(t, stream.CloseSend())
	_, err = stream.Recv()
	require.ErrorIs(t, err, io.EOF)
}

func TestOversizeIsRefusedUnread(t *testing.T) {
	s := start(t, setup{limits: Limits{MessageBytes: 4096}})
	req := specOf("n", `{"a":"`+strings.Repeat("x", 5000)+`"}`, "")
	_, err := s.client.CreateProfile(as(t, both, "demo"), req)
	require.Equal(t, codes.ResourceExhausted, status.Code(err))
	_, err = s.client.CreateProfile(as(t, both, "demo"), aSpec("n"))
	require.NoError(t, err)
}

func TestJSONDepthIsALimit(t *testing.T) {
	s := start(t, setup{limits: Limits{JSONDepth: 5}})
	_, err := s.client.CreateProfile(as(t, both, "demo"), specOf("n", heatSpec, deep(5)))
	require.NoError(t, err)
	_, err = s.client.CreateProfile(as(t, both, "demo"), specOf("n", heatSpec, deep(6)))
	got := refused(t, err)
	require.Equal(t, "TOO_DEEP", got.Reason)
	require.Equal(t, "spec.metadata_json nests more than 5 levels deep.", got.Message)
}

// rawCodec sends bytes as they are.
type rawCodec struct{ encoding.CodecV2 }

func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*v.(*[]byte))}, nil
}

func (rawCodec) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

func (rawCodec) Name() string { return "proto" }

func TestBytesThatAreNoMessage(t *testing.T) {
	s := start(t, setup{})
	for _, data := range []string{"\xff\xff\xff", "\x0a\x05ab", "\x0a\x02\xed\xa0"} { // the last is an id that is no UTF-8
		request, answer := []byte(data), []byte(nil)
		err := s.conn.Invoke(as(t, both, "demo"), createMethod, &request, &answer, grpc.ForceCodecV2(rawCodec{}))
		got := refused(t, err)
		require.Equal(t, codes.InvalidArgument, got.Code, got.Message)
		require.Equal(t, "INVALID_ARGUMENT", got.Reason)
	}
	var none, answer []byte
	err := s.conn.Invoke(as(t, both, "demo"), createMethod, &none, &answer, grpc.ForceCodecV2(rawCodec{}))
	require.Equal(t, []string{"body"}, refused(t, err).Fields)
	err = s.conn.Invoke(as(t, both, "demo"), "/profilegate.v1.ProfileService/Nothing", &none, &answer, grpc.ForceCodecV2(rawCodec{}))
	require.Equal(t, codes.Unimplemented, status.Code(err))
}

// TestSlowRequests: a request that never ends is given up, and its connection serves others meanwhile.
func TestSlowRequests(t *testing.T) {
	s := start(t, setup{limits: Limits{CallTime: 200 * time.Millisecond}})
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	body, feed := io.Pipe()
	defer body.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.address+createMethod, body)
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/grpc")
	req.Header.Set("Te", "trailers")
	go func() { _, _ = feed.Write(append([]byte{0}, binary.BigEndian.AppendUint32(nil, 100)...)) }()
	answer, err := transport.RoundTrip(req)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, answer.Body)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	got := answer.Trailer.Get("Grpc-Status") + answer.Header.Get("Grpc-Status")
	require.Equal(t, "4", got, "DEADLINE_EXCEEDED")
}

func TestFutureRevisionIsGivenUp(t *testing.T) {
	s := start(t, setup{wait: 100 * time.Millisecond})
	_, err := s.client.GetProfile(as(t, both, "demo"), &profilegatev1.GetProfileRequest{Id: "default", MinRevision: "1152921504606846976"})
	got := refused(t, err)
	require.Equal(t, codes.Unavailable, got.Code)
	require.Equal(t, "STALE", got.Reason)
}

// TestSlowStore: a call whose time runs out within the store is told so, with all that belongs to an error.
func TestSlowStore(t *testing.T) {
	st := storetest.NewFaulty(storetest.NewMemory())
	s := start(t, setup{only: policies, stores: map[string]store.Store{policies: st}, limits: Limits{CallTime: time.Second}})
	st.HoldCommit()
	_, err := s.client.CreateProfile(t.Context(), ofPolicies("p", nil))
	got := refused(t, err)
	require.Equal(t, codes.DeadlineExceeded, got.Code)
	require.Equal(t, "DEADLINE_EXCEEDED", got.Reason)
}

func TestShutdownEndsWatchers(t *testing.T) {
	s := start(t, setup{})
	watch, err := healthpb.NewHealthClient(s.conn).Watch(t.Context(), &healthpb.HealthCheckRequest{})
	require.NoError(t, err)
	_, err = watch.Recv()
	require.NoError(t, err)
	reflect, err := reflectionpb.NewServerReflectionClient(s.conn).ServerReflectionInfo(t.Context())
	require.NoError(t, err)
	require.NoError(t, reflect.Send(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}}))
	_, err = reflect.Recv()
	require.NoError(t, err)

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	require.NoError(t, s.api.Shutdown(ctx), "nobody's stream holds it up")
	for err == nil {
		_, err = watch.Recv()
	}
	_, err = reflect.Recv()
	require.Error(t, err)
}

func TestShutdownLetsCallsFinish(t *testing.T) {
	st := storetest.NewFaulty(storetest.NewMemory())
	s := start(t, setup{only: policies, stores: map[string]store.Store{policies: st}})
	reached, release := st.HoldCommit()
	called := make(chan error, 1)
	go func() {
		_, err := s.client.CreateProfile(t.Context(), ofPolicies("p", nil))
		called <- err
	}()
	<-reached
	down := make(chan error, 1)
	go func() { down <- s.api.Shutdown(t.Context()) }()
	<-s.api.draining.Done()
	release()
	require.NoError(t, <-called)
	require.NoError(t, <-down)
}

func TestShutdownIsBounded(t *testing.T) {
	st := storetest.NewFaulty(storetest.NewMemory())
	s := start(t, setup{only: policies, stores: map[string]store.Store{policies: st}})
	reached, _ := st.HoldCommit()
	called := make(chan error, 1)
	go func() {
		_, err := s.client.CreateProfile(t.Context(), ofPolicies("p", nil))
		called <- err
	}()
	<-reached
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, s.api.Shutdown(ctx), context.DeadlineExceeded)
	require.Error(t, <-called)
}

func TestTooManyHeadersAreRefused(t *testing.T) {
	s := start(t, setup{limits: Limits{HeaderBytes: 4096}})
	_, err := s.client.GetProfile(as(t, both, strings.Repeat("x", 8000)), &profilegatev1.GetProfileRequest{Id: "default"})
	require.Error(t, err)
	_, err = s.client.GetProfile(as(t, both, "demo"), &profilegatev1.GetProfileRequest{Id: "default"})
	require.NoError(t, err)
}

// TestOtherProtocols: what is no HTTP/2 at all is hung up on.
func TestOtherProtocols(t *testing.T) {
	s := start(t, setup{limits: Limits{Handshake: 200 * time.Millisecond}})
	for _, words := range []string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", ""} {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.address)
		require.NoError(t, err)
		_, err = io.Copy(conn, bytes.NewReader([]byte(words)))
		require.NoError(t, err)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
		_, err = io.Copy(io.Discard, conn)
		require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the server must hang up, not the test")
		require.NoError(t, conn.Close())
	}
}
