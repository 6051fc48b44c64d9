package kuzzle_test

import (
	"testing"

	"github.com/profilegate/profilegate/core/access"
)

const infoMapping = `"_kuzzle_info":{"properties":{"author":{"type":"keyword"},"createdAt":{"type":"date"},"updater":{"type":"keyword"},"updatedAt":{"type":"date"}}}`

func TestIndexesAndCollectionsGo(t *testing.T) {
	g := newGate(t, nil)
	g.play(t, []step{
		{do: "PUT /forum/posts", status: 200},
		{do: "PUT /forum/users", status: 200},
		{do: "POST /empty/_create", status: 200},
		{do: "GET /_storageStats", status: 200, result: `{"size":0,"indexes":[{"name":"forum","size":0,"collections":[` +
			`{"name":"posts","documentCount":0,"size":0},{"name":"users","documentCount":0,"size":0}]}]}`},
		{do: "GET /forum/_list?from=1&size=5&type=stored", status: 200, result: `{"type":"stored","from":1,"size":5,"collections":[{"name":"users","type":"stored"}]}`},
		{do: "GET /forum/_list?type=odd", status: 400, fault: "api.assert.invalid_argument"},
		{do: "DELETE /forum/posts/_truncate", status: 200, result: `{"acknowledged":true}`},
		{do: "POST /forum/posts/_refresh", status: 200, result: `null`},
		{do: "DELETE /forum/gone/_truncate", status: 412, fault: "services.storage.unknown_collection"},
		{do: "POST /gone/posts/_refresh", status: 412, fault: "services.storage.unknown_index"},
		{do: "DELETE /forum/posts", status: 200, result: `null`},
		{do: "DELETE /forum/posts", status: 412, fault: "services.storage.unknown_collection"},
		{do: "DELETE /gone/posts", status: 412, fault: "services.storage.unknown_index"},
		{do: "collection:delete", body: `{"index":"forum"}`, status: 400, fault: "api.assert.missing_argument"},
		{do: "collection:truncate", body: `{"index":"forum","collection":1}`, status: 400, fault: "api.assert.invalid_type"},
		{do: "DELETE /forum", status: 200, result: `{"acknowledged":true}`},
		{do: "DELETE /forum", status: 412, fault: "services.storage.unknown_index"},
		{do: "index:delete", status: 400, fault: "api.assert.missing_argument"},
		{do: "POST /forum/_create", status: 200},
		{do: "GET /forum/users/_exists", status: 200, result: `false`},
		{do: "PUT /forum/_kuzzle_keep", status: 400, fault: "services.storage.collection_reserved"},
	})
}

func TestIndexesGoTogether(t *testing.T) {
	g := newGate(t, users{"t": {User: "u", Profiles: []string{"some"}}})
	g.play(t, []step{
		{do: "PUT /a/c", status: 200},
		{do: "PUT /b/c", status: 200},
		{do: "PUT /d/c", status: 200},
		{do: "PUT /profiles/some", body: `{"policies":[{"roleId":"admin","restrictedTo":[{"index":"a"},{"index":"gone"}]}]}`, status: 200},
		{do: "DELETE /_mDelete", body: `{"indexes":["a","b","gone"]}`, token: "t", status: 200, result: `{"deleted":["a"]}`},
		{do: "index:mDelete", body: `{"body":{"indexes":["d","b","b"]}}`, status: 200, result: `{"deleted":["d","b"]}`},
		{do: "index:mDelete", status: 200, result: `{"deleted":[]}`},
		{do: "index:mDelete", body: `{"body":{"indexes":"a"}}`, status: 400, fault: "api.assert.invalid_type"},
		{do: "index:mDelete", body: `{"body":{"indexes":[null]}}`, status: 400, fault: "api.assert.invalid_type"},
		{do: "GET /_list", status: 200, result: `{"indexes":[]}`},
	})
}

