package view

import (
	"iter"

	"github.com/tidwall/btree"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/store"
)

// State is a tenant's records at one revision, decoded and indexed. It never changes, so a request that reads it sees one consistent
// picture however long it takes, and no reader holds up a writer.
type State struct {
	Head store.Head
	past *past
	tables
}

// tables are the records and their indexes. They are copy-on-write trees: copying them costs a few pointers.
type tables struct {
	policies    *btree.Map[string, *profile.Profile] // by id
	specs       *btree.Map[string, *profile.Profile] // by id
	roles       *btree.Map[string, *access.Role]
	indexes     *btree.Map[string, indexRecord]
	collections *btree.Set[string]                   // by catalog.Collection.ID
	mappings    *btree.Map[string, *catalog.Mapping] // by catalog.Collection.ID
	holds       *btree.Map[string, *profile.Hold]    // by profile.Hold.ID

	people *people // only in what a State has
	crowd  *crowd  // only in what a View makes

	byRole   roleSets
	byTag    *btree.BTreeG[tagUse]
	listings *btree.BTreeG[entry] // only in what a View makes; a State has none
}

// indexRecord is what is known of an index besides its name.
type indexRecord struct {
	version, revision uint64
	created           uint64 // the revision at which the index was made
}

// tagUse says that a policy profile has a tag.
type tagUse struct {
	tag     string
	profile *profile.Profile
}

func newTables() tables {
	return tables{
		policies:    btree.NewMap[string, *profile.Profile](0),
		specs:       btree.NewMap[string, *profile.Profile](0),
		roles:       btree.NewMap[string, *access.Role](0),
		indexes:     btree.NewMap[string, indexRecord](0),
		collections: new(btree.Set[string]),
		mappings:    btree.NewMap[string, *catalog.Mapping](0),
		holds:       btree.NewMap[string, *profile.Hold](0),
		byRole:      newRoleSets(),
		byTag:       newTagUses(),
		crowd:       newCrowd(),
		listings:    newListings(),
	}
}

// published returns a copy that no later change reaches.
func (t *tables) published() tables {
	return tables{
		policies: t.policies.Copy(), specs: t.specs.Copy(), roles: t.roles.Copy(),
		indexes: t.indexes.Copy(), collections: t.collections.Copy(), mappings: t.mappings.Copy(), holds: t.holds.Copy(),
		people: t.crowd.published(), byRole: t.byRole.published(), byTag: t.byTag.Copy(),
	}
}

func newTagUses() *btree.BTreeG[tagUse] {
	return btree.NewBTreeGOptions(lessTagUse, btree.Options{NoLocks: true})
}

func lessTagUse(a, b tagUse) bool {
	if a.tag != b.tag {
		return a.tag < b.tag
	}
	return a.profile.ID < b.profile.ID
}

// PolicyProfile finds a policy profile by its id.
func (s *State) PolicyProfile(id string) (*profile.Profile, bool) { return s.policies.Get(id) }

// PolicyProfiles walks all policy profiles in the order of their ids.
func (s *State) PolicyProfiles() iter.Seq[*profile.Profile] {
	return func(yield func(*profile.Profile) bool) {
		s.policies.Scan(func(_ string, p *profile.Profile) bool { return yield(p) })
	}
}

// CountPolicyProfiles tells how many policy profiles there are.
func (s *State) CountPolicyProfiles() int { return s.policies.Len() }

// PolicyProfilesWithRole walks the policy profiles that grant a role, in the order of their ids.
func (s *State) PolicyProfilesWithRole(role string) iter.Seq[*profile.Profile] {
	return s.byRole.with(role)
}

// PolicyProfilesWithTag walks the policy profiles that have a tag, as a keyword field finds it, in the order of their ids.
func (s *State) PolicyProfilesWithTag(tag string) iter.Seq[*profile.Profile] {
	return func(yield func(*profile.Profile) bool) {
		first := tagUse{tag: tag, profile: &profile.Profile{}}
		s.byTag.Ascend(first, func(u tagUse) bool { return u.tag == tag && yield(u.profile) })
	}
}

// SpecProfile finds a spec profile by its whole id, whatever its project.
func (s *State) SpecProfile(id string) (*profile.Profile, bool) { return s.specs.Get(id) }

// HoldsOf walks the holds on a spec profile in the order of their holders' names.
func (s *State) HoldsOf(profileID string) iter.Seq[*profile.Hold] {
	return func(yield func(*profile.Hold) bool) {
		s.holds.Ascend(profileID+"/", func(_ string, h *profile.Hold) bool { return h.ProfileID == profileID && yield(h) })
	}
}

// Hold finds a hold on a spec profile by its holder's name.
func (s *State) Hold(profileID, holder string) (*profile.Hold, bool) {
	return s.holds.Get((&profile.Hold{ProfileID: profileID, Holder: holder}).ID())
}

// Role finds a role by its id.
func (s *State) Role(id string) (*access.Role, bool) { return s.roles.Get(id) }

// Roles walks all roles in the order of their ids.
func (s *State) Roles() iter.Seq[*access.Role] {
	return func(yield func(*access.Role) bool) {
		s.roles.Scan(func(_ string, r *access.Role) bool { return yield(r) })
	}
}

// CountRoles tells how many roles there are.
func (s *State) CountRoles() int { return s.roles.Len() }

// HasRole tells whether a role exists.
func (s *State) HasRole(id string) bool {
	_, ok := s.roles.Get(id)
	return ok
}

// HasIndex tells whether an index exists.
func (s *State) HasIndex(name string) bool {
	_, ok := s.indexes.Get(name)
	return ok
}

// IndexVersion tells the version of an index's record, which each collection that is made in it raises, and the revision that made it so.
func (s *State) IndexVersion(name string) (version, revision uint64, ok bool) {
	r, ok := s.indexes.Get(name)
	return r.version, r.revision, ok
}

// IndexCreated tells the revision at which an index was made.
func (s *State) IndexCreated(name string) uint64 {
	r, _ := s.indexes.Get(name)
	return r.created
}

// Mapping finds a collection's mapping, if it was ever given one.
func (s *State) Mapping(c catalog.Collection) (*catalog.Mapping, bool) { return s.mappings.Get(c.ID()) }

// HasCollection tells whether an index has a collection.
func (s *State) HasCollection(index, name string) bool {
	return s.collections.Contains(catalog.Collection{Index: index, Name: name}.ID())
}

// Indexes walks the names of all indexes in order.
func (s *State) Indexes() iter.Seq[string] {
	return func(yield func(string) bool) {
		s.indexes.Scan(func(name string, _ indexRecord) bool { return yield(name) })
	}
}

// Collections walks the names of an index's collections in order.
func (s *State) Collections(index string) iter.Seq[string] {
	return func(yield func(string) bool) {
		first := catalog.Collection{Index: index}.ID()
		s.collections.Ascend(first, func(id string) bool {
			c, ok := catalog.ParseCollectionID(id)
			return ok && c.Index == index && yield(c.Name)
		})
	}
}
