package main

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	profilegatev1 "github.com/profilegate/profilegate/proto/profilegate/v1"
)

// grpcClient is an HTTP/2 connection with one call at a time.
type grpcClient struct {
	conn    *grpc.ClientConn
	service profilegatev1.ProfileServiceClient
	ctx     context.Context //nolint:containedctx // it holds the metadata that every call sends
	request *profilegatev1.GetProfileRequest
}

func dialGRPC(addr, tenant, id string) (*grpcClient, error) {
	conn, err := grpc.NewClient("passthrough:"+addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	return &grpcClient{
		conn: conn, service: profilegatev1.NewProfileServiceClient(conn),
		ctx:     metadata.AppendToOutgoingContext(context.Background(), "x-profilegate-tenant", tenant),
		request: &profilegatev1.GetProfileRequest{Id: id},
	}, nil
}

func (c *grpcClient) close() error { return c.conn.Close() }

func (c *grpcClient) do() error {
	response, err := c.get()
	if err == nil && response.GetProfile().GetId() != c.request.GetId() {
		err = fmt.Errorf("another profile than %q: %v", c.request.GetId(), response)
	}
	return err
}

func (c *grpcClient) get() (*profilegatev1.GetProfileResponse, error) {
	return c.service.GetProfile(c.ctx, c.request)
}
