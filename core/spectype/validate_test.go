package spectype_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/spectype"
)

func heat(properties string) string {
	return `{"type":"os.heat.stack","version":"1.0","properties":` + properties + `}`
}

func nova(more string) string {
	return `{"type":"os.nova.server","version":"1.0","properties":{"flavor":"m1.small"` + more + `}}`
}

func docker(properties string) string {
	return `{"type":"container.dockerinc.docker","version":"1.0","properties":` + properties + `}`
}

func TestGoodSpecs(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"heat":                       heat(`{"template":{"a":1}}`),
		"version as a number":        `{"type":"os.heat.stack","version":1.00,"properties":{"template":{"a":1}}}`,
		"template_url alone":         heat(`{"template_url":"http://example.com/t.yaml"}`),
		"template_url of any type":   heat(`{"template_url":{}}`),
		"text for a boolean":         heat(`{"template":{"a":1},"disable_rollback":" YES\n"}`),
		"text for an integer":        heat(`{"template":{"a":1},"timeout":" -1_0 "}`),
		"digits of another script":   heat(`{"template":{"a":1},"timeout":"٤٢"}`),
		"a fraction for an integer":  heat(`{"template":{"a":1},"timeout":1.5}`),
		"null for an integer":        heat(`{"template":{"a":1},"timeout":null}`),
		"anything in heat's context": heat(`{"template":{"a":1},"context":{"nope":1}}`),
		"nova":                       nova(`,"networks":[{"network":"private","vnic_type":"direct"},{"port":7}]`),
		"no networks but a list":     nova(`,"networks":[]`),
		"text for a list":            nova(`,"networks":"","security_groups":"abc"`),
		"block devices":              nova(`,"networks":[],"block_device_mapping_v2":[{"source_type":"image","destination_type":"local","volume_size":null}]`),
		"a known context":            nova(`,"networks":[],"context":{"region_name":"r","self":1}`),
	}
	for name, spec := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := judge("p1", parse(t, spec))
			require.NoError(t, err)
		})
	}
}

