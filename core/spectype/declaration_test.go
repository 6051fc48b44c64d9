package spectype_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/spectype"
)

const ownProperties = `{
	"flavor": {"type": "String", "required": true, "updatable": true, "description": "How large.",
		"constraints": [{"type": "AllowedValues", "constraint": ["small", "large", 5]}]},
	"replicas": {"type": "Integer", "default": 1, "constraints": [{"constraint": [1, 3], "type": "AllowedValues"}]},
	"ratio": {"type": "Number", "default": 0.5},
	"debug": {"type": "Boolean"},
	"any": {"type": "Map"},
	"disks": {"type": "List", "schema": {"*": {"type": "Map", "schema": {
		"size": {"type": "Integer", "required": true}, "kind": {"type": "String", "default": "ssd"}}}}}
}`

func declared(t testing.TB, d spectype.Declaration) *spectype.Type {
	t.Helper()
	typ, err := spectype.Declare(d)
	require.NoError(t, err)
	return typ
}

func own(t testing.TB) *spectype.Type {
	return declared(t, spectype.Declaration{
		Name: "acme.db", Version: "1.0", Support: []spectype.Support{{Status: "SUPPORTED", Since: "2026.11"}}, Properties: parse(t, ownProperties),
		Operations: parse(t, `{"restart": {"description": "Restart it.", "parameters": {"how": {"type": "String", "default": "soft",
			"constraints": [{"type": "AllowedValues", "constraint": ["soft", "hard"]}]}}}, "stop": {}}`),
	})
}

// withProperties is a spec of a type.
func withProperties(t testing.TB, properties string) jsonvalue.Value {
	return parse(t, `{"type":"acme.db","version":"1.0","properties":`+properties+`}`)
}

type verdict struct{ spec, path, message string }

func requireVerdicts(t *testing.T, typ *spectype.Type, verdicts []verdict) {
	t.Helper()
	for _, v := range verdicts {
		t.Run(v.spec, func(t *testing.T) {
			err := typ.Validate("p1", withProperties(t, v.spec))
			if v.message == "" {
				require.NoError(t, err)
				return
			}
			f := fault.As(err)
			require.Equal(t, fault.CodeSpecInvalid, f.Code)
			require.Equal(t, v.message, f.Message)
			require.Equal(t, v.path, f.Fields[0].Path)
		})
	}
}

func TestDeclaredProperties(t *testing.T) {
	t.Parallel()
	requireVerdicts(t, own(t), []verdict{
		{`{"flavor":"small"}`, "", ""},
		{`{"flavor":5,"replicas":"3","ratio":"-1.5e3","debug":"off","any":{"x":[]},"disks":[{"size":1}]}`, "", ""},
		{`{"flavor":"5","replicas":3.7,"ratio":true}`, "", ""},
		{`{}`, "spec.properties.flavor", "Required spec item 'flavor' not provided"},
		{`{"flavor":"huge"}`, "spec.properties.flavor", "'huge' must be one of the allowed values: small, large, 5"},
		{`{"flavor":"small","replicas":2}`, "spec.properties.replicas", "'2' must be one of the allowed values: 1, 3"},
		{`{"flavor":"small","replicas":"x"}`, "spec.properties.replicas", "The value 'x' is not a valid Integer"},
		{`{"flavor":"small","ratio":"0x1p-2"}`, "spec.properties.ratio", "The value '0x1p-2' is not a valid number."},
		{`{"flavor":"small","ratio":[]}`, "spec.properties.ratio", "The value '[]' is not a valid number."},
		{`{"flavor":"small","disks":[{"size":1},{}]}`, "spec.properties.disks[1].size", "Required spec item 'size' not provided"},
		{`{"flavor":"small","disks":[{"size":1,"x":1}]}`, "spec.properties.disks[0].x", "Unrecognizable spec item 'x'"},
		{`{"flavor":"small","color":1}`, "spec.properties.color", "Unrecognizable spec item 'color'"},
	})
}

