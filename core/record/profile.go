package record

import (
	"fmt"

	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/store"
)

// EncodeProfile gives the data of a profile's record. Id, version and revision are the store's to keep.
func EncodeProfile(p *profile.Profile) []byte {
	e := encoder{b: make([]byte, 0, 256)}
	e.time(fieldCreatedAt, p.CreatedAt)
	e.time(fieldUpdatedAt, p.UpdatedAt)
	switch b := p.Body.(type) {
	case *profile.Spec:
		e.text(fieldName, b.Name)
		e.text(fieldType, b.Type)
		e.text(fieldProject, b.Project)
		e.text(fieldUser, b.User)
		e.text(fieldDomain, b.Domain)
		e.bytes(fieldSource, b.Spec)
		e.bytes(fieldMetadata, b.Metadata)
	case *profile.Policies:
		e.text(fieldAuthor, b.Author)
		e.text(fieldUpdater, b.Updater)
		e.bytes(fieldSource, b.Source)
	}
	return e.b
}

// ProfileKey is the key of a profile's record: the two styles have id spaces of their own.
func ProfileKey(style profile.Style, id string) store.Key {
	if style == profile.StyleSpec {
		return store.Key{Kind: KindSpecProfile, ID: id}
	}
	return store.Key{Kind: KindPolicyProfile, ID: id}
}

// ProfileRefs are the records that a profile refers to: the roles of its policies, each once.
func ProfileRefs(p *profile.Profile) []store.Key {
	b, ok := p.Body.(*profile.Policies)
	if !ok {
		return nil
	}
	seen := make(map[string]struct{}, len(b.Policies))
	refs := make([]store.Key, 0, len(b.Policies))
	for _, policy := range b.Policies {
		if _, dup := seen[policy.RoleID]; !dup {
			seen[policy.RoleID] = struct{}{}
			refs = append(refs, RoleKey(policy.RoleID))
		}
	}
	return refs
}

// DecodeProfile reads a record of the kinds KindSpecProfile and KindPolicyProfile.
func DecodeProfile(r store.Record) (*profile.Profile, error) {
	f, err := decode(r.Data)
	if err != nil {
		return nil, fmt.Errorf("%s %q: %w", r.Kind, r.ID, err)
	}
	p := &profile.Profile{
		ID: r.ID, Version: r.Version, Revision: r.Revision,
		CreatedAt: f.time(fieldCreatedAt), UpdatedAt: f.time(fieldUpdatedAt),
	}
	if r.Kind == KindSpecProfile {
		p.Body = &profile.Spec{
			Name: f.text(fieldName), Type: f.text(fieldType),
			Project: f.text(fieldProject), User: f.text(fieldUser), Domain: f.text(fieldDomain),
			Spec: f.copied(fieldSource), Metadata: f.copied(fieldMetadata),
		}
		return p, nil
	}
	body, err := policies(f)
	if err != nil {
		return nil, fmt.Errorf("%s %q: %w", r.Kind, r.ID, err)
	}
	p.Body = body
	return p, nil
}

// policies reads the typed policies out of the definition again: they are written down once.
func policies(f fields) (*profile.Policies, error) {
	b := &profile.Policies{Author: f.text(fieldAuthor), Updater: f.text(fieldUpdater), Source: f.copied(fieldSource)}
	definition, err := jsonvalue.Parse(b.Source, jsonvalue.Limits{MaxDepth: MaxDepth})
	if err != nil {
		return nil, err
	}
	parsed, err := profile.ParsePolicies("", definition, false, everything{})
	if err != nil {
		return nil, err
	}
	b.RateLimit, b.Policies = parsed.RateLimit, parsed.Policies
	return b, nil
}

// everything exists, as far as a definition is concerned that was checked when it was written.
type everything struct{}

func (everything) HasRole(string) bool               { return true }
func (everything) HasIndex(string) bool              { return true }
func (everything) HasCollection(string, string) bool { return true }
