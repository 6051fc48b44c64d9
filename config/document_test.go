package config_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/config"
)

// withType is a configuration with one spec type.
func withType(keys string) string {
	const one = "tokens: [{token: t, project: p, user: u}], dialects: [senlin], senlin: {types: [{"
	return strings.Replace(smallest, "dialects: [kuzzle]", one+keys+"}]}", 1)
}

func TestDocuments(t *testing.T) {
	clearEnv(t)
	for written, want := range map[string]string{
		`{Zeta: 1, alpha: [a, "b", ~, true], "x.y": {}}`:     `{"Zeta":1,"alpha":["a","b",null,true],"x.y":{}}`,
		`{n: 1.50, m: -0, h: 0x10, u: 1_000, e: 1e3, f: .5}`: `{"n":1.50,"m":-0,"h":16,"u":1000,"e":1e3,"f":0.5}`,
		`{t: "é\n<&>", q: 'it''s', v: "1.0", l: "\u2028"}`:   `{"t":"é\n<&>","q":"it's","v":"1.0","l":"\u2028"}`,
	} {
		loaded := parse(t, withType(`name: a, version: "1.0", schema: `+written), config.Flags{})
		got := loaded.Config.Tenants[0].Senlin.Types[0]
		require.Equal(t, want, got.Schema.JSON())
		require.Equal(t, "SUPPORTED", got.Status)
		require.Empty(t, got.Properties.JSON())

		shown, err := loaded.YAML()
		require.NoError(t, err)
		again := parse(t, string(shown), config.Flags{})
		require.Equal(t, want, again.Config.Tenants[0].Senlin.Types[0].Schema.JSON(), "what is shown means the same:\n%s", shown)
	}
}

func TestSpecTypeProblems(t *testing.T) {
	clearEnv(t)
	const good = `name: a, version: "1.0", `
	for keys, want := range map[string]string{
		`properties: {}`:                                  "types[0].name (line 5): missing; a name is wanted",
		`name: a, version: 1.0, properties: {}`:           "types[0].version (line 5): 1.0 is a number; a text is wanted: put it in quotes",
		`name: a, properties: {}`:                         `types[0].version (line 5): missing; a version is wanted, such as "1.0"`,
		good + `status: OLD, schema: {}`:                  `types[0].status (line 5): "OLD" is not accepted; SUPPORTED, EXPERIMENTAL, DEPRECATED or UNSUPPORTED is wanted`,
		good + `since: "1"`:                               "types[0] (line 5): has no properties; one of properties, schema and schema_file is wanted",
		good + `schema: {}, schema_file: f`:               "types[0] (line 5): has schema and schema_file; only one of them is wanted",
		good + `schema: {a: {b: 1, b: 2}}`:                "types[0].schema.a.b (line 5): given twice; once is wanted",
		good + `schema: {a: [1, .inf]}`:                   "types[0].schema.a[1] (line 5): .inf is no number that JSON has",
		good + `schema: {a: 2026-11-21}`:                  "types[0].schema.a (line 5): 2026-11-21 is a date; a text is wanted: put it in quotes",
		good + `schema: {a: &x 1, b: *x}`:                 "types[0].schema.b (line 5): *x is an alias, and those are not followed; the value itself is wanted",
		good + `schema: {[a]: 1}`:                         "types[0].schema (line 5): has a key on line 5 that is no plain word",
		good + `schema: {}}, {` + good + `properties: {}`: `types[1].name (line 5): "a-1.0" is already that of tenants[0].senlin.types[0]; each may be given once`,
	} {
		t.Run(keys, func(t *testing.T) {
			_, err := config.Parse("f", []byte(withType(keys)), config.Flags{})
			require.ErrorContains(t, err, "tenants[0].senlin."+want)
		})
	}
}
