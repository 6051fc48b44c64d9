package core_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

const module = "github.com/profilegate/profilegate"

// listed is what this test reads of `go list -json`: Imports are direct, Deps are direct and indirect, tests excluded in both.
type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

// rule says what the packages of one folder may see. Folders are relative to the module; "a/..." is a and all below it.
type rule struct {
	folder string
	except []string // folders below it that are under another rule
	ours   []string // folders of this module that may be reached, besides the folder itself
	// never lists import paths, or beginnings of them, that must not be reached, not even through others.
	never []string
	why   string
}

// transports and databases are what the core must not reach, whatever comes between.
var (
	transports = []string{
		"net/http", "net/rpc", "google.golang.org/grpc", "github.com/labstack/echo", "github.com/coder/websocket", "github.com/gorilla/websocket",
		"github.com/mochi-mqtt", "github.com/eclipse/paho",
	}
	databases = []string{"github.com/redis/go-redis", "go.etcd.io/bbolt"}
	settings  = []string{"github.com/spf13/viper", "github.com/spf13/cobra"}
	testKits  = []string{"testing", "github.com/stretchr/testify", "pgregory.net/rapid", "go.uber.org/goleak"}
)

// rules is the table of import directions: cmd → gateway → adapters → core.
var rules = []rule{
	{
		folder: "core/...", except: []string{"core/store/storetest/..."}, ours: []string{"core/..."},
		never: join(transports, databases, settings, testKits),
		why:   "the core knows no transport and no database",
	},
	{folder: "core", ours: []string{"core/..."}, never: ours("core/store/storetest"), why: "the core does not link its test kit"},
	{folder: "core/fault", why: "everything leans on fault, so it leans on nothing"},
	{folder: "core/profile", ours: []string{"core/fault", "core/jsonvalue"}, why: "a profile is its rules, and values that keep their order"},
	// testify itself reaches net/http; a store's test kit is linked by tests only, which the rules for all others hold.
	{
		folder: "core/store/storetest/...", ours: []string{"core/store", "core/fault"}, never: join(databases, settings),
		why: "the contract suite knows the port, and no store",
	},
	{
		folder: "adapters/senlin/...", ours: []string{"core/..."}, why: "a dialect sees the core and its HTTP library",
		never: join(databases, settings, testKits, "google.golang.org/grpc", "github.com/coder/websocket", "github.com/mochi-mqtt"),
	},
	{
		folder: "adapters/kuzzle/...", ours: []string{"core/..."}, why: "a dialect sees the core and its HTTP library",
		never: join(databases, settings, testKits, "google.golang.org/grpc", "github.com/coder/websocket", "github.com/mochi-mqtt"),
	},
	{
		folder: "adapters/grpc/...", ours: []string{"core/...", "proto/..."}, why: "the gRPC services see the core and their contract",
		never: join(databases, settings, testKits, "github.com/labstack/echo", "github.com/coder/websocket", "github.com/mochi-mqtt"),
	},
	{
		folder: "adapters/rawjson/...", why: "rawjson knows frames: it hands bytes to a function, and knows neither core nor dialect",
		never: join(databases, settings, testKits, "google.golang.org/grpc", "github.com/labstack/echo"),
	},
	{
		folder: "adapters/redis/...", except: []string{"adapters/redis/redistest/..."}, ours: []string{"core/store", "core/fault", "core/planted"}, why: "a store sees the port, faults and its driver",
		never: join(settings, testKits, "google.golang.org/grpc", "github.com/labstack/echo", "go.etcd.io/bbolt"),
	},
	{
		folder: "adapters/embedded/...", ours: []string{"core/store", "core/fault"}, why: "a store sees the port, faults and its driver",
		never: join(transports, settings, testKits, "github.com/redis/go-redis"),
	},
	{
		folder: "adapters/keystone/...", except: []string{"adapters/keystone/keystonetest/..."}, ours: []string{"core/access", "core/fault", "core/profile", "core/jsonvalue"},
		why:   "who finds the actor sees actors and faults",
		never: join(databases, settings, testKits, "google.golang.org/grpc", "github.com/labstack/echo"),
	},
	{
		folder: "adapters/...", ours: []string{"core/...", "adapters/...", "proto/..."}, never: settings,
		why: "adapters are given values, and nobody below cmd imports the gateway",
	},
	{
		folder: "config/...", why: "config is plain data", // viper's file system reaches net/http by itself
		never: join(databases, testKits, "google.golang.org/grpc", "github.com/labstack/echo", "github.com/coder/websocket", "github.com/mochi-mqtt"),
	},
	{folder: "proto/...", why: "the contract is generated and leans on nothing of ours"},
	{
		folder: "gateway/...", ours: []string{"core/...", "adapters/...", "config/...", "proto/..."},
		why: "only cmd sees the gateway, and nobody sees cmd",
	},
	{folder: "gateway", ours: []string{"core/...", "adapters/...", "config/...", "proto/..."}, never: testKits, why: "production code does not link the test kit"},
	{
		folder: "cmd/...", ours: []string{"core/...", "adapters/...", "config/...", "proto/...", "gateway/..."}, never: testKits,
		why: "production code does not link the test kit",
	},
}

func TestImportDirections(t *testing.T) {
	pkgs := list(t)
	require.NotEmpty(t, pkgs)
	if got := violations(pkgs); len(got) > 0 {
		t.Errorf("imports that point the wrong way:\n%s", strings.Join(got, "\n"))
	}
}

