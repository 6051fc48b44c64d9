package core_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/store/storetest"
)

func TestCreateSpecProfile(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 30, 15, 987_654_321, time.FixedZone("", 3600))
	mem := storetest.NewMemory()
	tenant := open(t, mem.Share(), &core.Options{Specs: true, Now: func() time.Time { return now }})
	c, err := tenant.Member(access.Actor{User: "u", Project: "P", Domain: "D"})
	require.NoError(t, err)
	spec := `{"version":1.0,"properties":{"timeout":"60","template":{"b":1,"a":2}},"type":"os.heat.stack"}`
	created, err := tenant.CreateProfile(t.Context(), c, &core.SpecDraft{Name: "p1", Spec: value(t, spec), Metadata: value(t, `{"z":1.50,"a":null}`)})
	require.NoError(t, err)

	want := &profile.Spec{
		Name: "p1", Type: "os.heat.stack-1.0", Project: "P", User: "u", Domain: "D",
		Spec: []byte(spec), Metadata: []byte(`{"z":1.50,"a":null}`),
	}
	p := created.Profile
	require.Equal(t, want, p.Body)
	require.NoError(t, uuid.Validate(p.ID))
	require.Equal(t, uint64(1), p.Version)
	require.Equal(t, created.Head.Revision, p.Revision)
	require.Equal(t, time.Date(2026, 11, 21, 11, 30, 15, 0, time.UTC), p.CreatedAt, "whole seconds, in UTC")
	require.Zero(t, p.UpdatedAt)

	stored, err := record.DecodeProfile(records(t, mem)[record.ProfileKey(profile.StyleSpec, p.ID)])
	require.NoError(t, err)
	require.Equal(t, want, stored.Body)
	require.Equal(t, p.CreatedAt, stored.CreatedAt)
	require.Equal(t, p.Revision, stored.Revision)
}

func TestSpecMetadata(t *testing.T) {
	tenant := open(t, storetest.NewMemory(), nil)
	c := member(t, tenant, "P")
	for name, m := range map[string]struct {
		given jsonvalue.Value
		want  string
	}{
		"absent": {jsonvalue.Value{}, `{}`},
		"null":   {jsonvalue.Null(), `{}`},
		"empty":  {jsonvalue.Object(), `{}`},
		"full":   {value(t, `{"k":[1]}`), `{"k":[1]}`},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := tenant.CreateProfile(t.Context(), c, &core.SpecDraft{Name: "p", Spec: value(t, heat), Metadata: m.given})
			require.NoError(t, err)
			require.Equal(t, m.want, string(p.Profile.Body.(*profile.Spec).Metadata))
		})
	}
	for _, bad := range []string{`[]`, `"text"`, `5`, `true`} {
		_, err := tenant.CreateProfile(t.Context(), c, &core.SpecDraft{Name: "p", Spec: value(t, heat), Metadata: value(t, bad)})
		f := requireFault(t, err, fault.Invalid, fault.CodeInvalidType)
		require.Equal(t, "metadata", f.Fields[0].Path)
	}
}

func TestSpecRefusals(t *testing.T) {
	mem := storetest.NewMemory()
	tenant := open(t, mem.Share(), &core.Options{Specs: true})
	c := member(t, tenant, "P")
	cases := map[string]struct {
		name, spec string
		kind       fault.Kind
		code       fault.Code
	}{
		"no name":           {"", heat, fault.Invalid, fault.CodeInvalidArgument},
		"a long name":       {strings.Repeat("a", 256), heat, fault.Invalid, fault.CodeInvalidArgument},
		"a bad name":        {"a b", heat, fault.Invalid, fault.CodeInvalidArgument},
		"names come first":  {"", `[]`, fault.Invalid, fault.CodeInvalidArgument},
		"no object":         {"p", `[]`, fault.Invalid, fault.CodeInvalidType},
		"no type":           {"p", `{}`, fault.Invalid, fault.CodeSpecKeyMissing},
		"an unknown type":   {"p", `{"type":"os.nope","version":"1.0","properties":{}}`, fault.NotFound, fault.CodeProfileTypeNotFound},
		"against a schema":  {"p", `{"type":"os.nova.server","version":"1.0","properties":{}}`, fault.Invalid, fault.CodeSpecInvalid},
		"against its rules": {"p", `{"type":"os.heat.stack","version":"1.0","properties":{}}`, fault.Invalid, fault.CodeSpecCheckFailed},
	}
	for name, bad := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := tenant.CreateProfile(t.Context(), c, &core.SpecDraft{Name: bad.name, Spec: value(t, bad.spec)})
			requireFault(t, err, bad.kind, bad.code)
		})
	}
	_, err := tenant.CreateProfile(t.Context(), c, &core.SpecDraft{Name: "p"})
	requireFault(t, err, fault.Invalid, fault.CodeInvalidType)
	require.Empty(t, records(t, mem))
}