func TestMappings(t *testing.T) {
	g := newGate(t, nil)
	g.play(t, []step{
		{do: "PUT /i/c", body: `{"mappings":{"dynamic":true,"_meta":{"a":1},"properties":{"x":{"type":"text"}}},"settings":{}}`, status: 200},
		{do: "GET /i/c/_mapping", status: 200, result: `{"_meta":{"a":1},"dynamic":"true","properties":{"x":{"type":"text"}}}`},
		{
			do: "collection:getMapping", body: `{"index":"i","collection":"c","includeKuzzleMeta":true}`, status: 200,
			result: `{"_meta":{"a":1},"dynamic":"true","properties":{"x":{"type":"text"},` + infoMapping + `}}`,
		},
		{do: "PUT /i/c", body: `{"properties":{"y":{"properties":{"z":{"type":"long"}}}}}`, status: 200},
		{do: "POST /i/c", body: `{"mappings":{"dynamic":"strict","properties":{"y":{"properties":{"w":{"type":"ip"}}}}}}`, status: 200, result: `null`},
		{do: "PUT /i/c/_mapping", body: `{}`, status: 200, result: `{"_meta":{"a":1},"dynamic":"strict","properties":{"x":{"type":"text"},` +
			`"y":{"properties":{"z":{"type":"long"},"w":{"type":"ip"}}},` + infoMapping + `}}`},
		{do: "PUT /i/c/_mapping", status: 400, fault: "api.assert.body_required"},
		{do: "PUT /i/c/_mapping", body: `{"properties":{"x":{"type":"long"}}}`, status: 400, fault: "services.storage.cannot_change_mapping"},
		{do: "PUT /i/c/_mapping", body: `{"properties":{"n":{"type":"strange"}}}`, status: 400, fault: "services.storage.invalid_mapping_type"},
		{do: "PUT /i/c/_mapping", body: `{"propertis":{}}`, status: 400, fault: "services.storage.invalid_mapping"},
		{do: "PUT /i/c/_mapping", body: `{"dynamic":"maybe"}`, status: 400, fault: "services.storage.invalid_mapping"},
		{do: "PUT /i/c/_mapping", body: `{"properties":[]}`, status: 400, fault: "api.assert.invalid_type"},
		{do: "POST /i/c", body: `{"mappings":5}`, status: 400, fault: "api.assert.invalid_type"},
		{do: "PUT /i/d", body: `{"mappings":5}`, status: 400, fault: "api.assert.invalid_type"},
		{do: "POST /i/gone", status: 412, fault: "services.storage.unknown_collection"},
		{do: "PUT /i/gone/_mapping", body: `{}`, status: 412, fault: "services.storage.unknown_collection"},
		{do: "GET /gone/c/_mapping", status: 412, fault: "services.storage.unknown_index"},
		{do: "DELETE /i/c", status: 200},
		{do: "PUT /i/c", status: 200},
		{do: "GET /i/c/_mapping", status: 200, result: `{"dynamic":"false","properties":{}}`},
	})
}

func TestSecurityMappings(t *testing.T) {
	g := newGate(t, nil)
	for path, defaults := range map[string]string{
		"/profiles/_mapping": `"tags":{"type":"keyword"},"policies":{"properties":{"roleId":{"type":"keyword"},"restrictedTo":{"type":"nested",` +
			`"properties":{"index":{"type":"keyword"},"collections":{"type":"keyword"}}}}}`,
		"/roles/_mapping": `"tags":{"type":"keyword"},"controllers":{"dynamic":"false","properties":{}}`,
		"/users/_mapping": `"profileIds":{"type":"keyword"}`,
	} {
		g.play(t, []step{
			{do: "GET " + path, status: 200, result: `{"mapping":{` + defaults + `}}`},
			{
				do: "PUT " + path, body: `{"properties":{"color":{"type":"keyword"}}}`, status: 200,
				result: `{"dynamic":"false","properties":{` + defaults + `,` + infoMapping + `,"color":{"type":"keyword"}}}`,
			},
			{do: "GET " + path, status: 200, result: `{"mapping":{` + defaults + `,"color":{"type":"keyword"}}}`},
			{do: "PUT " + path, status: 400, fault: "api.assert.body_required"},
			{do: "PUT " + path, body: `[1]`, status: 400, fault: "api.assert.invalid_type"},
			{do: "PUT " + path, body: `{"properties":{"color":{"type":"date"}}}`, status: 400, fault: "services.storage.cannot_change_mapping"},
		})
	}
}

