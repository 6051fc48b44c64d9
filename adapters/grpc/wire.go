package grpcapi

import (
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/profile"
	profilegatev1 "github.com/profilegate/profilegate/proto/profilegate/v1"
)

// specDraft decodes a spec profile to be made.
func (s *profiles) specDraft(id string, d *profilegatev1.SpecDraft) (*core.SpecDraft, error) {
	if id != "" {
		return nil, fault.Invalidf(fault.CodeUnexpectedArgument, fault.Field{Path: fieldID},
			"id must be empty for a spec profile: the server chooses it.")
	}
	spec, err := s.object(d.GetSpecJson(), fieldSpec)
	if err != nil {
		return nil, err
	}
	if spec.IsAbsent() {
		return nil, fault.MissingArgument(fieldSpec)
	}
	metadata, err := s.object(d.GetMetadataJson(), fieldMetadata)
	if err != nil {
		return nil, err
	}
	return &core.SpecDraft{Name: d.GetName(), Spec: spec, Metadata: metadata}, nil
}

// policyDraft decodes a policy profile to be made into the JSON definition that Kuzzle's dialect would have sent.
func (s *profiles) policyDraft(req *profilegatev1.CreateProfileRequest, d *profilegatev1.PolicyDraft) (*core.PolicyDraft, error) {
	members := []jsonvalue.Member{{Name: "policies", Value: policyList(d.GetPolicies())}}
	definition, err := s.definition(members, d.RateLimit, d.GetFieldsJson())
	if err != nil {
		return nil, err
	}
	return &core.PolicyDraft{ID: req.GetId(), Definition: definition, Strict: req.GetStrict()}, nil
}

// policyChange decodes the change of a policy profile likewise. What is not set is not in it.
func (s *profiles) policyChange(c *profilegatev1.PolicyChange) (jsonvalue.Value, error) {
	var members []jsonvalue.Member
	if len(c.GetPolicies()) > 0 {
		members = append(members, jsonvalue.Member{Name: "policies", Value: policyList(c.GetPolicies())})
	}
	return s.definition(members, c.RateLimit, c.GetFieldsJson())
}

// definition adds a limit, where one is given, and fields of one's own to a definition.
func (s *profiles) definition(members []jsonvalue.Member, rate *int64, fieldsJSON string) (jsonvalue.Value, error) {
	fields, err := s.object(fieldsJSON, fieldFields)
	if err != nil {
		return jsonvalue.Value{}, err
	}
	if rate != nil {
		members = append(members, jsonvalue.Member{Name: "rateLimit", Value: jsonvalue.Int(*rate)})
	}
	for _, m := range fields.Members() {
		if reserved(m.Name) {
			return jsonvalue.Value{}, fault.Invalidf(fault.CodeUnexpectedArgument, fault.Field{Path: fieldFields + "." + m.Name},
				"%s must not have a member %q.", fieldFields, m.Name)
		}
		members = append(members, m)
	}
	return jsonvalue.Object(members...), nil
}

// reserved tells whether a name means something to Kuzzle and so cannot be a field of one's own.
func reserved(name string) bool {
	switch name {
	case "policies", "rateLimit", "optimizedPolicies":
		return true
	default:
		return strings.HasPrefix(name, "_")
	}
}

// policyList gives policies as JSON. What is empty is not set, as everywhere in proto3, and is left out.
func policyList(ps []*profilegatev1.Policy) jsonvalue.Value {
	items := make([]jsonvalue.Value, len(ps))
	for i, p := range ps {
		items[i] = jsonvalue.Object(
			jsonvalue.Member{Name: "roleId", Value: given(p.GetRoleId())},
			jsonvalue.Member{Name: "restrictedTo", Value: list(p.GetRestrictedTo(), restriction)},
		)
	}
	return jsonvalue.Array(items...)
}

func restriction(r *profilegatev1.Restriction) jsonvalue.Value {
	return jsonvalue.Object(
		jsonvalue.Member{Name: "index", Value: given(r.GetIndex())},
		jsonvalue.Member{Name: "collections", Value: list(r.GetCollections(), jsonvalue.String)},
	)
}

func given(s string) jsonvalue.Value {
	if s == "" {
		return jsonvalue.Value{}
	}
	return jsonvalue.String(s)
}

