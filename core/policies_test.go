package core_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/store/storetest"
)

var actions = access.Actions{"auth": {"login": {}}, "document": {"get": {}}}

func TestCreatePolicyProfile(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 30, 15, 987_654_321, time.UTC)
	mem := storetest.NewMemory()
	tenant := open(t, mem.Share(), &core.Options{Policies: true, Now: func() time.Time { return now }})
	c, err := tenant.Authorize(t.Context(), access.Actor{User: "alice", Profiles: []string{"admin"}}, access.Request{Controller: "security", Action: "createProfile"})
	require.NoError(t, err)
	definition := `{"tags":["x"],"policies":[{"roleId":"default","restrictedTo":[{"index":"any","collections":["thing"]}]},{"roleId":"admin"}],"rateLimit":7}`
	created, err := tenant.CreateProfile(t.Context(), c, &core.PolicyDraft{ID: "p", Definition: value(t, definition)})
	require.NoError(t, err)
	want := &profile.Policies{
		RateLimit: 7, Author: "alice", Source: []byte(definition),
		Policies: []profile.Policy{
			{RoleID: "default", RestrictedTo: []profile.Restriction{{Index: "any", Collections: []string{"thing"}}}}, {RoleID: "admin"},
		},
	}
	p := created.Profile
	require.Equal(t, want, p.Body)
	require.Equal(t, uint64(1), p.Version)
	require.Equal(t, created.Head.Revision, p.Revision)
	require.Equal(t, now.Truncate(time.Millisecond), p.CreatedAt)
	require.Zero(t, p.UpdatedAt)

	seen, err := tenant.Profile(t.Context(), c, profile.StylePolicies, "p", core.Read{Local: true})
	require.NoError(t, err)
	require.Equal(t, want, seen.Body)
	require.Equal(t, p.Revision, seen.Revision)

	// Its roles cannot be deleted while it stands.
	for _, role := range []string{"default", "admin"} {
		_, err = mem.Commit(t.Context(), store.Commit{Conditions: []store.Condition{{Key: record.RoleKey(role), Require: store.Unreferenced}}})
		require.True(t, fault.HasCode(err, fault.CodeRecordInUse))
	}

	anon, err := tenant.CreateProfile(t.Context(), anonymous(t, tenant), &core.PolicyDraft{ID: "q", Definition: plain})
	require.NoError(t, err)
	require.Empty(t, anon.Profile.Body.(*profile.Policies).Author)
}

// The rules of NOTES "Checks of a profile" as a caller meets them; what ParsePolicies alone tells is tested there.
func TestPolicyProfileChecksInOrder(t *testing.T) {
	mem := storetest.NewMemory()
	tenant := open(t, mem.Share(), nil)
	c := anonymous(t, tenant)
	_, err := tenant.CreateCollection(t.Context(), c, catalog.Collection{Index: "forum", Name: "posts"})
	require.NoError(t, err)
	before := len(records(t, mem))
	long := strings.Repeat("é", 257)
	cases := []struct {
		name, id, definition string
		strict               bool
		kind                 fault.Kind
		code                 fault.Code
	}{
		{name: "no id", definition: `{"policies":[{"roleId":"nope"}]}`, kind: fault.Invalid, code: fault.CodeMissingArgument},
		{name: "an unknown role before all else", id: "admin", definition: `{"policies":[{"roleId":"nope","color":1}],"rateLimit":-1}`, kind: fault.NotFound, code: fault.CodeRoleNotFound},
		{name: "the rate before the policies", id: "admin", definition: `{"policies":[{"roleId":"admin","color":1}],"rateLimit":-1}`, kind: fault.Invalid, code: fault.CodeInvalidArgument},
		{name: "the policies before the index", id: "admin", strict: true, definition: `{"policies":[{"roleId":"admin","color":1,"restrictedTo":[{"index":"nope"}]}]}`, kind: fault.Invalid, code: fault.CodeUnexpectedArgument},
		{name: "an unknown index", id: "admin", strict: true, definition: `{"policies":[{"roleId":"admin","restrictedTo":[{"index":"nope"}]}]}`, kind: fault.Precondition, code: fault.CodeIndexNotFound},
		{name: "an unknown collection", id: "admin", strict: true, definition: `{"policies":[{"roleId":"admin","restrictedTo":[{"index":"forum","collections":["nope"]}]}]}`, kind: fault.Precondition, code: fault.CodeCollectionNotFound},
		{name: "the anonymous role before the id", id: "anonymous", definition: `{"policies":[{"roleId":"admin"}]}`, kind: fault.Invalid, code: fault.CodeAnonymousRole},
		{name: "the definition before a long id", id: long, definition: `{"policies":[{"roleId":"admin"}],"rateLimit":"x"}`, kind: fault.Invalid, code: fault.CodeInvalidType},
		{name: "a long id", id: long, definition: `{}`, kind: fault.Invalid, code: fault.CodeIDTooLong},
		{name: "an id that is no text", id: "a\xff", definition: `{}`, kind: fault.Invalid, code: fault.CodeInvalidArgument},
		{name: "an id that is taken", id: "admin", definition: `{}`, kind: fault.AlreadyExists, code: fault.CodeProfileExists},
		{name: "an id that is taken, strict", id: "admin", strict: true, definition: restricted, kind: fault.AlreadyExists, code: fault.CodeProfileExists},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			_, err := tenant.CreateProfile(t.Context(), c, &core.PolicyDraft{ID: test.id, Definition: value(t, test.definition), Strict: test.strict})
			requireFault(t, err, test.kind, test.code)
			require.Len(t, records(t, mem), before, "nothing was written")
		})
	}
	for name, test := range map[string]core.PolicyDraft{
		"strict":              {ID: "s", Strict: true, Definition: value(t, restricted)},
		"not strict":          {ID: "n", Definition: value(t, `{"policies":[{"roleId":"admin","restrictedTo":[{"index":"nope","collections":["no"]}]}]}`)},
		"no object":           {ID: "o", Definition: value(t, `[]`)},
		"as long as it gets":  {ID: strings.Repeat("é", 256), Definition: plain},
		"strange, but text":   {ID: "a/b %\x00\n_", Definition: plain},
		"like a deleted one":  {ID: "again", Definition: plain},
		"strict without much": {ID: "w", Strict: true, Definition: plain},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := tenant.CreateProfile(t.Context(), c, &test)
			require.NoError(t, err)
			require.NoError(t, tenant.Confirm(t.Context(), p.Head))
		})
	}
}

