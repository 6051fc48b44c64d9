package access_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

func value(t testing.TB, text string) jsonvalue.Value {
	t.Helper()
	v, err := jsonvalue.Parse([]byte(text), jsonvalue.Limits{})
	require.NoError(t, err)
	return v
}

var known = access.Actions{
	"auth":     {"login": {}, "logout": {}},
	"document": {"get": {}, "create": {}},
}

// What is wrong with a role is told in the order in which Kuzzle looks.
func TestParseRoleFaults(t *testing.T) {
	cases := []struct {
		name, id, definition string
		force                bool
		code                 fault.Code
		path                 string
	}{
		{name: "no controllers", definition: `{}`, code: fault.CodeEmptyArgument, path: "r.controllers"},
		{name: "no object at all", definition: `[]`, code: fault.CodeEmptyArgument, path: "r.controllers"},
		{name: "null controllers", definition: `{"controllers":null}`, code: fault.CodeMissingArgument, path: "r.controllers"},
		{name: "controllers of another type", definition: `{"controllers":[]}`, code: fault.CodeInvalidType, path: "r.controllers"},
		{name: "empty controllers", definition: `{"controllers":{}}`, code: fault.CodeEmptyArgument, path: "r.controllers"},
		{name: "a controller of another type", definition: `{"controllers":{"document":true}}`, code: fault.CodeInvalidType, path: "document"},
		{name: "a null controller", definition: `{"controllers":{"document":null}}`, code: fault.CodeInvalidType, path: "document"},
		{name: "an empty controller", definition: `{"controllers":{"document":{}}}`, code: fault.CodeEmptyArgument, path: "document"},
		{name: "no actions", definition: `{"controllers":{"document":{"x":1}}}`, code: fault.CodeMissingArgument, path: "document"},
		{name: "null actions", definition: `{"controllers":{"document":{"actions":null}}}`, code: fault.CodeInvalidType, path: "document.actions"},
		{name: "a list of actions", definition: `{"controllers":{"document":{"actions":["get"]}}}`, code: fault.CodeInvalidType, path: "document.actions"},
		{name: "empty actions", definition: `{"controllers":{"document":{"actions":{}}}}`, code: fault.CodeEmptyArgument, path: "document.actions"},
		{name: "an action that is no boolean", definition: `{"controllers":{"document":{"actions":{"get":1}}}}`, code: fault.CodeInvalidType, path: "document.actions.get"},
		{
			name: "the first controller that is wrong", definition: `{"controllers":{"nope":{"actions":{"get":true}},"document":{"actions":{"get":null}}}}`,
			code: fault.CodeInvalidType, path: "document.actions.get",
		},
		{name: "anonymous without login", id: "anonymous", definition: `{"controllers":{"auth":{"actions":{"login":false}}}}`, code: fault.CodeAnonymousLogin, path: "controllers"},
		{name: "anonymous without auth", id: "anonymous", definition: `{"controllers":{"document":{"actions":{"*":true}}}}`, code: fault.CodeAnonymousLogin, path: "controllers"},
		{name: "login before names", id: "anonymous", definition: `{"controllers":{"auth":{"actions":{"nope":true}}}}`, code: fault.CodeAnonymousLogin, path: "controllers"},
		{name: "an unknown action", definition: `{"controllers":{"document":{"actions":{"get":true,"nope":true}}}}`, code: fault.CodeUnknownAction, path: "controllers.document.actions.nope"},
		{name: "an unknown action, forced", force: true, definition: `{"controllers":{"document":{"actions":{"nope":false}}}}`, code: fault.CodeUnknownAction, path: "controllers.document.actions.nope"},
		{name: "a name in the wildcard", definition: `{"controllers":{"*":{"actions":{"get":true}}}}`, code: fault.CodeUnknownAction, path: "controllers.*.actions.get"},
		{name: "an unknown controller", definition: `{"controllers":{"nope":{"actions":{"get":true}}}}`, code: fault.CodeUnknownController, path: "controllers.nope"},
		{
			name: "actions before controllers", definition: `{"controllers":{"nope":{"actions":{"get":true}},"document":{"actions":{"nope":true}}}}`,
			code: fault.CodeUnknownAction, path: "controllers.document.actions.nope",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			id := c.id
			if id == "" {
				id = "r"
			}
			_, err := access.ParseRole(id, value(t, c.definition), access.RoleRules{Actions: known, Force: c.force})
			f := fault.As(err)
			require.NotNil(t, f)
			require.Equal(t, fault.Invalid, f.Kind)
			require.Equal(t, c.code, f.Code)
			require.Equal(t, c.path, f.Fields[0].Path)
		})
	}
}

func TestUnknownNamesAreTold(t *testing.T) {
	_, err := access.ParseRole("r", value(t, `{"controllers":{"document":{"actions":{"nope":true}}}}`), access.RoleRules{Actions: known})
	f := fault.As(err)
	require.Equal(t, fault.Subject{Kind: "role", ID: "r"}, f.Subject)
	require.Equal(t, []string{"nope", "document"}, f.Fields[0].Values)
	_, err = access.ParseRole("r", value(t, `{"controllers":{"nope":{"actions":{"x":true}}}}`), access.RoleRules{Actions: known})
	require.Equal(t, []string{"nope"}, fault.As(err).Fields[0].Values)
}

func TestParseRole(t *testing.T) {
	cases := map[string]struct {
		id, definition string
		force          bool
		want           access.Rights
	}{
		"plain": {
			"r", `{"controllers":{"document":{"actions":{"get":true,"create":false,"*":true}}}}`, false,
			access.Rights{"document": {"get": true, "create": false, "*": true}},
		},
		"wildcard":                            {"r", `{"controllers":{"*":{"actions":{"*":false}}}}`, false, access.Rights{"*": {"*": false}}},
		"an unknown one behind a known one":   {"r", `{"controllers":{"auth":{"actions":{"*":true}},"nope":{"actions":{"x":true}}}}`, false, access.Rights{"auth": {"*": true}, "nope": {"x": true}}},
		"forced":                              {"r", `{"controllers":{"nope":{"actions":{"x":true}}}}`, true, access.Rights{"nope": {"x": true}}},
		"anonymous by name":                   {"anonymous", `{"controllers":{"auth":{"actions":{"login":true}}}}`, false, access.Rights{"auth": {"login": true}}},
		"anonymous by any action of auth":     {"anonymous", `{"controllers":{"auth":{"actions":{"login":false,"*":true}}}}`, false, access.Rights{"auth": {"login": false, "*": true}}},
		"anonymous by any action of any":      {"anonymous", `{"controllers":{"auth":{"actions":{"login":false}},"*":{"actions":{"*":true}}}}`, false, access.Rights{"auth": {"login": false}, "*": {"*": true}}},
		"fields of one's own, the last wins":  {"r", `{"own":1,"controllers":{"auth":1},"controllers":{"auth":{"actions":{"login":true},"x":2}}}`, false, access.Rights{"auth": {"login": true}}},
		"the same rights read from the store": {"", `{"controllers":{"nope":{"actions":{"x":true}}}}`, true, access.Rights{"nope": {"x": true}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			definition := value(t, c.definition)
			got, err := access.ParseRole(c.id, definition, access.RoleRules{Actions: known, Force: c.force})
			require.NoError(t, err)
			require.Equal(t, c.want, got)
			again, err := access.Grants(definition)
			require.NoError(t, err)
			require.Equal(t, c.want, again)
		})
	}
}
