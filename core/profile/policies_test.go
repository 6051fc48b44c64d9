package profile_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/profile"
)

// there are the records that definitions may refer to: roles by id, indexes by name, collections by "index/name".
type there map[string]bool

func (t there) HasRole(id string) bool             { return t["role "+id] }
func (t there) HasIndex(name string) bool          { return t["index "+name] }
func (t there) HasCollection(index, n string) bool { return t["collection "+index+"/"+n] }
func value(t testing.TB, text string) jsonvalue.Value {
	t.Helper()
	v, err := jsonvalue.Parse([]byte(text), jsonvalue.Limits{})
	require.NoError(t, err)
	return v
}

var everything = there{
	"role default": true, "role admin": true, "role anonymous": true, "role r": true,
	"index forum": true, "index shop": true, "collection forum/posts": true, "collection forum/users": true,
}

// The rules of NOTES "Checks of a profile", one by one.
func TestParsePoliciesFaults(t *testing.T) {
	restricted := func(r string) string { return `{"policies":[{"roleId":"r","restrictedTo":` + r + `}]}` }
	cases := []struct {
		name, id, definition string
		strict               bool
		code                 fault.Code
		path, expected       string
		subject              string
	}{
		{name: "policies that are no list", definition: `{"policies":{"roleId":"r"}}`, code: fault.CodeInvalidType, path: "p.policies", expected: "object[]"},
		{name: "a policy that is no object", definition: `{"policies":[{"roleId":"r"},"r"]}`, code: fault.CodeInvalidType, path: "p.policies[1]", expected: "object"},
		{name: "no roleId", definition: `{"policies":[{}]}`, code: fault.CodeMissingArgument, path: "p.policies[0].roleId"},
		{name: "a null roleId", definition: `{"policies":[{"roleId":null}]}`, code: fault.CodeMissingArgument, path: "p.policies[0].roleId"},
		{name: "an unknown role", definition: `{"policies":[{"roleId":"r"},{"roleId":"nope"}]}`, code: fault.CodeRoleNotFound, path: "p.policies[1].roleId", subject: "nope"},
		{name: "an empty roleId", definition: `{"policies":[{"roleId":""}]}`, code: fault.CodeRoleNotFound, path: "p.policies[0].roleId"},
		{name: "a number for a role", definition: `{"policies":[{"roleId":12}]}`, code: fault.CodeRoleNotFound, path: "p.policies[0].roleId", subject: "12"},
		{name: "an object for a role", definition: `{"policies":[{"roleId":{"a":1}}]}`, code: fault.CodeRoleNotFound, path: "p.policies[0].roleId", subject: "[object Object]"},
		{name: "a list for a role", definition: `{"policies":[{"roleId":["a",null,["b",true]]}]}`, code: fault.CodeRoleNotFound, path: "p.policies[0].roleId", subject: "a,,b,true"},

		{name: "a text for a rate", definition: `{"policies":[{"roleId":"r"}],"rateLimit":"5"}`, code: fault.CodeInvalidType, path: "rateLimit", expected: "integer"},
		{name: "a rate beyond all numbers", definition: `{"policies":[{"roleId":"r"}],"rateLimit":1e400}`, code: fault.CodeInvalidType, path: "rateLimit", expected: "integer"},
		{name: "half a request", definition: `{"policies":[{"roleId":"r"}],"rateLimit":0.5}`, code: fault.CodeInvalidType, path: "rateLimit", expected: "integer"},
		{name: "a negative rate", definition: `{"policies":[{"roleId":"r"}],"rateLimit":-1}`, code: fault.CodeInvalidArgument, path: "rateLimit", expected: "positive integer, or zero"},

		{name: "a member of one's own", definition: `{"policies":[{"roleId":"r","color":1}]}`, code: fault.CodeUnexpectedArgument, path: "p.policies[0].color"},
		{name: "restrictedTo of another type", definition: restricted(`{"index":"forum"}`), code: fault.CodeInvalidType, path: "p.policies[0].restrictedTo", expected: "object[]"},
		{name: "restrictedTo true", definition: restricted(`true`), code: fault.CodeInvalidType, path: "p.policies[0].restrictedTo", expected: "object[]"},
		{name: "a restriction that is text", definition: restricted(`[{"index":"x"},"forum"]`), code: fault.CodeInvalidType, path: "p.policies[0].restrictedTo[forum]", expected: "object"},
		{name: "a null restriction", definition: restricted(`[null]`), code: fault.CodeInvalidType, path: "p.policies[0].restrictedTo[null]", expected: "object"},
		{name: "no index", definition: restricted(`[{"collections":["x"]}]`), code: fault.CodeMissingArgument, path: "p.policies[0].restrictedTo[0].index"},
		{name: "a null index", definition: restricted(`[{"index":null}]`), code: fault.CodeMissingArgument, path: "p.policies[0].restrictedTo[0].index"},
		{name: "an index that is no text", definition: restricted(`[{"index":1}]`), code: fault.CodeInvalidType, path: "p.policies[0].restrictedTo[0].index", expected: "string"},
		{name: "collections of another type", definition: restricted(`[{"index":"x","collections":"y"}]`), code: fault.CodeInvalidType, path: "p.policies[0].restrictedTo[0].collections", expected: "string[]"},
		{name: "a collection that is no text", definition: restricted(`[{"index":"x","collections":["y",1]}]`), code: fault.CodeInvalidType, path: "p.policies[0].restrictedTo[0].collections[1]", expected: "string"},
		{name: "a member of a restriction", definition: restricted(`[{"index":"x"},{"index":"x","color":1}]`), code: fault.CodeUnexpectedArgument, path: "p.policies[0].restrictedTo[1].color"},

		{name: "strict: an unknown index", strict: true, definition: restricted(`[{"index":"nope"}]`), code: fault.CodeIndexNotFound, subject: "nope"},
		{name: "strict: an empty index", strict: true, definition: restricted(`[{"index":""}]`), code: fault.CodeIndexNotFound},
		{
			name: "strict: unknown collections", strict: true, definition: restricted(`[{"index":"forum","collections":["nope","posts","neither"]}]`),
			code: fault.CodeCollectionNotFound, path: "p.policies[0].restrictedTo[0].collections", expected: "existing collections of the index", subject: "forum",
		},

		{name: "anonymous without its role", id: "anonymous", definition: `{"policies":[{"roleId":"r"}]}`, code: fault.CodeAnonymousRole, path: "policies", subject: "anonymous"},
		{name: "anonymous with the default role", id: "anonymous", definition: `{"policies":[]}`, code: fault.CodeAnonymousRole, path: "policies", subject: "anonymous"},

		// What is told first.
		{name: "roles before rates", definition: `{"policies":[{"roleId":"nope"}],"rateLimit":-1}`, code: fault.CodeRoleNotFound, path: "p.policies[0].roleId", subject: "nope"},
		{name: "roles before members", definition: `{"policies":[{"roleId":"r","color":1},{"roleId":"nope"}]}`, code: fault.CodeRoleNotFound, path: "p.policies[1].roleId", subject: "nope"},
		{name: "rates before members", definition: `{"policies":[{"roleId":"r","color":1}],"rateLimit":"x"}`, code: fault.CodeInvalidType, path: "rateLimit", expected: "integer"},
		{name: "members before restrictions", definition: `{"policies":[{"restrictedTo":1,"roleId":"r","color":1}]}`, code: fault.CodeUnexpectedArgument, path: "p.policies[0].color"},
		{name: "strict: the index before its collections", strict: true, definition: restricted(`[{"index":"nope","collections":1}]`), code: fault.CodeIndexNotFound, subject: "nope"},
		{name: "strict: collections before members", strict: true, definition: restricted(`[{"color":1,"index":"shop","collections":["x"]}]`), code: fault.CodeCollectionNotFound, path: "p.policies[0].restrictedTo[0].collections", expected: "existing collections of the index", subject: "shop"},
		{name: "restrictions before the anonymous role", id: "anonymous", definition: restricted(`[1]`), code: fault.CodeInvalidType, path: "anonymous.policies[0].restrictedTo[1]", expected: "object"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			id := c.id
			if id == "" {
				id = "p"
			}
			_, err := profile.ParsePolicies(id, value(t, c.definition), c.strict, everything)
			f := fault.As(err)
			require.NotNil(t, f)
			require.Equal(t, c.code, f.Code)
			if c.path != "" {
				require.Len(t, f.Fields, 1)
				require.Equal(t, c.path, f.Fields[0].Path)
			}
			if c.expected != "" {
				require.Equal(t, c.expected, f.Fields[0].Expected)
			}
			require.Equal(t, c.subject, f.Subject.ID)
		})
	}
}

