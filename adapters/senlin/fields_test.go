package senlin_test

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestProfileKey tells what may stand under the key profile.
func TestProfileKey(t *testing.T) {
	tests := []struct{ profile, message string }{
		{`null`, general},
		{`5`, general},
		{`true`, general},
		{`"abc"`, "'abc' is not of type 'object'"},
		{`"it's"`, `"it's" is not of type 'object'`},
		{`""`, "'' is not of type 'object'"},
		{`[]`, "[] is not of type 'object'"},
		{`[1]`, "[1] is not of type 'object'"},
		{`["a",null,true,1.50,{"k":"v"}]`, "['a', None, True, 1.5, {'k': 'v'}] is not of type 'object'"},
		{`"the name"`, general},   // Python finds 'name' in it, and stumbles over what it cannot look up
		{`["x","spec"]`, general}, // likewise
		{`["specs"]`, "['specs'] is not of type 'object'"},
		{`{}`, "'name' is a required property"},
	}
	h := api(t)
	for _, tt := range tests {
		t.Run(tt.profile, func(t *testing.T) {
			w := answer(h, ask(http.MethodPost, "/v1/profiles", `{"profile":`+tt.profile+`}`))
			isFault(t, w, http.StatusBadRequest, "HTTPBadRequest", tt.message)
		})
	}
}

