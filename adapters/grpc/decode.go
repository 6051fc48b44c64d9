package grpcapi

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"

	"github.com/profilegate/profilegate/core/fault"
)

// gRPC answers INTERNAL, as if it were to blame, to bytes that are not the request's message, and does so before any interceptor is asked.
// Here the codec notes such bytes instead, and the method refuses them as what they are.

// incoming is a request that is being read.
type incoming struct {
	message any
	problem error // why the bytes are not the message
}

// noting is the codec that fills in incoming. Everything else is as with the codec that it wraps.
type noting struct{ encoding.CodecV2 }

// Unmarshal implements encoding.CodecV2.
func (c noting) Unmarshal(data mem.BufferSlice, v any) error {
	in, ok := v.(*incoming)
	if !ok {
		return c.CodecV2.Unmarshal(data, v)
	}
	in.problem = c.CodecV2.Unmarshal(data, in.message)
	return nil
}

// decoding gives a service whose methods refuse what the codec noted.
func decoding(d *grpc.ServiceDesc) *grpc.ServiceDesc {
	noted := *d
	noted.Methods = make([]grpc.MethodDesc, len(d.Methods))
	for i, m := range d.Methods {
		noted.Methods[i] = grpc.MethodDesc{MethodName: m.MethodName, Handler: decodingMethod(m.Handler)}
	}
	return &noted
}

func decodingMethod(next grpc.MethodHandler) grpc.MethodHandler {
	return func(srv any, ctx context.Context, decode func(any) error, i grpc.UnaryServerInterceptor) (any, error) {
		return next(srv, ctx, func(message any) error {
			in := incoming{message: message}
			if err := decode(&in); err != nil {
				return err
			}
			if in.problem != nil {
				return statusOf(malformed(in.problem)).Err()
			}
			return nil
		}, i)
	}
}

func malformed(problem error) error {
	return &fault.Error{
		Kind: fault.Invalid, Code: fault.CodeInvalidArgument, Message: "The request cannot be decoded: " + problem.Error(),
	}
}
