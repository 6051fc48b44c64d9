//go:build openstack && linux

package keystone

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// client is the command `openstack` with the settings of one account.
type client struct {
	t   *testing.T
	env []string
}

func (c *cloud) client(t *testing.T, a account) client {
	return client{t, []string{
		"OS_AUTH_URL=" + c.url, "OS_IDENTITY_API_VERSION=3", "OS_USERNAME=" + a.user, "OS_PASSWORD=" + password, "OS_PROJECT_NAME=" + a.project,
		"OS_USER_DOMAIN_NAME=" + domainName, "OS_PROJECT_DOMAIN_NAME=" + domainName,
		"PATH=/usr/bin:/bin", "HOME=" + t.TempDir(), "LANG=C.UTF-8",
	}}
}

// run runs the command and returns what it printed and whether it was content.
func (c client) run(args ...string) (stdout []byte, stderr string, ok bool) {
	c.t.Helper()
	command := exec.CommandContext(c.t.Context(), "/usr/bin/openstack", args...)
	var out, problems bytes.Buffer
	command.Env, command.Stdout, command.Stderr = c.env, &out, &problems
	err := command.Run()
	return out.Bytes(), problems.String(), err == nil
}

// json runs a command that must succeed and reads what it prints with -f json.
func (c client) json(into any, args ...string) {
	c.t.Helper()
	stdout, stderr, ok := c.run(append(args, "-f", "json")...)
	require.True(c.t, ok, "%v: %s", args, stderr)
	require.NoError(c.t, json.Unmarshal(stdout, into), "%s", stdout)
}

// fails runs a command that must fail, and returns why it did.
func (c client) fails(args ...string) string {
	c.t.Helper()
	stdout, stderr, ok := c.run(args...)
	require.False(c.t, ok, "%s", stdout)
	return stderr
}

// bearing is the command with a token instead of a password and a catalog.
func (g *gate) bearing(t *testing.T, token string) client {
	return client{t, []string{
		"OS_AUTH_TYPE=admin_token", "OS_ENDPOINT=" + g.url + "/v1", "OS_TOKEN=" + token, "OS_IDENTITY_API_VERSION=3",
		"PATH=/usr/bin:/bin", "HOME=" + t.TempDir(), "LANG=C.UTF-8",
	}}
}

// serverSpec is a spec as a user would write it.
const serverSpec = `
type: os.nova.server
version: 1.0
properties:
  name: web
  flavor: m1.small
  networks:
    - network: private
`

// shown is what the client shows of a profile. Metadata is text with JSON in it, and the spec a table of text.
type shown struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	Type      string  `json:"type"`
	Project   string  `json:"project_id"`
	User      string  `json:"user_id"`
	Domain    *string `json:"domain_id"`
	Metadata  string  `json:"metadata"`
	Spec      string  `json:"spec"`
	CreatedAt *string `json:"created_at"`
	UpdatedAt *string `json:"updated_at"`
}

// runsOpenStack runs every command about profiles and their types that the client has.
func runsOpenStack(t *testing.T, c *cloud, g *gate) {
	spec := filepath.Join(t.TempDir(), "server.yaml")
	require.NoError(t, os.WriteFile(spec, []byte(serverSpec), 0o600))
	// A command starts slowly: what does not depend on another's outcome runs beside it.
	t.Run("a profile's life", func(t *testing.T) { t.Parallel(); livesThrough(t, c, spec) })
	t.Run("what changes nothing", func(t *testing.T) { t.Parallel(); reads(t, c, g, spec) })
}