func TestBadSpecs(t *testing.T) {
	t.Parallel()
	const (
		invalid   = fault.CodeSpecInvalid
		failed    = fault.CodeSpecCheckFailed
		missing   = fault.CodeSpecKeyMissing
		malformed = fault.CodeSpecMalformed
	)
	cases := map[string]struct {
		spec    string
		code    fault.Code
		path    string
		message string
	}{
		"empty":                   {`{}`, missing, "spec.type", "The 'type' key is missing from the provided spec map."},
		"no version":              {`{"type":5}`, missing, "spec.version", "The 'version' key is missing from the provided spec map."},
		"type no text":            {`{"type":5,"version":"1.0"}`, malformed, "spec.type", spectype.GeneralMessage},
		"no object":               {`[]`, malformed, "spec", spectype.GeneralMessage},
		"properties null":         {heat(`null`), malformed, "spec.properties", spectype.GeneralMessage},
		"properties a number":     {heat(`5`), malformed, "spec.properties", spectype.GeneralMessage},
		"no properties":           {`{"type":"os.heat.stack","version":"1.0","color":1}`, invalid, "spec.properties", "Required spec item 'properties' not provided"},
		"properties text":         {heat(`"abc"`), invalid, "spec.properties", "'abc' is not a Map"},
		"properties a list":       {heat(`["a"]`), invalid, "spec.properties", "'['a']' is not a Map"},
		"spec key":                {`{"type":"os.heat.stack","version":"1.0","color":1,"properties":{"timeout":"x"}}`, invalid, "spec.color", "Unrecognizable spec item 'color'"},
		"context comes first":     {`{"type":"os.heat.stack","version":"1.0","color":1,"properties":{"context":7}}`, invalid, "spec.properties.context", "'7' is not a Map"},
		"order of declaration":    {heat(`{"color":1,"disable_rollback":"maybe","timeout":"soon"}`), invalid, "spec.properties.timeout", "The value 'soon' is not a valid Integer"},
		"boolean":                 {heat(`{"disable_rollback":null}`), invalid, "spec.properties.disable_rollback", "The value 'None' is not a valid Boolean"},
		"boolean as a fraction":   {heat(`{"disable_rollback":1.0}`), invalid, "spec.properties.disable_rollback", "The value '1.0' is not a valid Boolean"},
		"integer beyond a float":  {heat(`{"timeout":1e400}`), invalid, "spec.properties.timeout", "The value 'inf' is not a valid Integer"},
		"integer as a list":       {heat(`{"timeout":[1]}`), invalid, "spec.properties.timeout", "int() argument must be a string, a bytes-like object or a real number, not 'list'"},
		"map null":                {heat(`{"environment":null}`), invalid, "spec.properties.environment", "'None' is not a Map"},
		"unknown property":        {heat(`{"template":{},"color":1}`), invalid, "spec.properties.color", "Unrecognizable spec item 'color'"},
		"no template":             {heat(`{"template":{},"template_url":""}`), failed, "spec.properties.template", "Both template and template_url are not specified for profile 'p1'."},
		"string null":             {`{"type":"os.nova.server","version":"1.0","properties":{"flavor":null}}`, invalid, "spec.properties.flavor", "The value 'None' is not a valid string."},
		"required":                {`{"type":"os.nova.server","version":"1.0","properties":{"networks":5}}`, invalid, "spec.properties.flavor", "Required spec item 'flavor' not provided"},
		"list as a map":           {nova(`,"networks":{"network":"private"}`), invalid, "spec.properties.networks", "'{'network': 'private'}' is not a List"},
		"item no map":             {nova(`,"networks":[{"network":"a"},"private"]`), invalid, "spec.properties.networks[1]", "'private' is not a Map"},
		"item's key":              {nova(`,"networks":[{"network":"a","color":1}]`), invalid, "spec.properties.networks[0].color", "Unrecognizable spec item 'color'"},
		"item's value":            {nova(`,"networks":[{"network":"a"},{"network":null}]`), invalid, "spec.properties.networks[1].network", "The value 'None' is not a valid string."},
		"item's list":             {nova(`,"networks":[{"security_groups":["a",null]}]`), invalid, "spec.properties.networks[0].security_groups[1]", "The value 'None' is not a valid string."},
		"text for a list of maps": {nova(`,"networks":"äb"`), invalid, "spec.properties.networks[0]", "'ä' is not a Map"},
		"first pass before keys":  {nova(`,"networks":[{"color":1},7]`), invalid, "spec.properties.networks[1]", "'7' is not a Map"},
		"missing in an item":      {nova(`,"block_device_mapping_v2":[{"destination_type":"volume"}]`), invalid, "spec.properties.block_device_mapping_v2[0].source_type", "Required spec item 'source_type' not provided"},
		"context keys":            {nova(`,"context":{"b\"'":1,"roles":[],"nope":1}`), invalid, "spec.properties.context", `Some keys in 'context' are invalid: ['b"\'', 'nope']`},
		"no networks":             {nova(``), malformed, "spec.properties.networks", spectype.GeneralMessage},
		"network without either":  {nova(`,"networks":[{"network":"a"},{}]`), failed, "spec.properties.networks[1].network", "One of 'port' and 'network' must be provided"},
		"port and fixed_ip":       {nova(`,"networks":[{"port":"p","fixed_ip":"1.2.3.4"}]`), failed, "spec.properties.networks[0].fixed_ip", "The 'port' property and the 'fixed_ip' property cannot be specified at the same time"},
		"vnic_type":               {nova(`,"networks":[{"network":"x","vnic_type":5}]`), failed, "spec.properties.networks[0].vnic_type", "vnic_type: '5' is not supported.(supported types are: normal, direct, macvtap)"},
		"floating_ip":             {nova(`,"networks":[{"network":"x","floating_ip":"1.2.3.4"}]`), failed, "spec.properties.networks[0].floating_ip", "Must specify a network to create floating IP"},
		"docker's image":          {docker(`{"host_node":"n"}`), invalid, "spec.properties.image", "Required spec item 'image' not provided"},
		"docker without host":     {docker(`{"image":"i","host_node":""}`), failed, "spec.properties.host_cluster", "Either 'host_cluster' or 'host_node' must be specified."},
		"docker with two hosts":   {docker(`{"image":"i","host_node":"n","host_cluster":"c"}`), failed, "spec.properties.host_cluster", "Either 'host_cluster' or 'host_node' must be specified, but not both."},
		"docker's node":           {docker(`{"image":"i","host_node":"n"}`), failed, "spec.properties.host_node", "The specified host_node 'n' could not be found or is not unique."},
		"docker's cluster":        {docker(`{"image":"i","host_cluster":5}`), failed, "spec.properties.host_cluster", "The specified host_cluster '5' could not be found or is not unique."},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, message, err := judge("p1", parse(t, tc.spec))
			require.Equal(t, tc.code, code)
			require.Equal(t, tc.message, message)
			require.Equal(t, fault.Invalid, fault.KindOf(err))
			require.Equal(t, tc.path, fault.As(err).Fields[0].Path)
		})
	}
}

