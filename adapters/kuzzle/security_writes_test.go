package kuzzle_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const aRole = `{"controllers":{"document":{"actions":{"get":true}}}}`

func TestReplaceAndUpdateProfiles(t *testing.T) {
	g := newGate(t, nil)
	first := g.do("PUT", "/profiles/p", `{"tags":["a"],"rateLimit":7,"policies":[{"roleId":"admin"}]}`)
	require.Equal(t, 200, first.status)
	require.JSONEq(t, `{"_version":1,"created":true}`, versionOf(t, first.json))
	second := g.do("PUT", "/profiles/p", `{"policies":[{"roleId":"default"}]}`)
	require.JSONEq(t, `{"_version":2,"created":false}`, versionOf(t, second.json))
	third := g.do("PUT", "/profiles/p/_update?retryOnConflict=3", `{"note":{"a":1}}`)
	require.JSONEq(t, `{"_version":3}`, versionOf(t, third.json))
	fourth := g.message("mqtt", `{"controller":"security","action":"updateProfile","_id":"p","body":{"note":{"b":2},"policies":null}}`)
	require.JSONEq(t, `{"_version":4}`, versionOf(t, fourth))
	source := fourth["result"].(map[string]any)["_source"].(map[string]any)
	require.Equal(t, map[string]any{"a": json.Number("1"), "b": json.Number("2")}, source["note"])

	g.play(t, []step{
		{do: "security:createOrReplaceProfile", body: `{"body":{"policies":[]}}`, status: 400, fault: "api.assert.missing_argument"},
		{do: "PUT /profiles/p", status: 400, fault: "api.assert.body_required"},
		{do: "PUT /profiles/p", body: `{}`, status: 400, fault: "api.assert.missing_argument"},
		{do: "PUT /profiles/p", body: `{"policies":{}}`, status: 400, fault: "api.assert.invalid_type"},
		{do: "PUT /profiles/p?strict", body: `{"policies":[{"roleId":"default","restrictedTo":[{"index":"i"}]}]}`, status: 412, fault: "services.storage.unknown_index"},
		{do: "security:createOrReplaceProfile", body: `{"_id":"p","strict":1,"body":{"policies":[]}}`, status: 400, fault: "api.assert.invalid_type"},
		{do: "PUT /profiles/gone/_update", body: `{"tags":[]}`, status: 404, fault: "security.profile.not_found"},
		{do: "PUT /profiles/p/_update", status: 400, fault: "api.assert.body_required"},
		{do: "PUT /profiles/p/_update?retryOnConflict=x", body: `{"a":1}`, status: 400, fault: "api.assert.invalid_type"},
		{do: "PUT /profiles/p/_update", body: `{"policies":1}`, status: 400, fault: "api.assert.invalid_type"},
		{do: "security:updateProfile", body: `{"_id":5,"body":{}}`, status: 400, fault: "api.assert.invalid_type"},
		{do: "GET /profiles/gone", status: 404, fault: "security.profile.not_found"},
	})
}

func TestReplaceAndUpdateRoles(t *testing.T) {
	g := newGate(t, nil)
	first := g.do("PUT", "/roles/r", aRole)
	require.JSONEq(t, `{"_version":1,"created":true}`, versionOf(t, first.json))
	require.JSONEq(t, `{"_version":2,"created":false}`, versionOf(t, g.do("PUT", "/roles/r", aRole).json))
	require.JSONEq(t, `{"_version":3}`, versionOf(t, g.do("PUT", "/roles/r/_update", aRole).json))
	unknown := `{"controllers":{"mine":{"actions":{"get":true}}}}`
	g.play(t, []step{
		{do: "PUT /roles/r", body: unknown, status: 400, fault: "security.role.unknown_controller"},
		{do: "PUT /roles/r?force", body: unknown, status: 200},
		{do: "POST /roles/s/_create?force", body: unknown, status: 200},
		{do: "PUT /roles/r/_update?force", body: unknown, status: 200},
		{do: "security:createRole", body: `{"_id":"t","force":false,"body":` + unknown + `}`, status: 400, fault: "security.role.unknown_controller"},
		{do: "security:createRole", body: `{"_id":"t","force":"yes","body":` + unknown + `}`, status: 400, fault: "api.assert.invalid_type"},
		{do: "PUT /roles/gone/_update", body: aRole, status: 404, fault: "services.storage.not_found"},
		{do: "PUT /roles/gone/_update", body: `{}`, status: 400, fault: "api.assert.empty_argument"},
		{do: "PUT /roles/r/_update?retryOnConflict=1.5", body: aRole, status: 400, fault: "api.assert.invalid_type"},
		{do: "PUT /roles/r/_update", status: 400, fault: "api.assert.body_required"},
		{do: "PUT /roles/anonymous", body: aRole, status: 400, fault: "security.role.login_required"},
		{do: "security:updateRole", body: `{"body":{}}`, status: 400, fault: "api.assert.missing_argument"},
	})
	gone := g.do("PUT", "/roles/gone/_update", aRole).json["error"].(map[string]any)
	require.Equal(t, []any{"gone", "kuzzle", "roles"}, gone["props"])
}