// TestCreateFields holds the rows of the contract's table of fields, and what comes first of several that are wrong. $ stands for a good spec.
func TestCreateFields(t *testing.T) {
	const (
		noName  = "'name' is a required property"
		noSpec  = "'spec' is a required property"
		empty   = "The value for the name field must be at least 1 characters long."
		long    = "The value for the name field must be less than 255 characters long."
		illegal = "The value for the 'name' (%) contains illegal characters. It must contain only alphanumeric or \"_-.~\" characters and must start " +
			"with letter."
	)
	a255 := strings.Repeat("a", 255)
	tests := []struct{ profile, message string }{
		{`{"name":"p1"}`, noSpec},
		{`{"spec":$}`, noName},
		{`{"metadata":{}}`, noName},
		{`{"name":"p1","spec":$,"color":1}`, "Additional properties are not allowed ('color' was unexpected)"},
		{`{"name":"p1","spec":$,"zeta":1,"alpha":1}`, "Additional properties are not allowed ('alpha', 'zeta' were unexpected)"},
		{`{"name":"p1","spec":$,"b'c":1,"Z":1}`, `Additional properties are not allowed ('Z', "b'c" were unexpected)`},
		{`{"name":"p1","color":1}`, noSpec},
		{`{"color":1,"Name":"p1"}`, noName},

		{`{"name":null,"spec":$}`, "Field `name' cannot be None"},
		{`{"name":5,"spec":$}`, general},
		{`{"name":1.5,"spec":$}`, general},
		{`{"name":true,"spec":$}`, general},
		{`{"name":["a"],"spec":$}`, general},
		{`{"name":{"a":1},"spec":$}`, general},
		{`{"name":[],"spec":$}`, empty},
		{`{"name":{},"spec":$}`, empty},
		{`{"name":[1` + strings.Repeat(",1", 255) + `],"spec":$}`, long},
		{`{"name":"","spec":$}`, empty},
		{`{"name":"` + a255 + `a","spec":$}`, long},
		{`{"name":"` + strings.Repeat("測", 256) + `","spec":$}`, long},
		{`{"name":"a b","spec":$}`, strings.ReplaceAll(illegal, "%", "a b")},
		{`{"name":"profilé","spec":$}`, strings.ReplaceAll(illegal, "%", "profilé")},
		{`{"name":"a/b","spec":$}`, strings.ReplaceAll(illegal, "%", "a/b")},
		{`{"name":"a\r\nX: y","spec":$}`, strings.ReplaceAll(illegal, "%", "a\r\nX: y")},

		{`{"name":"p1","spec":null}`, "Field `spec' cannot be None"},
		{`{"name":"p1","spec":"null"}`, "Field `spec' cannot be None"},
		{`{"name":"p1","spec":"abc"}`, "The value (abc) is not a valid JSON."},
		{`{"name":"p1","spec":""}`, "The value () is not a valid JSON."},
		{`{"name":"p1","spec":"\"abc\""}`, "The value (abc) is not a valid JSON."},
		{`{"name":"p1","spec":"\"5\""}`, `'"5"' is not of type 'object'`},
		{`{"name":"p1","spec":"{}"}`, "'{}' is not of type 'object'"},
		{`{"name":"p1","spec":"{\"k\": \"v\"}"}`, `'{"k": "v"}' is not of type 'object'`},
		{`{"name":"p1","spec":5}`, "5 is not of type 'object'"},
		{`{"name":"p1","spec":false}`, "False is not of type 'object'"},
		{`{"name":"p1","spec":["a","b"]}`, "['a', 'b'] is not of type 'object'"},

		{`{"name":"p1","spec":$,"metadata":"abc"}`, "The value (abc) is not a valid JSON."},
		{`{"name":"p1","spec":$,"metadata":"null"}`, "'null' is not of type 'object', 'null'"},
		{`{"name":"p1","spec":$,"metadata":"{\"k\": \"v\"}"}`, `'{"k": "v"}' is not of type 'object', 'null'`},
		{`{"name":"p1","spec":$,"metadata":["a","b"]}`, "['a', 'b'] is not of type 'object', 'null'"},
		{`{"name":"p1","spec":$,"metadata":0}`, "0 is not of type 'object', 'null'"},

		// What a field cannot take in is told first, in the order of declaration; what its schema refuses last.
		{`{"metadata":"abc","spec":null,"name":null}`, "Field `name' cannot be None"},
		{`{"metadata":"abc","spec":null}`, "Field `spec' cannot be None"},
		{`{"metadata":"abc"}`, "The value (abc) is not a valid JSON."},
		{`{"metadata":"abc","color":1}`, "The value (abc) is not a valid JSON."},
		{`{"name":"","color":1}`, empty},
		{`{"spec":5}`, noName},
		{`{"name":"p1","metadata":[]}`, noSpec},
		{`{"name":"p1","spec":5,"color":1}`, "Additional properties are not allowed ('color' was unexpected)"},
		{`{"name":"p1","spec":[1],"metadata":[2]}`, "[1] is not of type 'object'"},
	}
	h := api(t)
	for _, tt := range tests {
		t.Run(tt.profile, func(t *testing.T) {
			body := `{"profile":` + strings.ReplaceAll(tt.profile, "$", heatSpec) + `}`
			isFault(t, answer(h, ask(http.MethodPost, "/v1/profiles", body)), http.StatusBadRequest, "HTTPBadRequest", tt.message)
		})
	}
	require.Empty(t, decoded(t, answer(h, ask(http.MethodGet, "/v1/profiles", "")))["profiles"])
}

func TestGoodNames(t *testing.T) {
	h := api(t)
	for _, name := range []string{"a", "-_.~1a", "1", "测试profile", "龥", "٣", strings.Repeat("a", 255), strings.Repeat("测", 255), "validate"} {
		p := created(t, h, name)
		require.Equal(t, name, p["name"])
		id, _ := p["id"].(string)
		for _, identity := range []string{name, id, strings.ToUpper(id), strings.ToUpper(id[:14])} {
			w := answer(h, ask(http.MethodGet, "/v1/profiles/"+url.PathEscape(identity), ""))
			require.Equalf(t, http.StatusOK, w.Code, "body: %s", w.Body)
		}
	}
}

