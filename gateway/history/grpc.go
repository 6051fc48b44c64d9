package history

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	profilegatev1 "github.com/profilegate/profilegate/proto/profilegate/v1"
)

// grpcClient speaks profilegate.v1, on profiles of one style.
type grpcClient struct {
	style string
	where Where
	at    string
	conn  *grpc.ClientConn // nil: not connected
}

func newGRPC(where Where, style string) *grpcClient { return &grpcClient{style: style, where: where} }

func (c *grpcClient) Name() string  { return "grpc-" + c.style }
func (c *grpcClient) Style() string { return c.style }

func (c *grpcClient) Kinds() []Kind {
	if c.style == Spec {
		return []Kind{Create, Set, Delete, Get, Search}
	}
	return []Kind{Create, Delete, Get, Search}
}

func (c *grpcClient) Close() {
	if c.conn != nil {
		_ = c.conn.Close() // it is given up, whatever its state
		c.conn = nil
	}
}

// connect makes a client of the address of the moment, with short pauses between attempts: gateways come back soon here.
func (c *grpcClient) connect() (profilegatev1.ProfileServiceClient, error) {
	if at := c.where().GRPC; at != c.at || c.conn == nil {
		c.Close()
		pauses := backoff.Config{BaseDelay: 20 * time.Millisecond, Multiplier: 2, Jitter: 0.2, MaxDelay: 200 * time.Millisecond}
		conn, err := grpc.NewClient("passthrough:///"+at, grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithConnectParams(grpc.ConnectParams{Backoff: pauses, MinConnectTimeout: time.Second}))
		if err != nil {
			return nil, err
		}
		c.conn, c.at = conn, at
	}
	return profilegatev1.NewProfileServiceClient(c.conn), nil
}

func (c *grpcClient) Do(ctx context.Context, o *Operation) Answer {
	service, err := c.connect()
	if err != nil {
		return Answer{Result: Refused, Told: err.Error()}
	}
	switch o.Kind {
	case Create:
		answer, err := service.CreateProfile(ctx, c.creation(o))
		return profileAnswer(answer.GetProfile(), err)
	case Set:
		metadata := metadataOf(o)
		answer, err := service.UpdateProfile(ctx, &profilegatev1.UpdateProfileRequest{
			Id: o.Key.ID(), Change: &profilegatev1.UpdateProfileRequest_Spec{Spec: &profilegatev1.SpecChange{MetadataJson: &metadata}}, WaitFor: o.Wait,
		})
		return profileAnswer(answer.GetProfile(), err)
	case Get:
		answer, err := service.GetProfile(ctx, &profilegatev1.GetProfileRequest{Id: o.Key.ID(), Style: c.wireStyle()})
		a := profileAnswer(answer.GetProfile(), err)
		a.Revision, a.ID = 0, ""
		return a
	case Delete:
		answer, err := service.DeleteProfile(ctx, &profilegatev1.DeleteProfileRequest{Id: o.Key.ID(), Style: c.wireStyle(), WaitFor: o.Wait})
		if err != nil {
			return grpcFailure(err)
		}
		return Answer{Result: OK, Revision: revisionOf(answer.GetRevision())}
	case Search:
		return c.search(ctx, service, o)
	case Replace, Update:
	}
	return cannot(c, o)
}

func metadataOf(o *Operation) string { return `{"v":"` + strconv.Itoa(o.Number) + `"}` }

func (c *grpcClient) wireStyle() profilegatev1.ProfileStyle {
	if c.style == Spec {
		return profilegatev1.ProfileStyle_PROFILE_STYLE_SPEC
	}
	return profilegatev1.ProfileStyle_PROFILE_STYLE_POLICIES
}

