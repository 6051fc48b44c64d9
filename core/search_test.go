package core_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/store/storetest"
)

// put writes a policy profile past the core.
func put(t testing.TB, st store.Store, p *profile.Profile) {
	t.Helper()
	commit(t, st, store.Change{Key: record.ProfileKey(profile.StylePolicies, p.ID), Data: record.EncodeProfile(p)})
}

// searched is a tenant with some policy profiles and no others, and who may search it.
func searched(t testing.TB, o *core.Options) (*core.Tenant, core.Caller) {
	t.Helper()
	mem := storetest.NewMemory()
	for i, p := range []struct{ id, source, author string }{
		{"p1", `{"tags":["red"],"policies":[{"roleId":"default"}],"rateLimit":0}`, "alice"},
		{"p2", `{"tags":["red","blue"],"policies":[{"roleId":"admin"}],"rateLimit":5}`, ""},
		{"p3", `{"tags":["blue"],"policies":[{"roleId":"default"},{"roleId":"admin","restrictedTo":[{"index":"i","collections":["c"]}]}]}`, "bob"},
		{"p4", `{"policies":[{"roleId":"other"}]}`, "alice"},
	} {
		put(t, mem, &profile.Profile{
			ID: p.id, CreatedAt: time.UnixMilli(int64(1000 * (9 - i))).UTC(),
			Body: &profile.Policies{Source: []byte(p.source), Author: p.author},
		})
	}
	if o == nil {
		o = &core.Options{}
	}
	tenant := open(t, mem, o)
	return tenant, member(t, tenant, "P")
}

func ids(ps []*profile.Profile) []string {
	list := []string{}
	for _, p := range ps {
		list = append(list, p.ID)
	}
	return list
}

func TestSearchPolicyProfiles(t *testing.T) {
	tenant, c := searched(t, nil)
	tests := []struct {
		body     string
		koncorde bool
		roles    []string
		want     string
	}{
		{body: `{}`, want: "p1 p2 p3 p4"},
		{body: `{"query":{"term":{"tags":"red"}}}`, want: "p1 p2"},
		{body: `{"query":{"terms":{"policies.roleId":["admin","default"]}}}`, want: "p1 p2 p3"},
		{body: `{"query":{"bool":{"filter":[{"term":{"policies.roleId":"admin"}},{"term":{"tags":"red"}}]}}}`, want: "p2"},
		{body: `{"query":{"ids":{"values":["p3","p1","p1","zz"]}}}`, want: "p1 p3"},
		{body: `{"query":{"bool":{"filter":[{"ids":{"values":["p3","p1"]}}],"must_not":{"term":{"tags":"red"}}}}}`, want: "p3"},
		{body: `{"query":{"term":{"_kuzzle_info.author":"alice"}}}`, want: "p1 p4"},
		{body: `{"query":{"bool":{"must_not":{"exists":{"field":"_kuzzle_info.author"}}}}}`, want: "p2"},
		{body: `{"query":{"range":{"_kuzzle_info.createdAt":{"gte":7000,"lt":9000}}}}`, want: "p2 p3"},
		{body: `{"query":{"exists":{"field":"_kuzzle_info.updatedAt"}}}`, want: ""},
		{body: `{"query":{"term":{"rateLimit":5}}}`, want: ""},
		{body: `{"query":{"nested":{"path":"policies.restrictedTo","query":{"term":{"policies.restrictedTo.index":"i"}}}}}`, want: "p3"},
		{body: `{"sort":[{"_kuzzle_info.createdAt":"asc"}]}`, want: "p4 p3 p2 p1"},
		{body: `{"query":{"exists":{"field":"tags"}},"sort":[{"policies.roleId":"asc"},{"tags":"asc"}]}`, want: "p2 p3 p1"},
		{body: `{"sort":[{"tags":"desc"},"_id"],"search_after":["red","p1"]}`, want: "p2 p3 p4"},
		{body: `{"query":{"equals":{"tags":"red"}}}`, koncorde: true, want: "p1 p2"},
		{body: `{"query":{"and":[{"in":{"policies.roleId":["admin"]}},{"not":{"equals":{"tags":"red"}}}]}}`, koncorde: true, want: "p3"},
		{body: `{}`, koncorde: true, want: "p1 p2 p3 p4"},
		{body: `{"sort":["tags"]}`, koncorde: true, roles: []string{"admin"}, want: "p2 p3"},
		{roles: []string{"other", "default", "other"}, want: "p1 p3 p4"},
		{roles: []string{"nobody"}, want: ""},
	}
	for _, tt := range tests {
		t.Run(tt.body+strings.Join(tt.roles, ","), func(t *testing.T) {
			q := core.PolicySearch{Roles: tt.roles, Search: core.Search{Koncorde: tt.koncorde, Size: 10}}
			if tt.body != "" {
				q.Body = value(t, tt.body)
			}
			got, err := tenant.SearchPolicyProfiles(t.Context(), c, q, core.Read{})
			require.NoError(t, err)
			require.Equal(t, tt.want, strings.Join(ids(got.Hits), " "))
			require.Empty(t, got.Scroll)
			if !strings.Contains(tt.body, "search_after") {
				require.Equal(t, len(got.Hits), got.Total)
			}
		})
	}
}

