package view

import (
	"iter"
	"strings"

	"github.com/tidwall/btree"

	"github.com/profilegate/profilegate/core/profile"
)

// Listing names an order in which spec profiles can be walked from any point, at a cost that does not grow with their number: those of a
// project or of all, perhaps with one name or of one type, by creation, then id.
type Listing struct {
	Scope
	By    Facet            // what Value is; zero: nothing
	Value string           // the name or the type
	After *profile.Profile // where to begin, itself left out; it need not be in the listing. Nil: at the start
}

// Scope is whose spec profiles are meant.
type Scope struct {
	All     bool   // those of all projects
	Project string // else those of this one
}

// Facet is what a listing can be narrowed by.
type Facet uint8

// The facets.
const (
	ByName Facet = iota + 1
	ByType
	byID // of a project, in the order of ids
)

// entry is a spec profile in one listing. Every profile has one in each that it belongs to.
type entry struct {
	scope   Scope
	by      Facet
	value   string
	profile *profile.Profile
}

func lessEntry(a, b entry) bool {
	if a.scope.All != b.scope.All {
		return a.scope.All
	}
	if a.scope.Project != b.scope.Project {
		return a.scope.Project < b.scope.Project
	}
	if a.by != b.by {
		return a.by < b.by
	}
	if a.value != b.value {
		return a.value < b.value
	}
	if !a.profile.CreatedAt.Equal(b.profile.CreatedAt) {
		return a.profile.CreatedAt.Before(b.profile.CreatedAt)
	}
	return a.profile.ID < b.profile.ID
}

func newListings() *btree.BTreeG[entry] {
	return btree.NewBTreeGOptions(lessEntry, btree.Options{NoLocks: true})
}

// entries are the listings that a spec profile belongs to.
func entries(p *profile.Profile, b *profile.Spec) []entry {
	es := make([]entry, 0, 7)
	own := Scope{Project: b.Project}
	for _, scope := range [...]Scope{{All: true}, own} {
		es = append(es, entry{scope, 0, "", p}, entry{scope, ByName, b.Name, p}, entry{scope, ByType, b.Type, p})
	}
	return append(es, entry{own, byID, p.ID, p})
}

// Listed is a State in which spec profiles can be listed too. It is made only where a list is asked for: a profile stands in so many listings
// that writing one costs several times as much when every state must keep them as they were.
type Listed struct {
	*State
	listings *btree.BTreeG[entry]
}

// SpecProfiles walks the spec profiles of a listing.
func (s *Listed) SpecProfiles(l Listing) iter.Seq[*profile.Profile] {
	from := entry{l.Scope, l.By, l.Value, l.After}
	if l.After == nil {
		from.profile = &profile.Profile{}
	}
	return func(yield func(*profile.Profile) bool) {
		s.listings.Ascend(from, func(e entry) bool {
			if e.scope != l.Scope || e.by != l.By || e.value != l.Value {
				return false
			}
			return l.After != nil && e.profile.ID == l.After.ID || yield(e.profile)
		})
	}
}

// SpecProfilesWithPrefix walks the spec profiles whose ids begin with a prefix, in the order of their ids.
func (s *Listed) SpecProfilesWithPrefix(scope Scope, prefix string) iter.Seq[*profile.Profile] {
	if scope.All {
		return func(yield func(*profile.Profile) bool) {
			s.specs.Ascend(prefix, func(id string, p *profile.Profile) bool { return strings.HasPrefix(id, prefix) && yield(p) })
		}
	}
	from := entry{scope, byID, prefix, &profile.Profile{}}
	return func(yield func(*profile.Profile) bool) {
		s.listings.Ascend(from, func(e entry) bool {
			return e.scope == scope && e.by == byID && strings.HasPrefix(e.value, prefix) && yield(e.profile)
		})
	}
}
