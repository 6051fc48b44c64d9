package spectype_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/spectype"
)

// The files in testdata are whole answers of a real server, sorted by key as it sends them.
func TestAnswersAreSenlins(t *testing.T) {
	t.Parallel()
	for _, typ := range spectype.NewBuiltin().Types() {
		t.Run(typ.FullName(), func(t *testing.T) {
			t.Parallel()
			require.Empty(t, cmp.Diff(recorded(t, typ.FullName()+".json"), typ.SchemaJSON().String()))
			require.Empty(t, cmp.Diff(recorded(t, typ.FullName()+".ops.json"), typ.OperationsJSON().String()))
		})
	}
}

func recorded(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return parse(t, string(data)).String()
}

func parse(t testing.TB, text string) jsonvalue.Value {
	t.Helper()
	v, err := jsonvalue.Parse([]byte(text), jsonvalue.Limits{})
	require.NoError(t, err, text)
	return v
}