// livesThrough is a profile's life as its owner sees it, and as those do who must not.
func livesThrough(t *testing.T, c *cloud, spec string) {
	owner, mine, others := c.login(t, demo), c.client(t, demo), c.client(t, other)
	var made, changed shown
	mine.json(&made, "cluster", "profile", "create", "--spec-file", spec, "--metadata", "a=b", "web")
	require.Equal(t, []string{"web", "os.nova.server-1.0", owner.Project.ID, owner.User.ID}, []string{made.Name, made.Type, made.Project, made.User})
	require.NotEmpty(t, made.ID)
	require.Nil(t, made.Domain)
	require.Nil(t, made.UpdatedAt)
	require.JSONEq(t, `{"a":"b"}`, made.Metadata)
	require.Contains(t, made.Spec, `"flavor": "m1.small"`)

	var listed []map[string]string
	mine.json(&listed, "cluster", "profile", "list")
	require.Equal(t, []map[string]string{{"id": made.ID[:8], "name": "web", "type": "os.nova.server-1.0", "created_at": *made.CreatedAt}}, listed)
	others.json(&listed, "cluster", "profile", "list")
	require.Empty(t, listed)
	require.Contains(t, others.fails("cluster", "profile", "show", made.ID), "Profile not found: "+made.ID)
	require.Contains(t, others.fails("cluster", "profile", "update", "--name", "theirs", made.ID), "Profile not found: "+made.ID)

	var seen shown
	mine.json(&seen, "cluster", "profile", "show", "web")
	require.Equal(t, made, seen)

	mine.json(&changed, "cluster", "profile", "update", "--name", "web2", "--metadata", "c=d", "web")
	require.NotNil(t, changed.UpdatedAt)
	require.JSONEq(t, `{"c":"d"}`, changed.Metadata)
	made.Name, made.Metadata, made.UpdatedAt = "web2", changed.Metadata, changed.UpdatedAt
	require.Equal(t, made, changed)

	stdout, stderr, ok := mine.run("cluster", "profile", "delete", "--force", "web2")
	require.True(t, ok, stderr)
	require.Equal(t, "Profile deleted: ['web2']\n", string(stdout))
	require.Contains(t, mine.fails("cluster", "profile", "show", made.ID), "Profile not found: "+made.ID)
}

// reads is what leaves no mark: validation, types, and what is refused.
func reads(t *testing.T, c *cloud, g *gate, spec string) {
	someone, mine := c.login(t, other), c.client(t, other)
	var checked shown
	mine.json(&checked, "cluster", "profile", "validate", "--spec-file", spec)
	require.Equal(t, "validated_profile", checked.Name)
	require.Equal(t, someone.Project.ID, checked.Project)

	var types []map[string]string
	mine.json(&types, "cluster", "profile", "type", "list")
	require.Equal(t, []map[string]string{
		{"name": "container.dockerinc.docker", "version": "1.0", "support_status": "EXPERIMENTAL since 2017.02"},
		{"name": "os.heat.stack", "version": "1.0", "support_status": "SUPPORTED since 2016.04"},
		{"name": "os.nova.server", "version": "1.0", "support_status": "SUPPORTED since 2016.04"},
	}, types)
	var typ struct {
		Name   string
		Schema map[string]struct{ Type string }
	}
	mine.json(&typ, "cluster", "profile", "type", "show", "os.nova.server-1.0")
	require.Equal(t, "os.nova.server-1.0", typ.Name)
	require.Equal(t, "String", typ.Schema["flavor"].Type)
	var operations struct{ Operations map[string]any }
	mine.json(&operations, "cluster", "profile", "type", "ops", "os.nova.server-1.0")
	require.Contains(t, operations.Operations, "change_password")
	require.Contains(t, mine.fails("cluster", "profile", "type", "show", "no.such.type-1.0"), "Profile Type not found: no.such.type-1.0")

	var listed []map[string]string
	g.bearing(t, someone.id).json(&listed, "cluster", "profile", "list")
	require.Empty(t, listed)
	told := g.bearing(t, "gAAAAABnonsense").fails("cluster", "profile", "list")
	require.Contains(t, told, "401: Client Error")
	require.Contains(t, told, "The request you have made requires authentication.")
}
