// Package clienttest runs clients that people have, unchanged, against a gateway process; one folder for each family of clients:
//
//   - node: kuzzle-sdk and the npm package mqtt
//   - gophercloud: the Go client of OpenStack, in a module of its own
//   - openstack: OpenStack's command line client
//
// `make testdeps` installs what they need.
package clienttest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Binary is the gateway under test: the one that PROFILEGATE_BINARY names, or one built from this checkout. The path is absolute.
func Binary(t testing.TB) string {
	t.Helper()
	_ = os.Getenv("GATEWAY_TEST_RUN") // see .ci/test.sh
	if given := os.Getenv("PROFILEGATE_BINARY"); given != "" {
		file, err := filepath.Abs(given)
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	file := filepath.Join(t.TempDir(), "profilegate")
	const source = "github.com/profilegate/profilegate/cmd/profilegate"
	build := exec.CommandContext(t.Context(), "go", "build", "-o", file, source) //nolint:gosec // of this checkout
	// As `make build` does, and so from its build cache.
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the gateway: %v\n%s", err, output)
	}
	return file
}