// What can be searched follows from the mapping that the profiles have at the time.
func TestSearchByANewMapping(t *testing.T) {
	mem := storetest.NewMemory()
	put(t, mem, &profile.Profile{ID: "p", Body: &profile.Policies{Source: []byte(`{"policies":[{"roleId":"r"}],"rateLimit":5,"color":"Dark Red"}`)}})
	tenant := open(t, mem, &core.Options{})
	c := member(t, tenant, "P")
	total := func(body string) int {
		hits, err := tenant.SearchPolicyProfiles(t.Context(), c, core.PolicySearch{Search: core.Search{Size: 1, Body: value(t, body)}}, core.Read{})
		require.NoError(t, err)
		return hits.Total
	}
	byRate, byColor := `{"query":{"range":{"rateLimit":{"gte":5}}}}`, `{"query":{"match":{"color":"red"}}}`
	for range 2 {
		require.Zero(t, total(byRate))
		require.Zero(t, total(byColor))
	}
	mapping := catalog.DefaultMapping(catalog.Profiles)
	added := value(t, `{"rateLimit":{"type":"long"},"color":{"type":"text"}}`)
	commit(t, mem, store.Change{Key: record.MappingKey(catalog.Profiles), Data: record.EncodeMapping(mapping.With("properties", added).AppendTo(nil))})
	require.Equal(t, 1, total(byRate))
	require.Equal(t, 1, total(byColor))
	require.Equal(t, 0, total(`{"query":{"term":{"policies.roleId":"r"}}}`), "its mapping was replaced past the core")
}