func TestProfileThatIsNotThere(t *testing.T) {
	tenant := open(t, storetest.NewMemory(), nil)
	_, err := tenant.Profile(t.Context(), anonymous(t, tenant), profile.StylePolicies, "nope", core.Read{})
	f := requireFault(t, err, fault.NotFound, fault.CodeProfileNotFound)
	require.Equal(t, fault.Subject{Kind: "profile", ID: "nope"}, f.Subject)
}

func TestRoles(t *testing.T) {
	mem := storetest.NewMemory()
	tenant := open(t, mem.Share(), &core.Options{Policies: true, Actions: actions})
	c, err := tenant.Authorize(t.Context(), access.Actor{User: "alice", Profiles: []string{"admin"}}, access.Request{Controller: "security", Action: "createRole"})
	require.NoError(t, err)
	definition := `{"_id":"x","controllers":{"document":{"actions":{"get":true}}},"own":[1.0]}`
	created, err := tenant.CreateRole(t.Context(), c, core.RoleDraft{ID: "reader", Definition: value(t, definition)})
	require.NoError(t, err)
	require.Equal(t, "alice", created.Role.Author)
	require.Equal(t, uint64(1), created.Role.Version)
	require.Equal(t, created.Head.Revision, created.Role.Revision)
	require.Equal(t, access.Rights{"document": {"get": true}}, created.Role.Rights)
	require.Equal(t, `{"controllers":{"document":{"actions":{"get":true}}},"own":[1.0]}`, string(created.Role.Source))

	got, err := tenant.Role(t.Context(), c, "reader", core.Read{})
	require.NoError(t, err)
	require.Equal(t, created.Role, got)
	_, err = tenant.Role(t.Context(), c, "nope", core.Read{})
	f := requireFault(t, err, fault.NotFound, fault.CodeRoleNotFound)
	require.Equal(t, fault.Subject{Kind: "role", ID: "nope"}, f.Subject)

	before := len(records(t, mem))
	for name, test := range map[string]struct {
		draft core.RoleDraft
		kind  fault.Kind
		code  fault.Code
	}{
		"no id":                {core.RoleDraft{Definition: value(t, `{}`)}, fault.Invalid, fault.CodeMissingArgument},
		"no controllers":       {core.RoleDraft{ID: "reader", Definition: value(t, `{}`)}, fault.Invalid, fault.CodeEmptyArgument},
		"no definition":        {core.RoleDraft{ID: "reader"}, fault.Invalid, fault.CodeEmptyArgument},
		"an unknown action":    {core.RoleDraft{ID: "r", Definition: value(t, `{"controllers":{"document":{"actions":{"x":true}}}}`)}, fault.Invalid, fault.CodeUnknownAction},
		"unknown controllers":  {core.RoleDraft{ID: "r", Definition: value(t, `{"controllers":{"x":{"actions":{"x":true}}}}`)}, fault.Invalid, fault.CodeUnknownController},
		"the anonymous role":   {core.RoleDraft{ID: "anonymous", Definition: value(t, `{"controllers":{"document":{"actions":{"get":true}}}}`)}, fault.Invalid, fault.CodeAnonymousLogin},
		"an id that is taken":  {core.RoleDraft{ID: "reader", Definition: value(t, anyRole)}, fault.AlreadyExists, fault.CodeRoleExists},
		"a long id":            {core.RoleDraft{ID: strings.Repeat("a", 513), Definition: value(t, anyRole)}, fault.Invalid, fault.CodeIDTooLong},
		"an id that is broken": {core.RoleDraft{ID: "\xff", Definition: value(t, anyRole)}, fault.Invalid, fault.CodeInvalidArgument},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tenant.CreateRole(t.Context(), c, test.draft)
			requireFault(t, err, test.kind, test.code)
			require.Len(t, records(t, mem), before)
		})
	}
	_, err = tenant.CreateRole(t.Context(), c, core.RoleDraft{ID: "later", Force: true, Definition: value(t, `{"controllers":{"x":{"actions":{"x":true}}}}`)})
	require.NoError(t, err)
}