func TestStylesThatATenantDoesNotSpeak(t *testing.T) {
	policies, specs := open(t, storetest.NewMemory(), &core.Options{Policies: true}), open(t, storetest.NewMemory(), &core.Options{Specs: true})
	_, err := policies.CreateProfile(t.Context(), member(t, policies, "P"), &core.SpecDraft{Name: "p", Spec: value(t, heat)})
	requireFault(t, err, fault.Invalid, fault.CodeNotSupported)
	_, err = policies.ValidateSpec(member(t, policies, "P"), value(t, heat))
	requireFault(t, err, fault.Invalid, fault.CodeNotSupported)
	_, err = specs.CreateProfile(t.Context(), member(t, specs, "P"), &core.PolicyDraft{ID: "p", Definition: plain})
	requireFault(t, err, fault.Invalid, fault.CodeNotSupported)
	_, err = specs.CreateProfile(t.Context(), member(t, specs, "P"), nil)
	requireFault(t, err, fault.Internal, fault.CodeInternal)
}

func TestValidateSpec(t *testing.T) {
	mem := storetest.NewMemory()
	tenant := open(t, mem.Share(), &core.Options{Specs: true})
	c := member(t, tenant, "P")
	got, err := tenant.ValidateSpec(c, value(t, heat))
	require.NoError(t, err)
	require.Equal(t, &profile.Spec{Name: "validated_profile", Type: "os.heat.stack-1.0", Project: "P", User: "user-P", Spec: []byte(heat)}, got)
	_, err = tenant.ValidateSpec(c, value(t, `{"type":"os.heat.stack","version":"1.0","properties":{}}`))
	require.ErrorContains(t, err, "validated_profile")
	require.Empty(t, records(t, mem), "nothing is stored")
}

// putSpec stores a spec profile as it stands.
func putSpec(t testing.TB, st store.Store, id, name, project string) {
	t.Helper()
	p := &profile.Profile{ID: id, CreatedAt: time.Unix(1, 0), Body: &profile.Spec{Name: name, Type: "t-1.0", Project: project, Spec: []byte("{}")}}
	commit(t, st, store.Change{Key: record.ProfileKey(profile.StyleSpec, id), Data: record.EncodeProfile(p)})
}