func TestSearchesOutOfBounds(t *testing.T) {
	tenant, c := searched(t, nil)
	after := value(t, `{"sort":["_id"],"search_after":["p1"]}`)
	tests := []struct {
		q       core.Search
		message string
	}{
		{core.Search{Size: -1}, "[size] parameter cannot be negative, found [-1]"},
		{core.Search{From: -1}, "[from] parameter cannot be negative but was [-1]"},
		{core.Search{From: 50, Size: 10_000}, "Result window is too large, from + size must be less than or equal to: [10000] but was [10050]. " +
			"See the scroll api for a more efficient way to request large data sets. " +
			"This limit can be set by changing the [index.max_result_window] index level setting."},
		{core.Search{From: 1<<63 - 1, Size: 1}, ""},
		{core.Search{Size: 10_001}, ""},
		{core.Search{From: 1, Size: 1, Scroll: "1m"}, "Validation Failed: 1: using [from] is not allowed in a scroll context;"},
		{core.Search{Scroll: "1m"}, "Validation Failed: 1: [size] cannot be [0] in a scroll context;"},
		{core.Search{From: 1, Size: 1, Body: after}, "`from` parameter must be set to 0 when `search_after` is used."},
		{core.Search{Size: 1, Body: after, Scroll: "1m"}, "`search_after` cannot be used in a scroll context."},
		{core.Search{Size: 1, Scroll: "soon"}, "failed to parse setting [scroll] with value [soon] as a time value: unit is missing or unrecognized"},
		{core.Search{Size: 1, Scroll: "500"}, ""},
		{core.Search{Size: 1, Scroll: "-5s"}, ""},
		{core.Search{Size: 1, Scroll: "0.5m"}, ""},
		{core.Search{Size: 1, Body: value(t, `{"sort":["rateLimit"]}`)}, "No mapping found for [rateLimit] in order to sort on"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%+v", tt.q), func(t *testing.T) {
			_, err := tenant.SearchPolicyProfiles(t.Context(), c, core.PolicySearch{Search: tt.q}, core.Read{})
			f := requireFault(t, err, fault.Invalid, fault.CodeInvalidSearch)
			if tt.message != "" {
				require.Equal(t, tt.message, f.Message)
			}
		})
	}
	for _, long := range []string{"2h", "61s", "2 minutes", "1d"} {
		_, err := tenant.SearchPolicyProfiles(t.Context(), c, core.PolicySearch{Search: core.Search{Size: 1, Scroll: long}}, core.Read{})
		f := requireFault(t, err, fault.Invalid, fault.CodeScrollTooLong)
		require.Equal(t, []string{long}, f.Fields[0].Values)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := tenant.SearchPolicyProfiles(ctx, c, core.PolicySearch{Search: core.Search{Size: 1}}, core.Read{Local: true})
	require.NoError(t, err, "few documents are looked at without a look at the clock")
}

func TestScroll(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	tenant, c := searched(t, &core.Options{Now: func() time.Time { return now }})
	start := func(keep string, size int, body string) core.Hits[*profile.Profile] {
		q := core.PolicySearch{Search: core.Search{Size: size, Scroll: keep, Body: value(t, body)}}
		hits, err := tenant.SearchPolicyProfiles(t.Context(), c, q, core.Read{})
		require.NoError(t, err)
		require.Regexp(t, `^[A-Z2-7]{26}$`, hits.Scroll)
		return hits
	}
	next := func(id, keep string) core.Hits[*profile.Profile] {
		hits, err := tenant.ScrollPolicyProfiles(t.Context(), c, id, keep)
		require.NoError(t, err)
		require.Equal(t, id, hits.Scroll)
		return hits
	}
	gone := func(id string) {
		_, err := tenant.ScrollPolicyProfiles(t.Context(), c, id, "1m")
		requireFault(t, err, fault.NotFound, fault.CodeScrollNotFound)
	}

	// Page by page, in the search's order.
	first := start("10s", 3, `{"sort":[{"_id":"desc"}]}`)
	require.Equal(t, []string{"p4", "p3", "p2"}, ids(first.Hits))
	last := next(first.Scroll, "")
	require.Equal(t, []string{"p1"}, ids(last.Hits))
	require.Equal(t, 4, last.Total)
	gone(first.Scroll)

	// One that ends with its first page gives an empty one, once.
	whole := start("10s", 4, `{}`)
	require.Len(t, whole.Hits, 4)
	require.Empty(t, next(whole.Scroll, "10s").Hits)
	gone(whole.Scroll)

	// It ends with its time, which each page renews.
	long := start("30s", 1, `{}`)
	now = now.Add(29 * time.Second)
	next(long.Scroll, "1m")
	now = now.Add(59 * time.Second)
	next(long.Scroll, "2h") // cannot be granted: the usual 15 seconds
	now = now.Add(15 * time.Second)
	gone(long.Scroll)
	gone("unknown")
	gone("")

	// Neither another tenant nor another kind of records has it.
	open := start("10s", 1, `{}`)
	other, _ := searched(t, nil)
	_, err := other.ScrollPolicyProfiles(t.Context(), c, open.Scroll, "")
	requireFault(t, err, fault.NotFound, fault.CodeScrollNotFound)
	next(open.Scroll, "")
}