func TestIndexesAndCollections(t *testing.T) {
	mem := storetest.NewMemory()
	tenant := open(t, mem.Share(), nil)
	c := anonymous(t, tenant)
	exists := func(ok bool, err error) bool {
		require.NoError(t, err)
		return ok
	}
	_, err := tenant.CreateIndex(t.Context(), c, "shop")
	require.NoError(t, err)
	_, err = tenant.CreateIndex(t.Context(), c, "shop")
	f := requireFault(t, err, fault.AlreadyExists, fault.CodeIndexExists)
	require.Equal(t, fault.Subject{Kind: "index", ID: "shop"}, f.Subject)

	before := tenant.Revision()
	made, err := tenant.CreateCollection(t.Context(), c, catalog.Collection{Index: "forum", Name: "users"})
	require.NoError(t, err)
	require.Equal(t, before+1, made.Revision, "the index and the collection in one step")
	again, err := tenant.CreateCollection(t.Context(), c, catalog.Collection{Index: "forum", Name: "users"})
	require.NoError(t, err)
	require.Equal(t, made, again, "what is there is left as it is")
	_, err = tenant.CreateCollection(t.Context(), c, catalog.Collection{Index: "forum", Name: "posts"})
	require.NoError(t, err)
	_, err = tenant.CreateCollection(t.Context(), c, catalog.Collection{Index: "forum2", Name: "posts"})
	require.NoError(t, err)

	indexes, err := tenant.Indexes(t.Context(), c, core.Read{})
	require.NoError(t, err)
	require.Equal(t, []string{"shop", "forum", "forum2"}, indexes)
	collections, err := tenant.Collections(t.Context(), c, "forum", core.Read{})
	require.NoError(t, err)
	require.Equal(t, []string{"posts", "users"}, collections)
	collections, err = tenant.Collections(t.Context(), c, "shop", core.Read{})
	require.NoError(t, err)
	require.Empty(t, collections)
	_, err = tenant.Collections(t.Context(), c, "nope", core.Read{})
	requireFault(t, err, fault.Precondition, fault.CodeIndexNotFound)

	require.True(t, exists(tenant.IndexExists(t.Context(), c, "forum", core.Read{})))
	require.False(t, exists(tenant.IndexExists(t.Context(), c, "for", core.Read{})))
	require.True(t, exists(tenant.CollectionExists(t.Context(), c, catalog.Collection{Index: "forum", Name: "posts"}, core.Read{})))
	require.False(t, exists(tenant.CollectionExists(t.Context(), c, catalog.Collection{Index: "shop", Name: "posts"}, core.Read{})))

	for _, bad := range []string{"", "Shop", "a/b", "\xff"} {
		_, err = tenant.CreateIndex(t.Context(), c, bad)
		requireFault(t, err, fault.Invalid, fault.CodeInvalidName)
		_, err = tenant.CreateCollection(t.Context(), c, catalog.Collection{Index: bad, Name: "posts"})
		require.Equal(t, "index", requireFault(t, err, fault.Invalid, fault.CodeInvalidName).Subject.Kind)
		_, err = tenant.CreateCollection(t.Context(), c, catalog.Collection{Index: "forum", Name: bad})
		require.Equal(t, "collection", requireFault(t, err, fault.Invalid, fault.CodeInvalidName).Subject.Kind)
	}
}
