package catalog_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

func parsed(t *testing.T, text string) jsonvalue.Value {
	t.Helper()
	v, err := jsonvalue.Parse([]byte(text), jsonvalue.Limits{})
	require.NoError(t, err)
	return v
}

func TestMergeMapping(t *testing.T) {
	old := `{"dynamic":"false","properties":{"a":{"type":"text"},"o":{"properties":{"x":{"type":"long"}}},"n":{"type":"nested","properties":{}}}}`
	tests := []struct {
		name, change, want string
		code               fault.Code
		path               string
	}{
		{name: "nothing", change: `{}`, want: old},
		{name: "booleans are text", change: `{"dynamic":true}`, want: `{"dynamic":"true","properties":` + old[len(`{"dynamic":"false","properties":`):]},
		{
			name: "fields are added deeply", change: `{"properties":{"o":{"properties":{"y":{"type":"ip"}}}}}`,
			want: `{"dynamic":"false","properties":{"a":{"type":"text"},"o":{"properties":{"x":{"type":"long"},"y":{"type":"ip"}}},"n":{"type":"nested","properties":{}}}}`,
		},
		{name: "no object", change: `[]`, code: fault.CodeInvalidType, path: "mappings"},
		{name: "a member that no mapping has", change: `{"propertys":{}}`, code: fault.CodeInvalidMapping, path: "propertys"},
		{name: "one of a field that none has", change: `{"properties":{"z":{"properties":{},"odd":1}}}`, code: fault.CodeInvalidMapping, path: "properties.z.odd"},
		{name: "dynamic is no text", change: `{"dynamic":1}`, code: fault.CodeInvalidMapping, path: "dynamic"},
		{name: "dynamic is another text", change: `{"properties":{"z":{"dynamic":"maybe"}}}`, code: fault.CodeInvalidMapping, path: "properties.z.dynamic"},
		{name: "properties are no object", change: `{"properties":1}`, code: fault.CodeInvalidType, path: "mappings.properties"},
		{name: "a field is no object", change: `{"properties":{"z":1}}`, code: fault.CodeInvalidType, path: "mappings.properties.z"},
		{name: "a type that does not exist", change: `{"properties":{"z":{"type":"odd"}}}`, code: fault.CodeMappingType, path: "z"},
		{name: "a type that is no text", change: `{"properties":{"z":{"type":[1]}}}`, code: fault.CodeMappingType, path: "z"},
		{name: "another type", change: `{"properties":{"a":{"type":"long"}}}`, code: fault.CodeMappingFixed, path: "a"},
		{name: "another type below", change: `{"properties":{"o":{"properties":{"x":{"type":"text"}}}}}`, code: fault.CodeMappingFixed, path: "o.x"},
		{name: "an object that was a value", change: `{"properties":{"a":{"properties":{}}}}`, code: fault.CodeMappingFixed, path: "a"},
		{name: "an object that was nested", change: `{"properties":{"n":{"properties":{}}}}`, code: fault.CodeMappingFixed, path: "n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := catalog.MergeMapping(parsed(t, old), parsed(t, tt.change))
			if tt.code != "" {
				require.True(t, fault.HasCode(err, tt.code), "%v", err)
				require.Equal(t, tt.path, fault.As(err).Fields[0].Path)
				return
			}
			require.NoError(t, err)
			require.JSONEq(t, tt.want, string(got.AppendTo(nil)))
			again, err := catalog.MergeMapping(got, parsed(t, tt.change))
			require.NoError(t, err)
			require.True(t, got.Equal(again), "the same change twice is one")
		})
	}
}

func FuzzMergeMapping(f *testing.F) {
	f.Add(`{"dynamic":true,"properties":{"a":{"type":"text","fields":{"b":{}}}}}`)
	f.Add(`{"properties":{"tags":{"type":"keyword","properties":[]}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		change, err := jsonvalue.Parse([]byte(text), jsonvalue.Limits{})
		if err != nil {
			return
		}
		for _, c := range []catalog.Collection{catalog.Users, catalog.Profiles, catalog.Roles, {Index: "i", Name: "c"}} {
			merged, err := catalog.MergeMapping(catalog.DefaultMapping(c), change)
			if err != nil {
				require.Equal(t, fault.Invalid, fault.KindOf(err))
				continue
			}
			_, err = jsonvalue.Parse(merged.AppendTo(nil), jsonvalue.Limits{MaxDepth: 10_000})
			require.NoError(t, err)
		}
	})
}