func TestMetadata(t *testing.T) {
	h := api(t)
	for given, want := range map[string]string{``: `{}`, `,"metadata":null`: `{}`, `,"metadata":{}`: `{}`, `,"metadata":{"a":[1,{}]}`: `{"a":[1,{}]}`} {
		w := answer(h, ask(http.MethodPost, "/v1/profiles", `{"other":1,"profile":{"name":"p1","spec":`+heatSpec+given+`}}`))
		require.Equalf(t, http.StatusCreated, w.Code, "body: %s", w.Body)
		require.Contains(t, w.Body.String(), `"metadata":`+want+`,`)
	}
}

func TestValidateFields(t *testing.T) {
	tests := []struct{ body, message string }{
		{``, general},
		{`{}`, "Request body missing 'profile' key."},
		{`{"profile":null}`, general},
		{`{"profile":"a name"}`, "'a name' is not of type 'object'"}, // no field of that name here
		{`{"profile":"a spec"}`, general},
		{`{"profile":{}}`, "'spec' is a required property"},
		{`{"profile":{"name":"p1"}}`, "'spec' is a required property"},
		{`{"profile":{"spec":$,"name":"p1"}}`, "Additional properties are not allowed ('name' was unexpected)"},
		{`{"profile":{"spec":$,"name":5,"metadata":"x"}}`, "Additional properties are not allowed ('metadata', 'name' were unexpected)"},
		{`{"profile":{"spec":null}}`, "Field `spec' cannot be None"},
		{`{"profile":{"spec":[1]}}`, "[1] is not of type 'object'"},
	}
	h := api(t)
	for _, tt := range tests {
		t.Run(tt.body, func(t *testing.T) {
			body := strings.ReplaceAll(tt.body, "$", heatSpec)
			w := answer(h, ask(http.MethodPost, "/v1/profiles/validate", body, "OpenStack-API-Version", "clustering 1.14"))
			isFault(t, w, http.StatusBadRequest, "HTTPBadRequest", tt.message)
		})
	}
}

// TestSpecFaults shows which faults of a spec name the profile: those of its schema, while it is created.
func TestSpecFaults(t *testing.T) {
	tests := []struct {
		name, spec            string
		status                int
		typ, prefix, creating string
		validating            string // where it differs beyond the prefix
	}{
		{"no type", `{}`, 400, "ESchema", "", "The 'type' key is missing from the provided spec map.", ""},
		{"no version", `{"type":"os.heat.stack"}`, 400, "ESchema", "", "The 'version' key is missing from the provided spec map.", ""},
		{"type no text", `{"type":1,"version":"1.0"}`, 400, "HTTPBadRequest", "", general, ""},
		{"unknown type", `{"type":"os.nope","version":"1.0"}`, 404, "ResourceNotFound", "", "The profile_type 'os.nope-1.0' could not be found.", ""},
		{"properties null", `{"type":"os.heat.stack","version":"1.0","properties":null}`, 400, "HTTPBadRequest", "", general, ""},
		{
			"no properties", `{"type":"os.heat.stack","version":"1.0"}`, 400, "InvalidSpec",
			"Failed in creating profile p1: ", "Required spec item 'properties' not provided", "",
		},
		{
			"own check", `{"type":"os.heat.stack","version":"1.0","properties":{}}`, 400, "InvalidSpec", "",
			"Both template and template_url are not specified for profile 'p1'.",
			"Both template and template_url are not specified for profile 'validated_profile'.",
		},
	}
	h := api(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := answer(h, ask(http.MethodPost, "/v1/profiles", `{"profile":{"name":"p1","spec":`+tt.spec+`}}`))
			isFault(t, w, tt.status, tt.typ, tt.prefix+tt.creating)
			w = answer(h, ask(http.MethodPost, "/v1/profiles/validate", `{"profile":{"spec":`+tt.spec+`}}`, "OpenStack-API-Version", "clustering 1.2"))
			isFault(t, w, tt.status, tt.typ, cmp.Or(tt.validating, tt.creating))
		})
	}
}
