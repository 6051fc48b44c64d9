package view

import (
	"bytes"
	"iter"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/query"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
)

// decoded is a record as the tables keep it: a profile, a role, a hold, or, of kinds without data, the key alone.
type decoded struct {
	key     store.Key
	profile *profile.Profile
	role    *access.Role
	hold    *profile.Hold
	mapping *catalog.Mapping
	index   indexRecord
	person  *person // of the kinds about who can be known; nil: of another
}

// decode passes over records of a kind that it does not know, as it does over fields: a newer version may have written them, while nodes are
// replaced one by one.
func decode(r store.Record) (decoded, error) {
	d := decoded{key: r.Key}
	var err error
	switch r.Kind {
	case record.KindPolicyProfile, record.KindSpecProfile:
		d.profile, err = record.DecodeProfile(r)
	case record.KindRole:
		d.role, err = record.DecodeRole(r)
	case record.KindHold:
		d.hold, err = record.DecodeHold(r)
	case record.KindMapping:
		d.mapping, err = record.DecodeMapping(r)
	case record.KindIndex:
		d.index = indexRecord{version: r.Version, revision: r.Revision}
		d.index.created, err = record.DecodeIndex(r)
	case record.KindCollection, record.KindSpecName:
	default:
		d.person, err = decodePerson(r)
	}
	return d, err
}

// set applies one record. A record that the tables have at this revision or a later one changes nothing.
func (t *tables) set(d decoded) {
	switch d.key.Kind {
	case record.KindPolicyProfile, record.KindSpecProfile:
		t.putProfile(d.profile)
	case record.KindRole:
		t.putRole(d.role)
	case record.KindIndex:
		t.putIndex(d.key.ID, d.index)
	case record.KindCollection:
		t.collections.Insert(d.key.ID)
	case record.KindMapping:
		t.putMapping(d.key.ID, d.mapping)
	case record.KindHold:
		t.putHold(d.hold)
	default:
		if d.person != nil {
			t.crowd.set(d.person)
		}
	}
}

func (t *tables) putProfile(p *profile.Profile) {
	byID := t.policies
	if p.Style() == profile.StyleSpec {
		byID = t.specs
	}
	old, existed := byID.Get(p.ID)
	if existed && old.Revision >= p.Revision {
		return
	}
	if existed {
		t.unindex(old)
	}
	byID.Set(p.ID, p)
	t.index(p)
}

func (t *tables) putRole(r *access.Role) {
	if old, ok := t.roles.Get(r.ID); ok && old.Revision >= r.Revision {
		return
	}
	t.roles.Set(r.ID, r)
}

func (t *tables) putIndex(name string, r indexRecord) {
	if old, ok := t.indexes.Get(name); ok && old.revision >= r.revision {
		return
	}
	t.indexes.Set(name, r)
}

func (t *tables) putMapping(id string, m *catalog.Mapping) {
	if old, ok := t.mappings.Get(id); ok && old.Revision >= m.Revision {
		return
	}
	t.mappings.Set(id, m)
}

func (t *tables) putHold(h *profile.Hold) {
	if old, ok := t.holds.Get(h.ID()); ok && old.Revision >= h.Revision {
		return
	}
	t.holds.Set(h.ID(), h)
}

// remove applies one deletion.
func (t *tables) remove(k store.Key) {
	switch k.Kind {
	case record.KindPolicyProfile:
		if old, ok := t.policies.Delete(k.ID); ok {
			t.unindex(old)
		}
	case record.KindSpecProfile:
		if old, ok := t.specs.Delete(k.ID); ok {
			t.unindex(old)
		}
	case record.KindRole:
		t.roles.Delete(k.ID)
	case record.KindIndex:
		t.indexes.Delete(k.ID)
	case record.KindCollection:
		t.collections.Delete(k.ID)
	case record.KindMapping:
		t.mappings.Delete(k.ID)
	case record.KindHold:
		t.holds.Delete(k.ID)
	default:
		t.crowd.remove(k)
	}
}

func (t *tables) index(p *profile.Profile) {
	switch b := p.Body.(type) {
	case *profile.Policies:
		for _, policy := range b.Policies {
			t.byRole.add(policy.RoleID, p)
		}
		for tag := range tags(b) {
			t.byTag.Set(tagUse{tag: tag, profile: p})
		}
	case *profile.Spec:
		for _, e := range entries(p, b) {
			t.listings.Set(e)
		}
	}
}

func (t *tables) unindex(p *profile.Profile) {
	switch b := p.Body.(type) {
	case *profile.Policies:
		for _, policy := range b.Policies {
			t.byRole.remove(policy.RoleID, p)
		}
		for tag := range tags(b) {
			t.byTag.Delete(tagUse{tag: tag, profile: p})
		}
	case *profile.Spec:
		for _, e := range entries(p, b) {
			t.listings.Delete(e)
		}
	}
}

// tags gives the tags of a policy profile, as a keyword field finds them. Most profiles have none, which costs a look at the text alone.
func tags(b *profile.Policies) iter.Seq[string] {
	if !bytes.Contains(b.Source, []byte("tags")) && !bytes.Contains(b.Source, []byte(`\u`)) {
		return func(func(string) bool) {}
	}
	definition, err := jsonvalue.Parse(b.Source, jsonvalue.Limits{MaxDepth: record.MaxDepth})
	if err != nil {
		definition = jsonvalue.Object() // a definition that cannot be read never gets here: its record could not be decoded
	}
	return query.Keywords(definition.Get("tags"))
}