func TestRightsAreListed(t *testing.T) {
	g := newGate(t, users{"t": {User: "u", Profiles: []string{"p", "q"}}, "none": {User: "n", Profiles: []string{"admin", access.Anonymous}}})
	everything := `{"hits":[{"controller":"*","action":"*","index":"*","collection":"*","value":"allowed"}],"total":1}`
	g.play(t, []step{
		{do: "PUT /roles/r", body: `{"controllers":{"document":{"actions":{"get":true,"delete":false}},"auth":{"actions":{"getMyRights":true,"checkRights":true}}}}`, status: 200},
		{do: "PUT /roles/s", body: `{"controllers":{"document":{"actions":{"delete":true}}}}`, status: 200},
		{do: "PUT /profiles/p", body: `{"policies":[{"roleId":"r"}]}`, status: 200},
		{do: "PUT /profiles/q", body: `{"policies":[{"roleId":"s","restrictedTo":[{"index":"i"},{"index":"j","collections":["a","b"]}]},{"roleId":"r"}]}`, status: 200},
		{do: "GET /_me/_rights", status: 200, result: everything},
		{do: "GET /users/_me/_rights", token: "none", status: 200, result: everything},
		{do: "GET /profiles/gone/_rights", status: 404, fault: "security.profile.not_found"},
		{do: "security:getProfileRights", status: 400, fault: "api.assert.missing_argument"},
		{do: "auth:getMyRights", token: "t", status: 200, result: `{"total":7,"hits":[` +
			`{"controller":"auth","action":"checkRights","index":"*","collection":"*","value":"allowed"},` +
			`{"controller":"auth","action":"getMyRights","index":"*","collection":"*","value":"allowed"},` +
			`{"controller":"document","action":"delete","index":"*","collection":"*","value":"denied"},` +
			`{"controller":"document","action":"get","index":"*","collection":"*","value":"allowed"},` +
			`{"controller":"document","action":"delete","index":"i","collection":"*","value":"allowed"},` +
			`{"controller":"document","action":"delete","index":"j","collection":"a","value":"allowed"},` +
			`{"controller":"document","action":"delete","index":"j","collection":"b","value":"allowed"}]}`},
		{do: "POST /_checkRights", body: `{"controller":"document","action":"delete","index":"i"}`, token: "t", status: 200, result: `{"allowed":true}`},
		{do: "POST /_checkRights", body: `{"controller":"document","action":"delete","index":"other"}`, token: "t", status: 200, result: `{"allowed":false}`},
		{do: "auth:checkRights", body: aboutTargets(`[{"index":"i","collections":["x","y"]},{"index":"j","collections":["a"]}]`), token: "t", status: 200, result: `{"allowed":true}`},
		{do: "auth:checkRights", body: aboutTargets(`[{"index":"i","collections":["x"]},{"index":"j","collections":["a","c"]}]`), token: "t", status: 200, result: `{"allowed":false}`},
		{do: "auth:checkRights", body: aboutTargets(`[{"index":"i*","collections":["x"]}]`), token: "t", status: 200, result: `{"allowed":false}`},
		{do: "auth:checkRights", body: aboutTargets(`[{"index":"i","collections":["x*"]}]`), token: "t", status: 200, result: `{"allowed":false}`},
		{do: "auth:checkRights", body: aboutTargets(`[{"index":"other"},{"collections":["x"]},{"index":"other","collections":[]}]`), token: "t", status: 200, result: `{"allowed":true}`},
		{do: "auth:checkRights", body: aboutTargets(`[{}]`), token: "none", status: 200, result: `{"allowed":true}`},
		{do: "POST /_checkRights", body: `{"controller":"document","action":"delete","targets":7}`, token: "t", status: 400, fault: "api.assert.invalid_type"},
		{do: "auth:checkRights", body: aboutTargets(`[null]`), token: "t", status: 400, fault: "api.assert.invalid_type"},
		{do: "auth:checkRights", body: aboutTargets(`[{"index":1,"collections":["x"]}]`), token: "t", status: 400, fault: "api.assert.invalid_type"},
		{do: "auth:checkRights", body: aboutTargets(`[{"index":"i","collections":"x"}]`), token: "t", status: 400, fault: "api.assert.invalid_type"},
		{do: "auth:checkRights", body: aboutTargets(`[{"index":"i","collections":[1]}]`), token: "t", status: 400, fault: "api.assert.invalid_type"},
		{do: "document:delete", body: `{"targets":[{"index":"other","collections":["x"]}]}`, token: "t", status: 403, fault: "security.rights.forbidden"},
		{do: "document:delete", body: `{"targets":[{"index":"i","collections":["x"]}]}`, token: "t", status: 404, fault: "api.process.action_not_found"},
		{do: "POST /_checkRights", body: `{"controller":"x"}`, status: 400, fault: "api.assert.missing_argument"},
		{do: "POST /_checkRights", body: `{"action":"x","controller":1}`, status: 400, fault: "api.assert.missing_argument"},
		{do: "auth:checkRights", status: 400, fault: "api.assert.body_required"},
		{do: "POST /_checkRights/-1", body: `{"controller":"auth","action":"login"}`, status: 200, result: `{"allowed":true}`},
		{do: "POST /_checkRights/nobody", body: `{"controller":"auth","action":"login"}`, status: 404, fault: "security.user.not_found"},
		{do: "security:checkRights", body: `{"body":{"controller":"a","action":"b"}}`, status: 400, fault: "api.assert.missing_argument"},
		{do: "security:checkRights", body: `{"userId":1,"body":{"controller":"a","action":"b"}}`, status: 400, fault: "api.assert.invalid_type"},
	})
}