func TestMissingCollectionsAreAllNamed(t *testing.T) {
	definition := value(t, `{"policies":[{"roleId":"r","restrictedTo":[{"index":"forum","collections":["nope","posts","neither"]}]}]}`)
	_, err := profile.ParsePolicies("p", definition, true, everything)
	require.Equal(t, fault.Precondition, fault.KindOf(err))
	require.Equal(t, []string{"nope", "neither"}, fault.As(err).Fields[0].Values)
}

func TestParsePolicies(t *testing.T) {
	cases := []struct {
		name, id, definition string
		strict               bool
		want                 profile.Policies
	}{
		{
			name: "plain", definition: `{"policies":[{"roleId":"r"}]}`,
			want: profile.Policies{Policies: []profile.Policy{{RoleID: "r"}}, Source: []byte(`{"policies":[{"roleId":"r"}],"rateLimit":0}`)},
		},
		{
			name: "no policies at all", definition: `{}`,
			want: profile.Policies{Policies: []profile.Policy{{RoleID: "default"}}, Source: []byte(`{"policies":[{"roleId":"default"}],"rateLimit":0}`)},
		},
		{
			name: "null policies", definition: `{"rateLimit":null,"policies":null}`,
			want: profile.Policies{Policies: []profile.Policy{{RoleID: "default"}}, Source: []byte(`{"rateLimit":0,"policies":[{"roleId":"default"}]}`)},
		},
		{
			name: "no restriction in many words", definition: `{"policies":[{"roleId":"r","restrictedTo":null},{"roleId":"r","restrictedTo":""},{"roleId":"r","restrictedTo":0},{"roleId":"r","restrictedTo":false}],"rateLimit":5}`,
			want: profile.Policies{
				RateLimit: 5, Policies: []profile.Policy{{RoleID: "r"}, {RoleID: "r"}, {RoleID: "r"}, {RoleID: "r"}},
				Source: []byte(`{"policies":[{"roleId":"r","restrictedTo":null},{"roleId":"r","restrictedTo":""},{"roleId":"r","restrictedTo":0},{"roleId":"r","restrictedTo":false}],"rateLimit":5}`),
			},
		},
		{
			name: "what the server itself adds is dropped, what is one's own stays", definition: `{"tags":["a"],"_id":"x","policies":[{"roleId":"r"}],"optimizedPolicies":1,"_kuzzle_info":{},"rateLimit":1.0}`,
			want: profile.Policies{RateLimit: 1, Policies: []profile.Policy{{RoleID: "r"}}, Source: []byte(`{"tags":["a"],"policies":[{"roleId":"r"}],"rateLimit":1}`)},
		},
		{
			name: "names are not checked", definition: `{"policies":[{"roleId":"r","restrictedTo":[{"index":"No such/*","collections":["",""]},{"index":""}]}]}`,
			want: profile.Policies{
				Policies: []profile.Policy{{RoleID: "r", RestrictedTo: []profile.Restriction{{Index: "No such/*", Collections: []string{"", ""}}, {Index: ""}}}},
				Source:   []byte(`{"policies":[{"roleId":"r","restrictedTo":[{"index":"No such/*","collections":["",""]},{"index":""}]}],"rateLimit":0}`),
			},
		},
		{
			name: "strict", strict: true, definition: `{"policies":[{"roleId":"r","restrictedTo":[{"index":"forum","collections":["posts"]},{"index":"shop","collections":null}]}]}`,
			want: profile.Policies{
				Policies: []profile.Policy{{RoleID: "r", RestrictedTo: []profile.Restriction{{Index: "forum", Collections: []string{"posts"}}, {Index: "shop"}}}},
				Source:   []byte(`{"policies":[{"roleId":"r","restrictedTo":[{"index":"forum","collections":["posts"]},{"index":"shop","collections":null}]}],"rateLimit":0}`),
			},
		},
		{
			name: "anonymous", id: "anonymous", definition: `{"policies":[{"roleId":"r"},{"roleId":"anonymous"}]}`,
			want: profile.Policies{
				Policies: []profile.Policy{{RoleID: "r"}, {RoleID: "anonymous"}},
				Source:   []byte(`{"policies":[{"roleId":"r"},{"roleId":"anonymous"}],"rateLimit":0}`),
			},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := profile.ParsePolicies(c.id, value(t, c.definition), c.strict, everything)
			require.NoError(t, err)
			require.Equal(t, string(c.want.Source), string(got.Source))
			require.Equal(t, c.want, *got)
		})
	}
}

// What ParsePolicies keeps as the source says the same again, and is kept the same.
func TestSourcesAreStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := []string{`{"roleId":"r"}`, `{"roleId":"admin","restrictedTo":[]}`, `{"restrictedTo":[{"collections":[],"index":"x"}],"roleId":"default"}`}
		definition := `{"own":{"b":[1.50,null]},"policies":[` +
			strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 0, 4).Draw(t, "policies"), ",") + `]}`
		v, err := jsonvalue.Parse([]byte(definition), jsonvalue.Limits{})
		require.NoError(t, err)
		first, err := profile.ParsePolicies("p", v, false, everything)
		require.NoError(t, err)
		v, err = jsonvalue.Parse(first.Source, jsonvalue.Limits{})
		require.NoError(t, err)
		again, err := profile.ParsePolicies("p", v, false, everything)
		require.NoError(t, err)
		require.Equal(t, first, again)
	})
}