func TestUnknownTypes(t *testing.T) {
	t.Parallel()
	cases := map[string]string{ // spec: the name that is not found
		`{"type":"os.nope","version":"1.0"}`:           "os.nope-1.0",
		`{"type":"OS.heat.stack","version":"1.0"}`:     "OS.heat.stack-1.0",
		`{"type":"os.heat.stack","version":1}`:         "os.heat.stack-1",
		`{"type":"os.heat.stack","version":null}`:      "os.heat.stack-None",
		`{"type":"os.heat.stack","version":["1.0"]}`:   "os.heat.stack-['1.0']",
		`{"type":"","version":true,"properties":null}`: "-True",
	}
	for spec, name := range cases {
		code, message, err := judge("p1", parse(t, spec))
		require.Equal(t, fault.CodeProfileTypeNotFound, code)
		require.Equal(t, fault.NotFound, fault.KindOf(err))
		require.Equal(t, "The profile_type '"+name+"' could not be found.", message)
		require.Equal(t, fault.Subject{Kind: "profile_type", ID: name}, fault.As(err).Subject)
	}
}

func TestRegistry(t *testing.T) {
	t.Parallel()
	builtin := spectype.NewBuiltin()
	var names []string
	for _, typ := range builtin.Types() {
		names = append(names, typ.FullName())
	}
	require.Equal(t, []string{"container.dockerinc.docker-1.0", "os.heat.stack-1.0", "os.nova.server-1.0"}, names)

	own := &spectype.Type{Name: "acme.db", Version: "2", Properties: []spectype.Property{{Name: "size", Type: spectype.Integer, Required: true}}}
	_, err := builtin.With(own, &spectype.Type{Name: "os.heat.stack", Version: "1.0"})
	require.EqualError(t, err, "there is a type os.heat.stack-1.0 already")
	_, err = builtin.With(own, own)
	require.Error(t, err)
	r, err := builtin.With(own)
	require.NoError(t, err)
	require.Equal(t, append(builtin.Types(), own), r.Types())
	got, ok := r.Find("acme.db", "2")
	require.True(t, ok)
	require.Same(t, own, got)
	require.NoError(t, own.Validate("p", parse(t, `{"type":"acme.db","version":"2","properties":{"size":1}}`)))
	require.True(t, fault.HasCode(own.Validate("p", parse(t, `{"properties":{}}`)), fault.CodeSpecInvalid))

	_, ok = builtin.Lookup("acme.db-2")
	require.False(t, ok, "With leaves the registry it is called on as it was")
	_, ok = builtin.Find("os.heat.stack", "")
	require.False(t, ok)
}

func FuzzValidate(f *testing.F) {
	for _, seed := range []string{
		heat(`{"template":{"a":1},"timeout":"6_0"}`), nova(`,"networks":[{"network":"a"},"b"],"context":{"x":1}`), docker(`{"image":1}`),
		nova(`,"networks":"\ud800","block_device_mapping_v2":[{"source_type":"","volume_size":1e400}]`), `{"type":"a","version":[1.0]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		spec, err := jsonvalue.Parse(data, jsonvalue.Limits{})
		if err != nil {
			return
		}
		requireClassified(t, spec)
		for _, typ := range spectype.NewBuiltin().Types() { // whatever Check says
			_ = typ.Validate("p1", spec)
		}
	})
}

// requireClassified wants a spec to be good or to be refused with a caller's fault, a message and a place.
func requireClassified(t interface{ Fatalf(string, ...any) }, spec jsonvalue.Value) {
	code, message, err := judge("p1", spec)
	if err == nil {
		return
	}
	var f *fault.Error
	if f = fault.As(err); f.Kind == fault.NotFound && code == fault.CodeProfileTypeNotFound {
		return
	}
	if f.Kind != fault.Invalid || message == "" || len(f.Fields) != 1 || f.Fields[0].Path == "" {
		t.Fatalf("%s: unclassified %v", spec, err)
	}
}