func TestDeclaredAnswers(t *testing.T) {
	t.Parallel()
	typ := own(t)
	require.Equal(t, `{"profile_type":{"name":"acme.db-1.0","schema":{`+
		`"any":{"required":false,"type":"Map","updatable":false},`+
		`"debug":{"required":false,"type":"Boolean","updatable":false},`+
		`"disks":{"required":false,"schema":{"*":{"required":false,"schema":{`+
		`"kind":{"default":"ssd","required":false,"type":"String","updatable":false},"size":{"required":true,"type":"Integer","updatable":false}},`+
		`"type":"Map","updatable":false}},"type":"List","updatable":false},`+
		`"flavor":{"constraints":[{"constraint":["small","large",5],"type":"AllowedValues"}],"description":"How large.","required":true,"type":"String","updatable":true},`+
		`"ratio":{"default":0.5,"required":false,"type":"Number","updatable":false},`+
		`"replicas":{"constraints":[{"constraint":[1,3],"type":"AllowedValues"}],"default":1,"required":false,"type":"Integer","updatable":false}`+
		`},"support_status":{"1.0":[{"since":"2026.11","status":"SUPPORTED"}]}}}`, string(typ.SchemaJSON().AppendTo(nil)))
	require.Equal(t, `{"operations":{"restart":{"description":"Restart it.","parameters":{"how":{`+
		`"constraints":[{"constraint":["soft","hard"],"type":"AllowedValues"}],"default":"soft","required":false,"type":"String"}}},`+
		`"stop":{"parameters":{}}}}`, string(typ.OperationsJSON().AppendTo(nil)))
}

// What Senlin answers about its own types can be declared again: the answer is the form.
func TestSenlinsAnswersAreDeclarations(t *testing.T) {
	t.Parallel()
	for _, builtin := range spectype.NewBuiltin().Types() {
		schema := builtin.SchemaJSON().Get("profile_type").Get("schema")
		again := declared(t, spectype.Declaration{Name: builtin.Name, Version: builtin.Version, Support: builtin.Support, Properties: schema})
		require.Equal(t, builtin.SchemaJSON().AppendTo(nil), again.SchemaJSON().AppendTo(nil))
	}
}

func TestBadDeclarations(t *testing.T) {
	t.Parallel()
	one := func(property string) spectype.Declaration {
		return spectype.Declaration{Name: "a", Version: "1", Properties: parse(t, `{"p":`+property+`}`)}
	}
	operations := func(text string) spectype.Declaration {
		d := one(`{"type":"Map"}`)
		d.Operations = parse(t, text)
		return d
	}
	schema := func(text string) spectype.Declaration {
		return spectype.Declaration{Name: "a", Version: "1", Schema: parse(t, text)}
	}
	both := one(`{"type":"Map"}`)
	both.Schema = jsonvalue.Object()
	tests := []struct {
		name, want string
		d          spectype.Declaration
	}{
		{"no name", `name: "" is no name of a type`, spectype.Declaration{Version: "1"}},
		{"a name with a slash", `name: "a/b" is no name of a type`, spectype.Declaration{Name: "a/b", Version: "1"}},
		{"a version with a hyphen", `version: "1-2" is no version`, spectype.Declaration{Name: "a", Version: "1-2"}},
		{"neither", "properties: either properties or a schema is wanted", spectype.Declaration{Name: "a", Version: "1"}},
		{"both", "properties: either properties or a schema is wanted", both},
		{"a list", "properties: an object is wanted", spectype.Declaration{Name: "a", Version: "1", Properties: jsonvalue.Array()}},
		{"a property that is text", "properties.p: an object is wanted; it may have type, description", one(`"String"`)},
		{"an unknown key", "properties.p.requird: unknown; accepted here: type, description", one(`{"type":"Map","requird":true}`)},
		{"no type", `properties.p.type: "" is no type of a property; String, Integer, Number, Boolean, Map or List is wanted`, one(`{}`)},
		{"a type in the wrong case", `properties.p.type: "string" is no type`, one(`{"type":"string"}`)},
		{"a description that is a number", "properties.p.description: a text is wanted", one(`{"type":"Map","description":1}`)},
		{"required that is text", "properties.p.required: true or false is wanted", one(`{"type":"Map","required":"yes"}`)},
		{"updatable that is text", "properties.p.updatable: true or false is wanted", one(`{"type":"Map","updatable":1}`)},
		{"a list of nothing", "properties.p.schema: what the items of a List are is wanted", one(`{"type":"List"}`)},
		{"a list of many", "properties.p.schema: what the items of a List are", one(`{"type":"List","schema":{"*":{"type":"Map"},"a":{"type":"Map"}}}`)},
		{"a list of what is unknown", `properties.p.schema.*.type: "x" is no type`, one(`{"type":"List","schema":{"*":{"type":"x"}}}`)},
		{"a map of what is unknown", `properties.p.schema.q.type: "x" is no type`, one(`{"type":"Map","schema":{"q":{"type":"x"}}}`)},
		{"a schema of text", "properties.p.schema: only a Map or a List has one", one(`{"type":"String","schema":{}}`)},
		{"constraints of a map", "properties.p.constraints: only a String, Integer or Number has them", one(`{"type":"Map","constraints":[]}`)},
		{"no constraints", "properties.p.constraints: [{", one(`{"type":"String","constraints":[]}`)},
		{"an unknown constraint", "properties.p.constraints: [{", one(`{"type":"String","constraints":[{"type":"x","constraint":[1]}]}`)},
		{"nothing allowed", "properties.p.constraints: [{", one(`{"type":"String","constraints":[{"type":"AllowedValues","constraint":[]}]}`)},
		{"something odd allowed", "properties.p.constraints: The value 'x' is not a valid Integer", one(`{"type":"Integer","constraints":[{"type":"AllowedValues","constraint":["x"]}]}`)},
		{"a default that does not fit", "properties.p.default: The value 'x' is not a valid Integer", one(`{"type":"Integer","default":"x"}`)},
		{"a default that lacks something", "properties.p.default.q: Required spec item 'q' not provided", one(`{"type":"Map","schema":{"q":{"type":"Map","required":true}},"default":{}}`)},
		{"operations that are a list", "operations: an object is wanted", operations(`[]`)},
		{"an operation that is text", "operations.o: an object is wanted; it may have description, parameters", operations(`{"o":"x"}`)},
		{"parameters that are a list", "operations.o.parameters: an object is wanted", operations(`{"o":{"parameters":[]}}`)},
		{"a parameter without type", `operations.o.parameters.q.type: "" is no type`, operations(`{"o":{"parameters":{"q":{}}}}`)},
		{"a parameter with parts", "operations.o.parameters.q: a parameter has no updatable and no schema", operations(`{"o":{"parameters":{"q":{"type":"Map","schema":{"a":{"type":"Map"}}}}}}`)},

		{"a schema that is a boolean", "schema: a JSON Schema is an object", schema(`true`)},
		{"another draft", "schema.$schema: only https://json-schema.org/draft/2020-12/schema is understood", schema(`{"$schema":"http://json-schema.org/draft-07/schema#"}`)},
		{"a bad keyword", "schema.properties.a.type: ", schema(`{"properties":{"a":{"type":"strin"}}}`)},
		{"a reference elsewhere", "lies elsewhere; only references within the schema are followed", schema(`{"$ref":"https://example.org/x"}`)},
		{"a file", "lies elsewhere", schema(`{"$ref":"file:///etc/passwd"}`)},
		{"a reference to nothing", "schema: ", schema(`{"$ref":"#/$defs/x"}`)},
		{"a pattern that is none", "schema", schema(`{"properties":{"a":{"pattern":"("}}}`)},
		{"a number beyond all", "schema: The value '1e999999999' is not a valid number.", schema(`{"minimum":1e999999999}`)},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := spectype.Declare(tc.d)
			require.ErrorContains(t, err, tc.want)
			var p *spectype.Problem
			require.ErrorAs(t, err, &p)
		})
	}
}

