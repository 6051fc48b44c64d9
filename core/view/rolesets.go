package view

import (
	"iter"

	"github.com/tidwall/btree"

	"github.com/profilegate/profilegate/core/profile"
)

// roleSets are the policy profiles by the roles they grant: for each role a set of its own, so that finding the profiles of one role costs what
// they are, however many profiles grant others.
type roleSets struct {
	shown   *btree.Map[string, *profileSet] // as readers see them: none of these sets ever changes
	kept    map[string]*profileSet          // those that do; only in what a View makes
	changed map[string]struct{}             // the roles whose sets are not shown as they are
}

// profileSet is some profiles by their ids.
type profileSet = btree.Map[string, *profile.Profile]

func newRoleSets() roleSets {
	return roleSets{shown: btree.NewMap[string, *profileSet](0), kept: make(map[string]*profileSet), changed: make(map[string]struct{})}
}

// published returns a copy that no later change reaches.
func (r *roleSets) published() roleSets {
	for role := range r.changed {
		if set, ok := r.kept[role]; ok {
			r.shown.Set(role, set.Copy())
		} else {
			r.shown.Delete(role)
		}
	}
	clear(r.changed)
	return roleSets{shown: r.shown.Copy()}
}

func (r *roleSets) add(role string, p *profile.Profile) {
	set, ok := r.kept[role]
	if !ok {
		set = btree.NewMap[string, *profile.Profile](0)
		r.kept[role] = set
	}
	set.Set(p.ID, p)
	r.changed[role] = struct{}{}
}

func (r *roleSets) remove(role string, p *profile.Profile) {
	set, ok := r.kept[role]
	if !ok {
		return
	}
	set.Delete(p.ID)
	if set.Len() == 0 {
		delete(r.kept, role)
	}
	r.changed[role] = struct{}{}
}

// with walks the profiles that grant a role in the order of their ids.
func (r *roleSets) with(role string) iter.Seq[*profile.Profile] {
	return func(yield func(*profile.Profile) bool) {
		if set, ok := r.shown.Get(role); ok {
			set.Scan(func(_ string, p *profile.Profile) bool { return yield(p) })
		}
	}
}