func (c *grpcClient) creation(o *Operation) *profilegatev1.CreateProfileRequest {
	if c.style == Spec {
		return &profilegatev1.CreateProfileRequest{WaitFor: o.Wait, Body: &profilegatev1.CreateProfileRequest_Spec{
			Spec: &profilegatev1.SpecDraft{Name: o.Name, SpecJson: heatSpec, MetadataJson: metadataOf(o)},
		}}
	}
	rate := int64(o.Number)
	return &profilegatev1.CreateProfileRequest{Id: o.Key.ID(), WaitFor: o.Wait, Body: &profilegatev1.CreateProfileRequest_Policies{
		Policies: &profilegatev1.PolicyDraft{RateLimit: &rate, Policies: []*profilegatev1.Policy{{RoleId: o.Role}}},
	}}
}

// search reads all pages. Each is of its own moment, none older than the search.
func (c *grpcClient) search(ctx context.Context, service profilegatev1.ProfileServiceClient, o *Operation) Answer {
	r := &profilegatev1.ListProfilesRequest{PageSize: 1000}
	if c.style == Spec {
		r.Query = &profilegatev1.ListProfilesRequest_Specs{Specs: &profilegatev1.SpecQuery{Names: namesOf(o)}}
	} else {
		r.Query = &profilegatev1.ListProfilesRequest_Policies{Policies: &profilegatev1.PolicyQuery{Roles: []string{o.Role}}}
	}
	found := map[string]State{}
	for {
		answer, err := service.ListProfiles(ctx, r)
		if err != nil {
			return grpcFailure(err)
		}
		for _, p := range answer.GetProfiles() {
			found[p.GetId()] = stateOf(p)
		}
		if r.PageToken = answer.GetNextPageToken(); r.PageToken == "" {
			return watched(o, found)
		}
	}
}

func profileAnswer(p *profilegatev1.Profile, err error) Answer {
	if err != nil {
		return grpcFailure(err)
	}
	return Answer{Result: OK, ID: p.GetId(), State: stateOf(p), Revision: p.GetRevision()}
}

func stateOf(p *profilegatev1.Profile) State {
	if policies := p.GetPolicies(); policies != nil {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal([]byte(policies.GetFieldsJson()), &fields); err != nil {
			return Present(-1)
		}
		return Present(int(policies.GetRateLimit()), marksIn(fields)...)
	}
	var told senlinProfile
	if err := json.Unmarshal([]byte(p.GetSpec().GetMetadataJson()), &told.Metadata); err != nil {
		return Present(-1)
	}
	return told.state()
}

// grpcReasons are the faults that say what happened, or that nothing did.
var grpcReasons = map[codes.Code]Result{
	codes.AlreadyExists: Exists, codes.Unavailable: Refused, codes.Aborted: Refused, codes.DeadlineExceeded: Refused, codes.Canceled: Refused,
}

// grpcFailure reads an error. Only what the gateway itself told (it has an ErrorInfo) says what became of the call.
func grpcFailure(err error) Answer {
	s := status.Convert(err)
	a := Answer{Result: Unknown, Told: s.Code().String() + ": " + s.Message()}
	for _, detail := range s.Details() {
		info, ok := detail.(*errdetails.ErrorInfo)
		if !ok || info.GetDomain() != "profilegate" {
			continue
		}
		a.Told = s.Code().String() + " " + info.GetReason() + ": " + s.Message()
		switch reason := info.GetReason(); reason {
		case "WAIT_TIMEOUT":
			return Answer{Result: OK, ID: info.GetMetadata()["id"], Revision: revisionOf(info.GetMetadata()["revision"]), Unconfirmed: true}
		case "PROFILE_NOT_FOUND":
			a.Result = Missing
		case "ROLE_NOT_FOUND":
			a.Result = NoRole
		case "PROFILE_IN_USE":
			a.Result = InUse
		default:
			if result, known := grpcReasons[s.Code()]; known {
				a.Result = result
			}
		}
		return a
	}
	if s.Code() == codes.Unavailable && strings.Contains(s.Message(), "while dialing") {
		a.Result = Refused
	}
	return a
}

// namesOf is what a search of spec profiles asks for; nothing stands for all.
func namesOf(o *Operation) []string {
	if o.Name == "" {
		return nil
	}
	return []string{o.Name}
}