const ownSchema = `{
	"$schema": "https://json-schema.org/draft/2020-12/schema",
	"type": "object", "required": ["size", "name"], "additionalProperties": false,
	"properties": {
		"size": {"type": "integer", "minimum": 1, "maximum": 16, "description": "In GB.", "updatable": true, "default": 1},
		"name": {"type": ["null", "string"], "pattern": "^[a-z]+$"},
		"engine": {"enum": ["a", "b"]},
		"ratio": {"type": "number"},
		"disks": {"type": "array", "items": {"$ref": "#/$defs/disk", "description": "One disk."}},
		"either": {"oneOf": [{"type": "string"}, {"type": "object", "required": ["x"]}]},
		"tree": {"type": "object", "properties": {"child": {"$ref": "#/properties/tree"}}}
	},
	"$defs": {"disk": {"type": "object", "required": ["gb"], "additionalProperties": false, "properties": {"gb": {"type": "integer"}, "fast": {"type": "boolean"}}}}
}`

func TestJSONSchema(t *testing.T) {
	t.Parallel()
	typ := declared(t, spectype.Declaration{Name: "acme.db", Version: "1.0", Schema: parse(t, ownSchema)})
	requireVerdicts(t, typ, []verdict{
		{`{"size":1.0,"name":"web"}`, "", ""},
		{`{"size":2,"name":"web","disks":[{"gb":1},{"gb":2,"fast":true}],"either":"x","tree":{"child":{"child":{}}}}`, "", ""},
		{`{}`, "spec.properties.name", "Required spec item 'name' not provided"},
		{`{"size":1,"name":"x","color":1,"blue":1}`, "spec.properties.blue", "Unrecognizable spec item 'blue'"},
		{`{"size":"1","name":"x"}`, "spec.properties.size", "The value of 'size' is not accepted: got string, want integer"},
		{`{"size":17,"name":"X"}`, "spec.properties.name", "The value of 'name' is not accepted: 'X' does not match pattern '^[a-z]+$'"},
		{`{"size":17,"name":"x"}`, "spec.properties.size", "The value of 'size' is not accepted: maximum: got 17, want 16"},
		{`{"size":1,"name":"x","disks":[{"gb":1},{"gb":1.5}]}`, "spec.properties.disks[1].gb", "The value of 'disks[1].gb' is not accepted: got number, want integer"},
		{`{"size":1,"name":"x","disks":[{}]}`, "spec.properties.disks[0].gb", "Required spec item 'gb' not provided"},
		{`{"size":1e999999999,"name":"x"}`, "spec.properties.size", "The value '1e999999999' is not a valid number."},
		{`{"size":1,"name":"x","disks":[{"gb":-1e-999999999}]}`, "spec.properties.disks[0].gb", "The value '-1e-999999999' is not a valid number."},
		{`{"size":1,"name":"x","engine":"c"}`, "spec.properties.engine", "The value of 'engine' is not accepted: value must be one of 'a', 'b'"},
	})
	require.True(t, fault.HasCode(typ.Validate("p", parse(t, `{"properties":null}`)), fault.CodeSpecMalformed), "the spec's own shape is Senlin's")
	require.True(t, fault.HasCode(typ.Validate("p", parse(t, `{"properties":{},"x":1}`)), fault.CodeSpecInvalid))

	schema := typ.SchemaJSON().Get("profile_type").Get("schema")
	require.Equal(t, `{"default":1,"description":"In GB.","required":true,"type":"Integer","updatable":true}`, string(schema.Get("size").AppendTo(nil)))
	require.Equal(t, `{"required":true,"type":"String","updatable":false}`, string(schema.Get("name").AppendTo(nil)))
	require.Equal(t, `{"constraints":[{"constraint":["a","b"],"type":"AllowedValues"}],"required":false,"type":"String","updatable":false}`, string(schema.Get("engine").AppendTo(nil)))
	require.Equal(t, `{"required":false,"schema":{"*":{"description":"One disk.","required":false,"schema":{`+
		`"fast":{"required":false,"type":"Boolean","updatable":false},"gb":{"required":true,"type":"Integer","updatable":false}},`+
		`"type":"Map","updatable":false}},"type":"List","updatable":false}`, string(schema.Get("disks").AppendTo(nil)))
	require.Equal(t, "Map", schema.Get("tree").Get("schema").Get("child").Get("type").Text())
	require.Equal(t, "{}", string(typ.OperationsJSON().Get("operations").AppendTo(nil)))
}

