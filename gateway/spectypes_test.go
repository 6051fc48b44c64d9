package gateway_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/config"
	"github.com/profilegate/profilegate/gateway"
)

func withTypes(types ...config.SpecType) config.Config {
	return config.Config{Tenants: []config.Tenant{{Name: "first"}, {Name: "t", Senlin: config.SenlinOf{Types: types}}}}
}

func TestCheckSpecTypes(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	properties := func(text string) config.SpecType {
		return config.SpecType{Name: "acme.db", Version: "1.0", Properties: config.NewDocument(text)}
	}
	fromFile := func(path string) config.SpecType {
		return config.SpecType{Name: "acme.bucket", Version: "1.0", SchemaFile: path}
	}
	good, schema := properties(`{"size":{"type":"Integer"}}`), fromFile(file("good.json", `{"type":"object"}`))
	require.Empty(t, gateway.Check(withTypes(good, schema)))

	shadow := good
	shadow.Name = "os.heat.stack"
	operations := good
	operations.Operations = config.NewDocument(`{"stop":1}`)
	missing := filepath.Join(dir, "missing.json")
	for name, tc := range map[string]struct {
		types []config.SpecType
		want  config.Problem
	}{
		"a built-in one":  {[]config.SpecType{shadow}, config.Problem{Path: "[0].name", Message: "there is a type os.heat.stack-1.0 already"}},
		"the same twice":  {[]config.SpecType{good, good}, config.Problem{Path: "[1].name", Message: "there is a type acme.db-1.0 already"}},
		"no JSON":         {[]config.SpecType{fromFile(file("bad.json", "{"))}, config.Problem{Path: "[0].schema_file"}},
		"no file":         {[]config.SpecType{fromFile(missing)}, config.Problem{Path: "[0].schema_file", Message: "open " + missing + ": no such file or directory"}},
		"a bad property":  {[]config.SpecType{good, properties(`{"a":{}}`)}, config.Problem{Path: "[1].properties.a.type"}},
		"a bad operation": {[]config.SpecType{operations}, config.Problem{Path: "[0].operations.stop"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := gateway.Check(withTypes(tc.types...))
			require.Len(t, got, 1)
			require.Equal(t, "tenants[1].senlin.types"+tc.want.Path, got[0].Path)
			require.NotEmpty(t, got[0].Message)
			if tc.want.Message != "" {
				require.Equal(t, tc.want.Message, got[0].Message)
			}
		})
	}
}