func list[T any](of []T, value func(T) jsonvalue.Value) jsonvalue.Value {
	if len(of) == 0 {
		return jsonvalue.Value{}
	}
	items := make([]jsonvalue.Value, len(of))
	for i, x := range of {
		items[i] = value(x)
	}
	return jsonvalue.Array(items...)
}

// object parses a field that holds one JSON object; absent where it is empty.
func (s *profiles) object(text, field string) (jsonvalue.Value, error) {
	if text == "" {
		return jsonvalue.Value{}, nil
	}
	v, err := jsonvalue.Parse([]byte(text), jsonvalue.Limits{MaxDepth: s.depth})
	switch {
	case errors.Is(err, jsonvalue.ErrTooDeep):
		e := fault.Invalidf(fault.CodeTooDeep, fault.Field{Path: field}, "%s nests more than %d levels deep.", field, s.depth)
		e.Kind = fault.TooLarge
		return v, e
	case err != nil:
		return v, fault.Invalidf(fault.CodeInvalidArgument, fault.Field{Path: field}, "%s is not JSON: %v.", field, err)
	case v.Kind() != jsonvalue.KindObject:
		return v, fault.InvalidType(field, "object")
	}
	return v, nil
}

// encode gives a profile as the contract has it. Its error is Internal: what is stored was checked when it came in.
func encode(p *profile.Profile) (*profilegatev1.Profile, error) {
	m := &profilegatev1.Profile{
		Id: valid(p.ID), Version: p.Version, Revision: p.Revision,
		CreateTime: timestamp(p.CreatedAt), UpdateTime: timestamp(p.UpdatedAt),
	}
	switch b := p.Body.(type) {
	case *profile.Spec:
		m.Body = &profilegatev1.Profile_Spec{Spec: encodeSpec(b)}
	case *profile.Policies:
		body, err := encodePolicies(p, b)
		if err != nil {
			return nil, fault.Internalf("grpcapi: the policy profile %q: %w", p.ID, err)
		}
		m.Body = &profilegatev1.Profile_Policies{Policies: body}
	}
	return m, nil
}

func encodeSpec(b *profile.Spec) *profilegatev1.SpecProfile {
	return &profilegatev1.SpecProfile{
		Name: valid(b.Name), Type: valid(b.Type), SpecJson: string(b.Spec), MetadataJson: string(b.Metadata),
		Project: valid(b.Project), User: valid(b.User), Domain: valid(b.Domain),
	}
}

func encodePolicies(p *profile.Profile, b *profile.Policies) (*profilegatev1.PolicyProfile, error) {
	fields, err := p.OwnFields(ownFields)
	if err != nil {
		return nil, err
	}
	m := &profilegatev1.PolicyProfile{
		RateLimit: proto.Int64(b.RateLimit), FieldsJson: fields, Author: valid(b.Author), Updater: valid(b.Updater),
		Policies: make([]*profilegatev1.Policy, len(b.Policies)),
	}
	for i, policy := range b.Policies {
		m.Policies[i] = &profilegatev1.Policy{RoleId: valid(policy.RoleID), RestrictedTo: encodeRestrictions(policy.RestrictedTo)}
	}
	return m, nil
}

func encodeRestrictions(rs []profile.Restriction) []*profilegatev1.Restriction {
	messages := make([]*profilegatev1.Restriction, len(rs))
	for i, r := range rs {
		m := &profilegatev1.Restriction{Index: valid(r.Index), Collections: make([]string, len(r.Collections))}
		for j, c := range r.Collections {
			m.Collections[j] = valid(c)
		}
		messages[i] = m
	}
	return messages
}

// ownFields gives the members of a stored definition that are not the gateway's.
func ownFields(b *profile.Policies) (string, error) {
	v, err := jsonvalue.Parse(b.Source, jsonvalue.Limits{MaxDepth: storedDepth})
	if err != nil {
		return "", err
	}
	if v.Len() <= 2 && v.Has("policies") && v.Has("rateLimit") {
		return "{}", nil
	}
	return string(v.Without("policies", "rateLimit").AppendTo(nil)), nil
}

// storedDepth is as deep as the parser goes, so that a limit on what comes in hides nothing that is stored when it is lowered.
const storedDepth = 10000

// timestamp is not set for the zero time.
func timestamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// valid gives text as protobuf can carry it: lone surrogates, which JSON may hold, become U+FFFD.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