// A scroll shows what was there when it began, whatever is written meanwhile.
func TestScrollIsASnapshot(t *testing.T) {
	tenant := open(t, storetest.NewMemory(), nil)
	c := anonymous(t, tenant)
	hits, err := tenant.SearchPolicyProfiles(t.Context(), c, core.PolicySearch{Search: core.Search{Size: 1, Scroll: "1m"}}, core.Read{})
	require.NoError(t, err)
	require.Equal(t, []string{"admin"}, ids(hits.Hits))
	_, err = tenant.CreateProfile(t.Context(), c, &core.PolicyDraft{ID: "b", Definition: plain})
	require.NoError(t, err)
	seen := []string{}
	for range 2 {
		page, err := tenant.ScrollPolicyProfiles(t.Context(), c, hits.Scroll, "1m")
		require.NoError(t, err)
		require.Equal(t, 3, page.Total)
		seen = append(seen, ids(page.Hits)...)
	}
	require.Equal(t, []string{"anonymous", "default"}, seen)
}

func TestScrollsAreBounded(t *testing.T) {
	now := time.Now()
	tenant, c := searched(t, &core.Options{Now: func() time.Time { return now }})
	q := core.PolicySearch{Search: core.Search{Size: 1, Scroll: "1m"}}
	for range 500 {
		_, err := tenant.SearchPolicyProfiles(t.Context(), c, q, core.Read{Local: true})
		require.NoError(t, err)
	}
	_, err := tenant.SearchPolicyProfiles(t.Context(), c, q, core.Read{Local: true})
	requireFault(t, err, fault.RateLimited, fault.CodeTooManyScrolls)
	now = now.Add(time.Minute)
	_, err = tenant.SearchPolicyProfiles(t.Context(), c, q, core.Read{Local: true})
	require.NoError(t, err, "those that expired make room")
}

func TestSearchRoles(t *testing.T) {
	tenant := open(t, storetest.NewMemory(), &core.Options{Policies: true, Actions: actions})
	c := anonymous(t, tenant)
	for id, definition := range map[string]string{
		"r1": `{"controllers":{"document":{"actions":{"get":true}}}}`,
		"r2": `{"tags":["x"],"controllers":{"auth":{"actions":{"login":true}}}}`,
	} {
		_, err := tenant.CreateRole(t.Context(), c, core.RoleDraft{ID: id, Definition: value(t, definition)})
		require.NoError(t, err)
	}
	tests := []struct {
		q     core.RoleSearch
		want  string
		total int
	}{
		{core.RoleSearch{Search: core.Search{Size: 10}}, "admin anonymous default r1 r2", 5},
		{core.RoleSearch{Search: core.Search{Size: 10, Body: value(t, `{"query":{"term":{"tags":"x"}}}`)}}, "r2", 1},
		{core.RoleSearch{Search: core.Search{Size: 10, Body: value(t, `{"query":{"exists":"tags"}}`), Koncorde: true}}, "r2", 1},
		{core.RoleSearch{Search: core.Search{Size: 2, From: 1, Body: value(t, `{"sort":[{"_id":"desc"}]}`)}}, "r1 default", 5},
		{core.RoleSearch{ByControllers: true, Controllers: []string{"auth"}, Search: core.Search{Size: 10}}, "admin anonymous default r2", 4},
		{core.RoleSearch{ByControllers: true, Controllers: []string{"auth"}, Search: core.Search{Size: 1, From: 1}}, "anonymous", 4},
		{core.RoleSearch{ByControllers: true, Search: core.Search{Size: 10_000, From: 3}}, "r1 r2", 5},
		{core.RoleSearch{ByControllers: true, Controllers: []string{"nope"}, Search: core.Search{Size: 1 << 62, From: 1 << 62}}, "", 3},
	}
	for _, tt := range tests {
		got, err := tenant.SearchRoles(t.Context(), c, tt.q, core.Read{})
		require.NoError(t, err)
		list := []string{}
		for _, role := range got.Hits {
			list = append(list, role.ID)
		}
		require.Equal(t, tt.want, strings.Join(list, " "), "%+v", tt.q)
		require.Equal(t, tt.total, got.Total)
	}
	hits, err := tenant.SearchRoles(t.Context(), c, core.RoleSearch{Search: core.Search{Size: 1, Scroll: "1m"}}, core.Read{})
	require.NoError(t, err)
	_, err = tenant.ScrollPolicyProfiles(t.Context(), c, hits.Scroll, "")
	requireFault(t, err, fault.NotFound, fault.CodeScrollNotFound)
	_, err = tenant.SearchRoles(t.Context(), c, core.RoleSearch{ByControllers: true, Search: core.Search{Size: -1}}, core.Read{})
	requireFault(t, err, fault.Invalid, fault.CodeInvalidSearch)
}

