package openstack

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/gateway/clienttest"
	"github.com/profilegate/profilegate/gateway/conformance"
)

const (
	root       = "../../.."      // of the checkout
	callWithin = 2 * time.Minute // one command; the client alone takes seconds to start
)

const serverSpec = `type: os.nova.server
version: 1.0
properties:
  name: web
  flavor: m1.small
  image: cirros
  networks:
    - network: private
`

// TestOpenStackClient calls the commands in the order in which a person tries them. Each starts a Python process, so there are few of them.
func TestOpenStackClient(t *testing.T) {
	c := newClient(t)

	created := c.object("cluster", "profile", "create", "--spec-file", c.file("server.yaml", serverSpec), "--metadata", "tier=front", "web")
	id, _ := created["id"].(string)
	require.NotEmpty(t, id)
	require.Equal(t, "web", created["name"])
	require.Equal(t, "os.nova.server-1.0", created["type"])
	require.Equal(t, "d3300000000000000000000000000001", created["project_id"])
	require.Equal(t, "d3300000000000000000000000000002", created["user_id"])
	require.JSONEq(t, `{"tier": "front"}`, created["metadata"].(string))
	require.Nil(t, created["updated_at"])

	// The client reads the template's file and fills in all properties, defaults included.
	template := c.file("template.yaml", "heat_template_version: 2014-10-16\nresources: {}\n")
	stack := c.object("cluster", "profile", "create", "--spec-file",
		c.file("stack.yaml", "type: os.heat.stack\nversion: 1.0\nproperties:\n  template: "+template+"\n"), "stack")
	require.Contains(t, stack["spec"], `"heat_template_version": "2014-10-16"`)

	t.Run("show", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, created, c.in(t).object("cluster", "profile", "show", "web"))
		_, stderr, err := c.in(t).run("cluster", "profile", "show", "nobody")
		require.Error(t, err)
		require.Contains(t, stderr, "Profile not found: nobody")
	})
	t.Run("list", func(t *testing.T) {
		t.Parallel()
		// With a limit the client asks for one page after the other until one is empty.
		rows := c.in(t).rows("cluster", "profile", "list", "--limit", "1", "--sort", "name:desc")
		require.Len(t, rows, 2)
		require.Equal(t, "web", rows[0]["name"])
		require.Equal(t, id[:8], rows[0]["id"])
		require.Equal(t, "stack", rows[1]["name"])
	})
	t.Run("validate", func(t *testing.T) {
		t.Parallel()
		c := c.in(t)
		valid := c.object("cluster", "profile", "validate", "--spec-file", c.file("server.yaml", serverSpec))
		require.Equal(t, "validated_profile", valid["name"])
		require.Nil(t, valid["id"])
		_, stderr, err := c.run("cluster", "profile", "validate", "--spec-file",
			c.file("bad.yaml", strings.Replace(serverSpec, "  flavor: m1.small\n", "", 1)))
		require.Error(t, err)
		require.Contains(t, stderr, "Required spec item 'flavor' not provided")
	})
	t.Run("update and delete", func(t *testing.T) {
		t.Parallel()
		c := c.in(t)
		c.token = "token-other" // whose project is empty
		c.object("cluster", "profile", "create", "--spec-file", c.file("server.yaml", serverSpec), "old")
		updated := c.object("cluster", "profile", "update", "--name", "new", "old")
		require.Equal(t, "new", updated["name"])
		require.NotNil(t, updated["updated_at"])
		_, stderr, err := c.run("cluster", "profile", "delete", "--force", "new")
		require.NoError(t, err, stderr)
		require.Empty(t, c.rows("cluster", "profile", "list"))
	})
	t.Run("types", func(t *testing.T) {
		t.Parallel()
		c := c.in(t)
		var names []any
		for _, row := range c.rows("cluster", "profile", "type", "list") {
			names = append(names, row["name"])
			require.Equal(t, "1.0", row["version"])
		}
		require.Equal(t, []any{"container.dockerinc.docker", "os.heat.stack", "os.nova.server"}, names)
		require.Contains(t, c.object("cluster", "profile", "type", "show", "os.nova.server-1.0")["schema"], "flavor")
		require.Contains(t, c.object("cluster", "profile", "type", "ops", "os.nova.server-1.0")["operations"], "reboot")
	})
}

// client is the command line client, pointed at a gateway.
type client struct {
	t       *testing.T
	command string
	address string
	token   string
}

func newClient(t *testing.T) *client {
	t.Helper()
	command := findClient(t)
	process, err := conformance.Start(t.Context(), conformance.Launch{
		Binary:  clienttest.Binary(t),
		Config:  filepath.Join(root, "config/examples/conformance.yaml"),
		DataDir: t.TempDir(),
		Log:     filepath.Join(t.TempDir(), "log"),
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, process.Stop()) })
	return &client{t: t, command: command, address: process.Target.Senlin, token: "token-demo"}
}

// findClient skips only where there is nothing to install: Debian has no Senlin client any more since Senlin was retired.
func findClient(t *testing.T) string {
	t.Helper()
	command, err := exec.LookPath("openstack")
	if err == nil && hasPackage("/usr/lib/python3/dist-packages/senlinclient") {
		return command
	}
	if exec.CommandContext(t.Context(), "apt-cache", "show", "python3-senlinclient").Run() != nil {
		t.Skip("this system's packages have no python3-senlinclient")
	}
	t.Fatal("the client is missing: install it with `make testdeps` (or `apt-get install python3-openstackclient python3-senlinclient`)")
	return ""
}

func hasPackage(dir string) bool {
	_, err := os.Stat(dir)
	return err == nil
}

// in is the same client for a subtest.
func (c *client) in(t *testing.T) *client {
	copied := *c
	copied.t = t
	return &copied
}

// run calls the client. The token goes to the gateway as it is, without a Keystone between.
func (c *client) run(args ...string) (stdout []byte, stderr string, err error) {
	ctx, cancel := context.WithTimeout(c.t.Context(), callWithin)
	defer cancel()
	args = append([]string{"--os-auth-type", "admin_token", "--os-endpoint", "http://" + c.address + "/v1", "--os-token", c.token}, args...)
	command := exec.CommandContext(ctx, c.command, args...) //nolint:gosec // the client under test
	command.Env = append(os.Environ(), "HOME="+c.t.TempDir())
	var out, failure bytes.Buffer
	command.Stdout, command.Stderr = &out, &failure
	err = command.Run()
	return out.Bytes(), failure.String(), err
}

// object calls a command that shows one thing.
func (c *client) object(args ...string) map[string]any {
	c.t.Helper()
	var object map[string]any
	c.decode(&object, args)
	return object
}

// rows calls a command that shows a table.
func (c *client) rows(args ...string) []map[string]any {
	c.t.Helper()
	var rows []map[string]any
	c.decode(&rows, args)
	return rows
}

func (c *client) decode(into any, args []string) {
	c.t.Helper()
	stdout, stderr, err := c.run(append(args, "-f", "json")...)
	require.NoError(c.t, err, stderr)
	require.NoError(c.t, json.Unmarshal(stdout, into), string(stdout))
}

func (c *client) file(name, text string) string {
	c.t.Helper()
	file := filepath.Join(c.t.TempDir(), name)
	require.NoError(c.t, os.WriteFile(file, []byte(text), 0o600))
	return file
}
