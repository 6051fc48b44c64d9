package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/profilegate/profilegate/config"
)

// FuzzParse holds the loader to this: whatever the file says, it answers with a configuration that can be shown or with named problems.
func FuzzParse(f *testing.F) {
	examples, err := filepath.Glob("examples/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, example := range examples {
		text, err := os.ReadFile(example) //nolint:gosec // the path comes from the glob above
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, "", "")
	}
	f.Add([]byte(withSecrets), "dir", "redis://u:p@h:1/2")
	f.Add([]byte("a: &a [*a, *a]\nb: {<<: *a}\n"), "", "embedded")
	f.Add([]byte("listeners: {? [a] : b}\ntenants: [[], ~, {}]\n---\n"), "", "x")
	f.Fuzz(func(t *testing.T, text []byte, dataDir, store string) {
		loaded, err := config.Parse("fuzz.yaml", text, config.Flags{DataDir: dataDir, Store: store})
		var invalid *config.Invalid
		switch {
		case err == nil:
			if _, err := loaded.YAML(); err != nil {
				t.Fatalf("cannot be shown: %v", err)
			}
		case !errors.As(err, &invalid):
			t.Fatalf("not a named problem: %v", err)
		case len(invalid.Problems) == 0:
			t.Fatal("invalid without a problem")
		}
	})
}
