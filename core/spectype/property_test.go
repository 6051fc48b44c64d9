package spectype_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/spectype"
)

func genAny(depth int) *rapid.Generator[jsonvalue.Value] {
	text := rapid.OneOf(rapid.SampledFrom([]string{"", "yes", "1_0", " 5 ", "normal", "\xed\xa0\x80", "x'y"}), rapid.String())
	kinds := []*rapid.Generator[jsonvalue.Value]{
		rapid.Just(jsonvalue.Null()), rapid.Map(rapid.Bool(), jsonvalue.Bool), rapid.Map(rapid.Int64(), jsonvalue.Int),
		rapid.Map(rapid.Float64(), jsonvalue.Float), rapid.Map(text, jsonvalue.String),
	}
	if depth > 0 {
		items := rapid.SliceOfN(genAny(depth-1), 0, 3)
		kinds = append(kinds, rapid.Map(items, func(vs []jsonvalue.Value) jsonvalue.Value { return jsonvalue.Array(vs...) }))
	}
	return rapid.OneOf(kinds...)
}

// genProperty draws a value that mostly fits what is declared.
func genProperty(t *rapid.T, p spectype.Property) jsonvalue.Value {
	if rapid.IntRange(0, 9).Draw(t, "odd") == 0 {
		return genAny(2).Draw(t, p.Name)
	}
	switch p.Type {
	case spectype.List:
		items := make([]jsonvalue.Value, rapid.IntRange(0, 3).Draw(t, "items"))
		for i := range items {
			items[i] = genProperty(t, *p.Items)
		}
		return jsonvalue.Array(items...)
	case spectype.Map:
		return genMembers(t, p.Members)
	case spectype.Boolean:
		return jsonvalue.Bool(true)
	default:
		return jsonvalue.String("5")
	}
}

func genMembers(t *rapid.T, declared []spectype.Property) jsonvalue.Value {
	var members []jsonvalue.Member
	for _, p := range declared {
		if p.Required || rapid.Bool().Draw(t, "has") {
			members = append(members, jsonvalue.Member{Name: p.Name, Value: genProperty(t, p)})
		}
	}
	if rapid.IntRange(0, 9).Draw(t, "more") == 0 {
		members = append(members, jsonvalue.Member{Name: rapid.String().Draw(t, "name"), Value: genAny(1).Draw(t, "value")})
	}
	return jsonvalue.Object(members...)
}

func TestPropertyEverySpecIsClassified(t *testing.T) {
	t.Parallel()
	types := spectype.NewBuiltin().Types()
	rapid.Check(t, func(t *rapid.T) {
		typ := types[rapid.IntRange(0, len(types)-1).Draw(t, "type")]
		spec := jsonvalue.Object(
			jsonvalue.Member{Name: "type", Value: jsonvalue.String(typ.Name)},
			jsonvalue.Member{Name: "version", Value: jsonvalue.String(typ.Version)},
			jsonvalue.Member{Name: "properties", Value: genMembers(t, typ.Properties)},
		)
		requireClassified(t, spec)
		requireClassified(t, spec.With("properties", genAny(2).Draw(t, "properties")))
		requireClassified(t, genAny(2).Draw(t, "spec"))
	})
}

func BenchmarkCheckAndValidate(b *testing.B) {
	spec := parse(b, nova(`,"image":"cirros","networks":[{"network":"private"}],"metadata":{"k":"v"}`))
	registry := spectype.NewBuiltin()
	b.ReportAllocs()
	for b.Loop() {
		typ, err := registry.Check(spec)
		if err != nil {
			b.Fatal(err)
		}
		if err := typ.Validate("p1", spec); err != nil {
			b.Fatal(err)
		}
	}
}