func TestDeleteProfilesAndRoles(t *testing.T) {
	g := newGate(t, nil)
	g.play(t, []step{
		{do: "PUT /roles/r", body: aRole, status: 200},
		{do: "PUT /profiles/p", body: `{"policies":[{"roleId":"r"}]}`, status: 200},
		{do: "PUT /profiles/q", body: `{"policies":[]}`, status: 200},
		{do: "DELETE /roles/r", status: 412, fault: "security.role.in_use"},
		{do: "DELETE /roles/default", status: 400, fault: "security.role.cannot_delete"},
		{do: "DELETE /profiles/default", status: 400, fault: "security.profile.cannot_delete"},
		{do: "security:deleteProfile", body: `{"_id":"p","onAssignedUsers":1}`, status: 400, fault: "api.assert.invalid_type"},
		{do: "security:deleteProfile", status: 400, fault: "api.assert.missing_argument"},
		{do: "security:deleteRole", status: 400, fault: "api.assert.missing_argument"},
		{do: "POST /roles/_mDelete", body: `{"ids":["r","gone"]}`, status: 206, fault: "services.storage.incomplete_delete", result: `[]`},
		{do: "DELETE /profiles/p?onAssignedUsers=remove", status: 200, result: `{"_id":"p"}`},
		{do: "DELETE /profiles/p", status: 404, fault: "security.profile.not_found"},
		{do: "POST /profiles/_mDelete", body: `{"ids":["q","q"]}`, status: 206, fault: "services.storage.incomplete_delete", result: `["q"]`},
		{do: "security:mDeleteRoles", body: `{"body":{"ids":["r"]}}`, status: 200, result: `["r"]`},
		{do: "security:mDeleteRoles", body: `{"body":{"ids":[]}}`, status: 200, result: `[]`},
		{do: "POST /roles/_mDelete", status: 400, fault: "api.assert.body_required"},
		{do: "POST /roles/_mDelete", body: `{"ids":{}}`, status: 400, fault: "api.assert.invalid_type"},
		{do: "POST /roles/_mDelete", body: `{"ids":[1]}`, status: 400, fault: "api.assert.invalid_type"},
		{do: "POST /roles/_mDelete", body: `{"ids":["` + strings.Repeat(`x","`, 200) + `x"]}`, status: 413, fault: "services.storage.write_limit_exceeded"},
	})
}

// What failed of several deletions is told whole, each with its own data.
func TestPartialErrors(t *testing.T) {
	g := newGate(t, nil)
	x := g.do("POST", "/roles/_mDelete", `{"ids":["gone","admin"]}`)
	require.Equal(t, 206, x.status)
	failure := x.json["error"].(map[string]any)
	require.Equal(t, json.Number("2"), failure["count"])
	var told []string
	for _, e := range failure["errors"].([]any) {
		one := e.(map[string]any)
		told = append(told, fmt.Sprint(one["id"], " ", one["status"], " ", one["props"]))
	}
	require.Equal(t, []string{"security.role.not_found 404 [gone]", "security.role.cannot_delete 400 []"}, told)
}

// versionOf is what an answer tells of a document besides its id and source.
func versionOf(t *testing.T, answer map[string]any) string {
	t.Helper()
	result, ok := answer["result"].(map[string]any)
	require.True(t, ok, "%v", answer)
	told := make(map[string]any)
	for _, name := range []string{"_version", "created"} {
		if v, ok := result[name]; ok {
			told[name] = v
		}
	}
	text, err := json.Marshal(told)
	require.NoError(t, err)
	return string(text)
}