func TestFindSpecProfile(t *testing.T) {
	const (
		web    = "11110000-0000-4000-8000-000000000001"
		other  = "11110000-0000-4000-8000-000000000002"
		twin1  = "22220000-0000-4000-8000-000000000001"
		twin2  = "22230000-0000-4000-8000-000000000002"
		strewn = "33330000-0000-4000-8000-000000000001"
		posing = "44440000-0000-4000-8000-000000000001"
	)
	mem := storetest.NewMemory()
	putSpec(t, mem, web, "web", "P")
	putSpec(t, mem, other, "web", "Q")
	putSpec(t, mem, twin1, "twin", "P")
	putSpec(t, mem, twin2, "twin", "P")
	putSpec(t, mem, strewn, "1111", "P") // a name that is another's short id
	putSpec(t, mem, posing, strings.ReplaceAll(web, "-", ""), "P")
	tenant := open(t, mem.Share(), &core.Options{Specs: true})
	p, q := member(t, tenant, "P"), member(t, tenant, "Q")
	admin, stranger := member(t, tenant, "R", "admin"), member(t, tenant, "R", "member")

	cases := []struct {
		name     string
		c        core.Caller
		identity string
		want     string
		code     fault.Code
	}{
		{"by id", p, web, web, ""},
		{"by the id of another project", p, other, "", fault.CodeProfileNotFound},
		{"an administrator, by any id", admin, other, other, ""},
		{"by name", p, "web", web, ""},
		{"by name, in another project", q, "web", other, ""},
		{"by name, as a stranger", stranger, "web", "", fault.CodeProfileNotFound},
		{"an administrator, by a name of two projects", admin, "web", "", fault.CodeProfileAmbiguous},
		{"by a name of two", p, "twin", "", fault.CodeProfileAmbiguous},
		{"by short id", p, "11110", web, ""},
		{"by a short id of two, one of them another's", q, "1111", other, ""},
		{"by a short id of two", p, "222", "", fault.CodeProfileAmbiguous},
		{"by a short id that is a name", p, "1111", strewn, ""},
		{"an administrator, by a short id of two projects", admin, "11110", "", fault.CodeProfileAmbiguous},
		{"by nothing like it", p, "99", "", fault.CodeProfileNotFound},
		{"by an id that is not there", p, "11110000-0000-4000-8000-000000000009", "", fault.CodeProfileNotFound},
		{"text like a UUID that is a name", p, strings.ReplaceAll(web, "-", ""), posing, ""},
		{"text like a UUID is no short id", p, strings.ReplaceAll(twin1, "-", ""), "", fault.CodeProfileNotFound},
		{"by nothing at all", p, "", "", fault.CodeProfileNotFound},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			got, err := tenant.FindSpecProfile(t.Context(), test.c, test.identity, core.Read{})
			if test.code == "" {
				require.NoError(t, err)
				require.Equal(t, test.want, got.ID)
				again, err := tenant.Profile(t.Context(), test.c, profile.StyleSpec, test.identity, core.Read{Local: true})
				require.NoError(t, err)
				require.Same(t, got, again)
				return
			}
			kind := fault.NotFound
			if test.code == fault.CodeProfileAmbiguous {
				kind = fault.Ambiguous
			}
			f := requireFault(t, err, kind, test.code)
			require.Equal(t, test.identity, f.Subject.ID, "as it was asked for")
		})
	}
}

// Nothing is looked up in one style that was made in the other.
func TestStylesHaveIDsOfTheirOwn(t *testing.T) {
	mem := storetest.NewMemory()
	putSpec(t, mem, "shared", "web", "P")
	tenant := open(t, mem.Share(), nil)
	createPolicy(t, tenant, "shared")
	p, err := tenant.FindSpecProfile(t.Context(), member(t, tenant, "P"), "shared", core.Read{})
	require.NoError(t, err)
	require.Equal(t, profile.StyleSpec, p.Style())
	p, err = tenant.Profile(t.Context(), anonymous(t, tenant), profile.StylePolicies, "shared", core.Read{})
	require.NoError(t, err)
	require.Equal(t, profile.StylePolicies, p.Style())
}

func TestManySpecProfilesOfOneNameAtOnce(t *testing.T) {
	_, ts := nodes(t, 2)
	var all sync.WaitGroup
	for i := range 40 {
		c := member(t, ts[i%2], "P")
		spec := value(t, nova)
		all.Go(func() {
			if _, err := ts[i%2].CreateProfile(t.Context(), c, &core.SpecDraft{Name: "same", Spec: spec}); err != nil {
				t.Errorf("names need not be unique: %v", err)
			}
		})
	}
	all.Wait()
	got, err := ts[0].ListSpecProfiles(t.Context(), member(t, ts[0], "P"), core.SpecList{Names: []string{"same"}}, core.Read{})
	require.NoError(t, err)
	require.Len(t, got, 40)
}

// A caller who acts for no project, as those of policy profiles do, sees the spec profiles of none.
func TestACallerWithoutAProject(t *testing.T) {
	const id = "11110000-0000-4000-8000-000000000001"
	mem := storetest.NewMemory()
	putSpec(t, mem, id, "web", "P")
	tenant := open(t, mem.Share(), nil)
	c := anonymous(t, tenant)
	for _, q := range []core.SpecList{{}, {Names: []string{"web"}}, {Types: []string{"t-1.0"}}, {Sort: []core.SpecSort{{Key: core.SortName}}}} {
		got, err := tenant.ListSpecProfiles(t.Context(), c, q, core.Read{})
		require.NoError(t, err)
		require.Empty(t, got)
	}
	for _, identity := range []string{id, "web", "1111"} {
		_, err := tenant.FindSpecProfile(t.Context(), c, identity, core.Read{})
		requireFault(t, err, fault.NotFound, fault.CodeProfileNotFound)
	}
}