// aboutTargets asks whether one may delete documents at several places.
func aboutTargets(targets string) string {
	return `{"body":{"controller":"document","action":"delete","targets":` + targets + `}}`
}

// TestIndexesAreListedAsTheyWereMade holds the order that Kuzzle lists indexes in, whatever is made in them later.
func TestIndexesAreListedAsTheyWereMade(t *testing.T) {
	g := newGate(t, nil)
	g.play(t, []step{
		{do: "POST /nyc/_create", status: 200},
		{do: "PUT /mtp/b", status: 200},
		{do: "POST /abc/_create", status: 200},
		{do: "PUT /nyc/c", status: 200},
		{do: "PUT /mtp/a", status: 200},
		{do: "GET /_list", status: 200, result: `{"indexes":["nyc","mtp","abc"]}`},
		{do: "index:list", body: `{"countCollection":true}`, status: 200, result: `{"indexes":["nyc","mtp","abc"],"collections":{"abc":0,"mtp":2,"nyc":1}}`},
		{do: "GET /mtp/_list", status: 200, result: `{"type":"all","collections":[{"name":"a","type":"stored"},{"name":"b","type":"stored"}]}`},
		{do: "DELETE /nyc", status: 200},
		{do: "POST /nyc/_create", status: 200},
		{do: "GET /_list", status: 200, result: `{"indexes":["mtp","abc","nyc"]}`},
	})
}

// TestCollectionNamesAreJudgedFirst holds that a bad name is told before bad mappings.
func TestCollectionNamesAreJudgedFirst(t *testing.T) {
	g := newGate(t, nil)
	g.play(t, []step{
		{do: "PUT /nyc/us.ers", body: `{"mappings":"mappings"}`, status: 400, fault: "services.storage.invalid_collection_name"},
		{do: "PUT /ny%25c/users", body: `{"mappings":"mappings"}`, status: 400, fault: "services.storage.invalid_index_name"},
		{do: "PUT /nyc/_kuzzle_keep", body: `{"mappings":"mappings"}`, status: 400, fault: "services.storage.collection_reserved"},
		{do: "PUT /nyc/users", body: `{"mappings":"mappings"}`, status: 400, fault: "api.assert.invalid_type"},
	})
}