// TestImportDirectionsCatch shows that the table would notice what it is there for.
func TestImportDirectionsCatch(t *testing.T) {
	tests := []struct {
		name string
		pkg  listed
		want []string
	}{
		{"core and core", pkg("core", "fmt", module+"/core/fault", "github.com/google/uuid"), nil},
		{"core and echo", pkg("core", "github.com/labstack/echo/v4"), []string{"core: github.com/labstack/echo/v4"}},
		{"core and http, indirectly", listed{module + "/core/view", []string{"x.org/y"}, []string{"x.org/y", "net/http"}}, []string{"core/view: net/http (indirectly)"}},
		{"core and an adapter", pkg("core/view", module+"/adapters/redis"), []string{"core/view: adapters/redis"}},
		{"core and its suite", pkg("core", module+"/core/store/storetest"), []string{"core: core/store/storetest"}},
		{"fault and core", pkg("core/fault", module+"/core/store"), []string{"core/fault: core/store"}},
		{"profile and fault", pkg("core/profile", module+"/core/fault"), nil},
		{"profile and the port", pkg("core/profile", module+"/core/store"), []string{"core/profile: core/store"}},
		{"a suite and testify", listed{module + "/core/store/storetest", []string{"testing"}, []string{"testing", "net/http"}}, nil},
		{"two dialects", pkg("adapters/kuzzle", module+"/adapters/senlin"), []string{"adapters/kuzzle: adapters/senlin"}},
		{"a dialect and its parts", pkg("adapters/kuzzle", module+"/adapters/kuzzle/wire", "github.com/labstack/echo/v4"), nil},
		{"frames and the core", pkg("adapters/rawjson", module+"/core/fault"), []string{"adapters/rawjson: core/fault"}},
		{"a store and the port", pkg("adapters/embedded", module+"/core/store", "go.etcd.io/bbolt"), nil},
		{"a store and a profile", pkg("adapters/redis", module+"/core/profile"), []string{"adapters/redis: core/profile"}},
		{"a new adapter and config", pkg("adapters/keystone", module+"/config"), []string{"adapters/keystone: config"}},
		{"config and core", pkg("config", module+"/core/fault"), []string{"config: core/fault"}},
		{"gateway and all below", pkg("gateway", module+"/core", module+"/adapters/redis", module+"/config"), nil},
		{"an adapter and the gateway", pkg("adapters/grpc", module+"/gateway"), []string{"adapters/grpc: gateway"}},
		{"cmd and the gateway", pkg("cmd/profilegate", module+"/gateway", "github.com/spf13/cobra"), nil},
		{"a name that only begins alike", pkg("core", "github.com/labstack/echoes"), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, v := range violations([]listed{tt.pkg}) {
				found, _, _ := strings.Cut(v, ": because ")
				got = append(got, found)
			}
			if diff := cmp.Diff(tt.want, slices.Compact(got)); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}

// list asks the go command for this module's packages. A package that does not compile now is listed with the imports that can be read.
func list(t *testing.T) []listed {
	t.Helper()
	noteSources(t)
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Imports,Deps", module+"/...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	var pkgs []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return pkgs
		}
		require.NoError(t, err)
		pkgs = append(pkgs, p)
	}
}

// noteSources reads the folders of this module. The go command remembers which folders a test has read, and not what its children did: without
// this, a cached "ok" would outlive an import added elsewhere.
func noteSources(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && path != ".." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules") {
			return fs.SkipDir
		}
		return err
	})
	require.NoError(t, err)
}

// violations applies the table. Each is one line: who, what, and why not.
func violations(pkgs []listed) []string {
	var found []string
	for _, p := range pkgs {
		who := folder(p.ImportPath)
		for _, r := range rules {
			if !within(r.folder, who) || slices.ContainsFunc(r.except, func(f string) bool { return within(f, who) }) {
				continue
			}
			for _, dep := range p.Deps {
				if r.allows(dep) {
					continue
				}
				what := folder(dep)
				if !slices.Contains(p.Imports, dep) {
					what += " (indirectly)"
				}
				found = append(found, fmt.Sprintf("%s: %s: because %s", who, what, r.why))
			}
		}
	}
	return found
}

func (r rule) allows(dep string) bool {
	forbidden := func(prefix string) bool { return dep == prefix || strings.HasPrefix(dep, prefix+"/") }
	if slices.ContainsFunc(r.never, forbidden) {
		return false
	}
	if dep != module && !strings.HasPrefix(dep, module+"/") {
		return true
	}
	what := folder(dep)
	return within(r.folder, what) || slices.ContainsFunc(r.ours, func(f string) bool { return within(f, what) })
}

// folder is an import path relative to the module; paths of others stay as they are.
func folder(path string) string { return strings.TrimPrefix(path, module+"/") }

func within(pattern, folder string) bool {
	root, deep := strings.CutSuffix(pattern, "/...")
	return folder == root || deep && strings.HasPrefix(folder, root+"/")
}

// pkg is a package of this module that imports all it depends on.
func pkg(folder string, imports ...string) listed {
	return listed{ImportPath: module + "/" + folder, Imports: imports, Deps: imports}
}

func ours(folders ...string) []string {
	paths := make([]string, len(folders))
	for i, f := range folders {
		paths[i] = module + "/" + f
	}
	return paths
}

func join(lists ...any) []string {
	var all []string
	for _, l := range lists {
		switch l := l.(type) {
		case string:
			all = append(all, l)
		case []string:
			all = append(all, l...)
		}
	}
	return all
}
