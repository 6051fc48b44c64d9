package grpcapi

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/spectype"
	profilegatev1 "github.com/profilegate/profilegate/proto/profilegate/v1"
)

// everything has every role, index and collection.
type everything struct{}

func (everything) HasRole(string) bool               { return true }
func (everything) HasIndex(string) bool              { return true }
func (everything) HasCollection(string, string) bool { return true }

// FuzzCreateProfile holds the decoding of any bytes to this: no panic, faults that name a field of the contract, and what is accepted
// comes back as it was sent.
func FuzzCreateProfile(f *testing.F) {
	for _, req := range []*profilegatev1.CreateProfileRequest{
		aSpec("web"), specOf("n", "{", "null"), specOf("n", deep(200), ""), ofPolicies("", nil),
		{},
		ofPolicies("p.policies", &profilegatev1.PolicyDraft{
			RateLimit: proto.Int64(-3), FieldsJson: `{"a":{"\ud800":1.0}}`,
			Policies: []*profilegatev1.Policy{{}, {RoleId: "r", RestrictedTo: []*profilegatev1.Restriction{{Index: "i", Collections: []string{""}}}}},
		}),
	} {
		data, err := proto.Marshal(req)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	s := &profiles{depth: 32}
	f.Fuzz(func(t *testing.T, data []byte) {
		req := new(profilegatev1.CreateProfileRequest)
		if (proto.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(data, req) != nil {
			return
		}
		switch body := req.GetBody().(type) {
		case *profilegatev1.CreateProfileRequest_Spec:
			checkFault(t, s.roundTripSpec(t, req.GetId(), body.Spec))
		case *profilegatev1.CreateProfileRequest_Policies:
			checkFault(t, s.roundTripPolicies(t, req, body.Policies))
		}
	})
}

func (s *profiles) roundTripSpec(t *testing.T, id string, d *profilegatev1.SpecDraft) error {
	draft, err := s.specDraft(id, d)
	if err != nil {
		return err
	}
	typ, err := spectype.NewBuiltin().Check(draft.Spec)
	if err == nil {
		err = typ.Validate(draft.Name, draft.Spec)
	}
	if err != nil {
		return inRequest(err, placeInSpec)
	}
	m, err := encode(&profile.Profile{Body: &profile.Spec{Spec: draft.Spec.AppendTo(nil), Metadata: draft.Metadata.AppendTo(nil)}})
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	again, err := s.specDraft("", &profilegatev1.SpecDraft{SpecJson: m.GetSpec().GetSpecJson()})
	if err != nil || !again.Spec.Equal(draft.Spec) {
		t.Fatalf("%s became %s: %v", draft.Spec, again.Spec, err)
	}
	return nil
}

func (s *profiles) roundTripPolicies(t *testing.T, req *profilegatev1.CreateProfileRequest, d *profilegatev1.PolicyDraft) error {
	draft, err := s.policyDraft(req, d)
	if err != nil {
		return err
	}
	body, err := profile.ParsePolicies(draft.ID, draft.Definition, true, everything{})
	if err != nil {
		return inRequest(err, placeInPolicies(draft.ID))
	}
	m, err := encode(&profile.Profile{ID: draft.ID, Body: body})
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	if _, err := proto.Marshal(m); err != nil {
		t.Fatalf("Marshal: %v", err)
	}
	compare(t, d, m.GetPolicies())
	return nil
}

func compare(t *testing.T, d *profilegatev1.PolicyDraft, got *profilegatev1.PolicyProfile) {
	t.Helper()
	if got.RateLimit == nil || got.GetRateLimit() != d.GetRateLimit() {
		t.Fatalf("the rate limit %d became %d", d.GetRateLimit(), got.GetRateLimit())
	}
	want := &profilegatev1.PolicyProfile{Policies: d.GetPolicies()}
	if len(want.GetPolicies()) == 0 {
		want.Policies = []*profilegatev1.Policy{{RoleId: "default"}}
	}
	have := &profilegatev1.PolicyProfile{Policies: got.GetPolicies()}
	if !proto.Equal(want, have) {
		t.Fatalf("%v became %v", want, have)
	}
}

// checkFault looks at a refusal as a client would.
func checkFault(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	if kind := fault.KindOf(err); kind != fault.Invalid && kind != fault.TooLarge && kind != fault.NotFound {
		t.Fatalf("bad input became %v: %v", kind, err)
	}
	for _, field := range told(t, statusOf(err)).Fields {
		if field != fieldID && !strings.HasPrefix(field, "spec.") && !strings.HasPrefix(field, "policies.") {
			t.Fatalf("%q is no field of the request: %v", field, err)
		}
	}
}
