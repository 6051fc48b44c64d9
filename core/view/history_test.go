package view_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

// The names that histories are made of: few, so that changes meet.
var (
	policyIDs   = []string{"a", "ab", "b", "c", "ü"}
	specIDs     = []string{"11110000", "11111111", "2222", "3333", "33334444"}
	roleIDs     = []string{"admin", "r1", "r2"}
	names       = []string{"p", "p1", "q"}
	projects    = []string{"P", "P1", "Q"}
	indexes     = []string{"forum", "forum-2", "shop"}
	collections = []string{"posts", "users"}
)

// history is a log made by hand, and what a reader should see at each of its revisions.
type history struct {
	events []store.Event
	want   []string // by revision, from 0
	model  map[store.Key]store.Record
}

func newHistory() *history {
	h := &history{model: map[store.Key]store.Record{}}
	h.want = []string{describe(h.model)}
	return h
}

func (h *history) head() store.Head {
	if len(h.events) == 0 {
		return store.Head{}
	}
	return h.events[len(h.events)-1].Head
}

// add makes one commit and notes what is to be seen after it.
func (h *history) add(changes ...store.Change) store.Event {
	e := h.write(changes...)
	h.want = append(h.want, describe(h.model))
	return e
}

// write makes one commit.
func (h *history) write(changes ...store.Change) store.Event {
	before := h.head()
	e := store.Event{
		Head:     store.Head{Revision: before.Revision + 1, CommitID: uuid.New()},
		Previous: before.CommitID,
	}
	for _, c := range changes {
		old, there := h.model[c.Key]
		if c.Delete {
			if there {
				delete(h.model, c.Key)
				e.Deletions = append(e.Deletions, c.Key)
			}
			continue
		}
		r := store.Record{Key: c.Key, Version: old.Version + 1, Revision: e.Revision, Data: c.Data}
		h.model[c.Key] = r
		e.Puts = append(e.Puts, r)
	}
	h.events = append(h.events, e)
	return e
}

func put(p *profile.Profile) store.Change {
	return store.Change{Key: record.ProfileKey(p.Style(), p.ID), Data: record.EncodeProfile(p)}
}

func policyProfile(id string, roles ...string) *profile.Profile {
	var items []string
	for _, r := range roles {
		items = append(items, fmt.Sprintf(`{"roleId":%q}`, r))
	}
	source := fmt.Sprintf(`{"policies":[%s],"rateLimit":0}`, strings.Join(items, ","))
	return &profile.Profile{ID: id, CreatedAt: at(1), Body: &profile.Policies{Source: []byte(source)}}
}

func specProfile(id, name, project string, second int) *profile.Profile {
	return &profile.Profile{ID: id, CreatedAt: at(second), Body: &profile.Spec{
		Name: name, Type: "t-1.0", Project: project, Spec: []byte(`{}`), Metadata: []byte(`{}`),
	}}
}

func putRole(id string, allow bool) store.Change {
	r := &access.Role{ID: id, CreatedAt: at(1), Source: fmt.Appendf(nil, `{"controllers":{"*":{"actions":{"*":%v}}}}`, allow)}
	return store.Change{Key: record.RoleKey(id), Data: record.EncodeRole(r)}
}

func at(second int) time.Time { return time.Unix(int64(1_700_000_000+second), 0).UTC() }

func anyChange(t *rapid.T) store.Change {
	c := putAny(t)
	if rapid.IntRange(0, 3).Draw(t, "delete") == 0 {
		return store.Change{Key: c.Key, Delete: true}
	}
	return c
}

func putAny(t *rapid.T) store.Change {
	one := func(of []string, label string) string { return rapid.SampledFrom(of).Draw(t, label) }
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		return put(policyProfile(one(policyIDs, "id"), rapid.SliceOfN(rapid.SampledFrom(roleIDs), 1, 3).Draw(t, "roles")...))
	case 1:
		return put(specProfile(one(specIDs, "id"), one(names, "name"), one(projects, "project"), rapid.IntRange(0, 2).Draw(t, "second")))
	case 2:
		return putRole(one(roleIDs, "role"), rapid.Bool().Draw(t, "allow"))
	case 3:
		return store.Change{Key: record.IndexKey(one(indexes, "index"))}
	default:
		c := catalog.Collection{Index: one(indexes, "index"), Name: one(collections, "collection")}
		return store.Change{Key: record.CollectionKey(c)}
	}
}

// anyHistory makes up to twelve commits of up to three changes.
func anyHistory(t *rapid.T) *history {
	h := newHistory()
	for range rapid.IntRange(0, 12).Draw(t, "commits") {
		var changes []store.Change
		for range rapid.IntRange(1, 3).Draw(t, "changes") {
			c := anyChange(t)
			if !slices.ContainsFunc(changes, func(o store.Change) bool { return o.Key == c.Key }) {
				changes = append(changes, c)
			}
		}
		h.add(changes...)
	}
	return h
}

