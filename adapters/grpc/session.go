package grpcapi

import (
	"context"
	"strings"

	"google.golang.org/grpc/metadata"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
)

// The metadata of a call that this package reads.
const (
	tenantKey        = "x-profilegate-tenant"
	authorizationKey = "authorization"
	openstackKey     = "x-auth-token" // as OpenStack's clients send it
)

// session is what is settled about a call before its handler runs.
type session struct {
	tenant *core.Tenant
	actor  access.Actor
}

type sessionKey struct{}

func withSession(ctx context.Context, s session) context.Context {
	return context.WithValue(ctx, sessionKey{}, s)
}

func sessionFrom(ctx context.Context) (session, error) {
	s, ok := ctx.Value(sessionKey{}).(session)
	if !ok {
		return session{}, fault.Internalf("grpcapi: a call came past the front door")
	}
	return s, nil
}

// identify finds the tenant and the caller.
func (a *API) identify(ctx context.Context) (session, error) {
	name, err := single(ctx, tenantKey)
	if err != nil {
		return session{}, err
	}
	tenant, authenticator, err := a.options.Resolve(ctx, name)
	if err != nil {
		if name == "" && fault.HasCode(err, fault.CodeMissingArgument) {
			return session{}, tenantMissing()
		}
		return session{}, err
	}
	token, err := credentials(ctx)
	if err != nil {
		return session{tenant: tenant}, err
	}
	actor, err := authenticator.Authenticate(ctx, token)
	return session{tenant: tenant, actor: actor}, err
}

// credentials gives the caller's token, or "" where there is none.
func credentials(ctx context.Context) (string, error) {
	authorization, err := single(ctx, authorizationKey)
	if err != nil {
		return "", err
	}
	token, err := single(ctx, openstackKey)
	if err != nil || authorization == "" {
		return token, err
	}
	scheme, bearer, _ := strings.Cut(authorization, " ")
	bearer = strings.TrimSpace(bearer)
	switch {
	case !strings.EqualFold(scheme, "Bearer") || bearer == "":
		return "", &fault.Error{
			Kind: fault.Unauthenticated, Code: fault.CodeTokenInvalid,
			Message: `The metadata "authorization" must be "Bearer <token>".`,
		}
	case token != "" && token != bearer:
		return "", ambiguousMetadata(openstackKey, `It differs from the token in "authorization"; send one of the two.`)
	}
	return bearer, nil
}

// single gives the value of a metadata key that may have one value only, or "".
func single(ctx context.Context, key string) (string, error) {
	values := metadata.ValueFromIncomingContext(ctx, key)
	if len(values) == 0 {
		return "", nil
	}
	for _, v := range values[1:] {
		if v != values[0] {
			return "", ambiguousMetadata(key, "It is given more than once, with different values.")
		}
	}
	return values[0], nil
}

// Metadata is no field of a request, so these faults name no field.

func tenantMissing() error {
	return &fault.Error{
		Kind: fault.Invalid, Code: fault.CodeMissingArgument,
		Message: `This listener serves more than one tenant: name the one that is meant in the metadata "` + tenantKey + `".`,
	}
}

func ambiguousMetadata(key, why string) error {
	return &fault.Error{Kind: fault.Invalid, Code: fault.CodeInvalidArgument, Message: `The metadata "` + key + `" is not clear. ` + why}
}