// searchModel finds policy profiles the slow way.
func searchModel(all map[string][]string, roles []string, from, size int) (page []string, total int) {
	var found []string
	for id, granted := range all {
		if len(roles) == 0 || slices.ContainsFunc(roles, func(r string) bool { return slices.Contains(granted, r) }) {
			found = append(found, id)
		}
	}
	slices.SortFunc(found, cmp.Compare)
	page = []string{}
	for i, id := range found {
		if i >= from && len(page) < size {
			page = append(page, id)
		}
	}
	return page, len(found)
}

func TestSearchPolicyProfilesIsTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		mem := storetest.NewMemory()
		all := map[string][]string{}
		for range rapid.IntRange(0, 12).Draw(rt, "profiles") {
			id := rapid.StringMatching(`[a-cA-C]{1,2}`).Draw(rt, "id")
			roles := rapid.SliceOfN(rapid.SampledFrom([]string{"r1", "r2", "r3"}), 1, 3).Draw(rt, "roles")
			all[id] = roles
			source := `{"tags":["` + strings.Join(roles, `","`) + `"],"policies":[{"roleId":"` + strings.Join(roles, `"},{"roleId":"`) + `"}]}`
			put(t, mem, &profile.Profile{ID: id, Body: &profile.Policies{Source: []byte(source)}})
		}
		tenant, err := core.Open(t.Context(), "t", mem, nil)
		require.NoError(rt, err)
		defer func() { require.NoError(rt, tenant.Close()) }()
		c := member(t, tenant, "P")
		for range 5 {
			q := core.PolicySearch{Roles: rapid.SliceOfN(rapid.SampledFrom([]string{"r1", "r2", "r3", "nope"}), 0, 3).Draw(rt, "asked roles")}
			q.From, q.Size = rapid.IntRange(0, 8).Draw(rt, "from"), rapid.IntRange(0, 8).Draw(rt, "size")
			want, total := searchModel(all, q.Roles, q.From, q.Size)
			got, err := tenant.SearchPolicyProfiles(t.Context(), c, q, core.Read{Local: true})
			require.NoError(rt, err)
			require.Equal(rt, want, ids(got.Hits), "%+v", q)
			require.Equal(rt, total, got.Total)
			if len(q.Roles) == 0 {
				continue
			}
			// The same by the tags, which are those of the roles.
			q.Body, q.Roles = value(t, `{"query":{"terms":{"tags":["`+strings.Join(q.Roles, `","`)+`"]}}}`), nil
			got, err = tenant.SearchPolicyProfiles(t.Context(), c, q, core.Read{Local: true})
			require.NoError(rt, err)
			require.Equal(rt, want, ids(got.Hits), "%+v", q)
			require.Equal(rt, total, got.Total)
		}
	})
}