// describe tells what a state with these records answers to every question, found out the slow way.
func describe(model map[store.Key]store.Record) string {
	var policies, specs []*profile.Profile
	var d description
	byID := func(a, b *profile.Profile) int { return strings.Compare(a.ID, b.ID) }
	for _, k := range slices.SortedFunc(maps.Keys(model), func(a, b store.Key) int { return strings.Compare(a.ID, b.ID) }) {
		r := model[k]
		switch k.Kind {
		case record.KindPolicyProfile, record.KindSpecProfile:
			p, err := record.DecodeProfile(r)
			if err != nil {
				panic(err)
			}
			if k.Kind == record.KindSpecProfile {
				specs = append(specs, p)
			} else {
				policies = append(policies, p)
			}
		case record.KindRole:
			role, err := record.DecodeRole(r)
			if err != nil {
				panic(err)
			}
			d.line("role", roleText(role))
		case record.KindIndex:
			d.line("index", k.ID)
		case record.KindCollection:
			d.line("collection", k.ID)
		}
	}
	slices.SortFunc(policies, byID)
	slices.SortFunc(specs, byID)
	d.profiles("policies", policies)
	for _, role := range roleIDs {
		d.profiles("with "+role, keep(policies, func(p *profile.Profile) bool {
			return slices.ContainsFunc(p.Body.(*profile.Policies).Policies, func(x profile.Policy) bool { return x.RoleID == role })
		}))
	}
	for _, prefix := range prefixes() {
		found := keep(specs, func(p *profile.Profile) bool { return strings.HasPrefix(p.ID, prefix) })
		d.profiles("prefix "+prefix, found)
		for _, project := range projects {
			d.profiles("prefix "+prefix+" of "+project, keep(found, func(p *profile.Profile) bool { return specOf(p).Project == project }))
		}
	}
	slices.SortFunc(specs, func(a, b *profile.Profile) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), strings.Compare(a.ID, b.ID))
	})
	for _, scope := range scopes() {
		all := keep(specs, func(p *profile.Profile) bool { return scope.All || specOf(p).Project == scope.Project })
		d.profiles(fmt.Sprint("all of ", scope), all)
		for i := range all {
			d.profiles(fmt.Sprint("after ", i, " of ", scope), all[i+1:])
		}
		for _, name := range names {
			d.profiles(fmt.Sprint("named ", name, " of ", scope), keep(all, func(p *profile.Profile) bool { return specOf(p).Name == name }))
		}
		for _, typ := range []string{"", "os.heat.stack-1.0"} {
			d.profiles(fmt.Sprint("typed ", typ, " of ", scope), keep(all, func(p *profile.Profile) bool { return specOf(p).Type == typ }))
		}
	}
	return d.String()
}

// observe tells the same of a state.
func observe(s *view.Listed) string {
	var d description
	for r := range s.Roles() {
		d.line("role", roleText(r))
	}
	for i := range s.Indexes() {
		d.line("index", i)
	}
	for _, i := range indexes {
		for c := range s.Collections(i) {
			d.line("collection", i+"/"+c)
		}
	}
	d.profiles("policies", slices.Collect(s.PolicyProfiles()))
	for _, role := range roleIDs {
		d.profiles("with "+role, slices.Collect(s.PolicyProfilesWithRole(role)))
	}
	for _, prefix := range prefixes() {
		d.profiles("prefix "+prefix, slices.Collect(s.SpecProfilesWithPrefix(view.Scope{All: true}, prefix)))
		for _, project := range projects {
			own := view.Scope{Project: project}
			d.profiles("prefix "+prefix+" of "+project, slices.Collect(s.SpecProfilesWithPrefix(own, prefix)))
		}
	}
	for _, scope := range scopes() {
		all := slices.Collect(s.SpecProfiles(view.Listing{Scope: scope}))
		d.profiles(fmt.Sprint("all of ", scope), all)
		for i, p := range all {
			d.profiles(fmt.Sprint("after ", i, " of ", scope), slices.Collect(s.SpecProfiles(view.Listing{Scope: scope, After: p})))
		}
		for _, name := range names {
			d.profiles(fmt.Sprint("named ", name, " of ", scope), slices.Collect(s.SpecProfiles(view.Listing{Scope: scope, By: view.ByName, Value: name})))
		}
		for _, typ := range []string{"", "os.heat.stack-1.0"} {
			d.profiles(fmt.Sprint("typed ", typ, " of ", scope), slices.Collect(s.SpecProfiles(view.Listing{Scope: scope, By: view.ByType, Value: typ})))
		}
	}
	return d.String()
}

func specOf(p *profile.Profile) *profile.Spec { return p.Body.(*profile.Spec) }

// scopes are all whose listings there may be.
func scopes() []view.Scope {
	ss := []view.Scope{{All: true}}
	for _, project := range projects {
		ss = append(ss, view.Scope{Project: project})
	}
	return ss
}

func prefixes() []string { return []string{"1", "1111", "11110000", "3333", "9"} }

func keep(ps []*profile.Profile, f func(*profile.Profile) bool) []*profile.Profile {
	var kept []*profile.Profile
	for _, p := range ps {
		if f(p) {
			kept = append(kept, p)
		}
	}
	return kept
}

func roleText(r *access.Role) string {
	return fmt.Sprintf("%s v%d r%d %v", r.ID, r.Version, r.Revision, r.Rights)
}

type description struct{ roles, indexes, collections, rest []string }

func (d *description) line(what, text string) {
	switch what {
	case "role":
		d.roles = append(d.roles, text)
	case "index":
		d.indexes = append(d.indexes, text)
	case "collection":
		d.collections = append(d.collections, text)
	default:
		d.rest = append(d.rest, what+": "+text)
	}
}

func (d *description) profiles(what string, ps []*profile.Profile) {
	texts := make([]string, 0, len(ps))
	for _, p := range ps {
		text := fmt.Sprintf("%s v%d r%d", p.ID, p.Version, p.Revision)
		switch b := p.Body.(type) {
		case *profile.Policies:
			text += string(b.Source)
		case *profile.Spec:
			text += b.Name + " " + b.Project
		}
		texts = append(texts, text)
	}
	d.line(what, strings.Join(texts, " | "))
}

func (d *description) String() string {
	slices.Sort(d.collections) // they are walked index by index
	return fmt.Sprintf("roles %q\nindexes %q\ncollections %q\n%s", d.roles, d.indexes, d.collections, strings.Join(d.rest, "\n"))
}