func TestJSONSchemaOfManyShapes(t *testing.T) {
	t.Parallel()
	for schema, typ := range map[string]string{`{"properties":{}}`: "Map", `{"items":{}}`: "List", `{}`: "String", `true`: "String", `{"type":[]}`: "String"} {
		d := spectype.Declaration{Name: "a", Version: "1", Schema: parse(t, `{"properties":{"p":`+strings.Replace(schema, `{"type":[]}`, `{"type":["null"]}`, 1)+`}}`)}
		require.Equal(t, typ, declared(t, d).SchemaJSON().Get("profile_type").Get("schema").Get("p").Get("type").Text(), schema)
	}
	typ := declared(t, spectype.Declaration{Name: "a", Version: "1", Schema: parse(t, `{"minProperties": 1}`)})
	err := typ.Validate("p", parse(t, `{"properties":{}}`))
	require.Equal(t, "The properties are not accepted: minProperties: got 0, want 1", fault.As(err).Message)
	require.Equal(t, "spec.properties", fault.As(err).Fields[0].Path)
}

// FuzzDeclare wants every declaration to be taken or refused, and what is taken to judge anything.
func FuzzDeclare(f *testing.F) {
	for _, seed := range []string{ownProperties, ownSchema, `{"p":{"type":"List","schema":{"*":{"type":"Map"}}}}`, `{"$ref":"#"}`, `true`} {
		f.Add([]byte(seed), []byte(`{"size":1,"name":"x","disks":[{}],"tree":{"child":{}}}`))
	}
	f.Fuzz(func(t *testing.T, declaration, properties []byte) {
		d, err := jsonvalue.Parse(declaration, jsonvalue.Limits{})
		if err != nil {
			return
		}
		p, err := jsonvalue.Parse(properties, jsonvalue.Limits{})
		if err != nil {
			return
		}
		for _, d := range []spectype.Declaration{{Name: "a", Version: "1", Properties: d}, {Name: "a", Version: "1", Schema: d}} {
			typ, err := spectype.Declare(d)
			if err != nil {
				continue
			}
			typ.SchemaJSON()
			if err := typ.Validate("p", jsonvalue.Object(jsonvalue.Member{Name: "properties", Value: p})); err != nil && fault.KindOf(err) != fault.Invalid {
				t.Fatalf("unclassified: %v", err)
			}
		}
	})
}
