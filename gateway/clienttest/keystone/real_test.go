//go:build openstack && linux

package keystone

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// keystoneConf keeps everything in one folder. Two workers of Keystone lock each other out of SQLite, whose readers keep a writer waiting, so
// the database is put into WAL mode once it is there.
const keystoneConf = `
[DEFAULT]
log_file = %[1]s/keystone.log
use_stderr = false
[database]
connection = sqlite:///%[1]s/keystone.db
[fernet_tokens]
key_repository = %[1]s/fernet
[fernet_receipts]
key_repository = %[1]s/fernet
[credential]
key_repository = %[1]s/credential
[identity]
password_hash_rounds = 4
`

// startKeystone starts Debian's Keystone on a free port, with the accounts of every cloud and one that administers it.
func startKeystone(t *testing.T) (*cloud, token) {
	dir := t.TempDir()
	conf := filepath.Join(dir, "keystone.conf")
	require.NoError(t, os.WriteFile(conf, fmt.Appendf(nil, keystoneConf, dir), 0o600))
	address := freeAddress(t)
	c := &cloud{url: "http://" + address}
	began := time.Now()
	c.prepare(t, dir, conf)
	t.Logf("Keystone's data is prepared after %s", time.Since(began).Round(time.Millisecond))
	c.serve(t, dir, conf, address)
	t.Logf("Keystone serves after %s", time.Since(began).Round(time.Millisecond))
	admin := c.login(t, account{user: "admin", project: "admin"})
	c.populate(t, admin)
	t.Logf("Keystone knows everybody after %s", time.Since(began).Round(time.Millisecond))
	return c, admin
}

// prepare makes database, keys and the administrator.
func (c *cloud) prepare(t *testing.T, dir, conf string) {
	for _, keys := range []string{"fernet", "credential"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, keys), 0o700))
	}
	self, err := user.Current()
	require.NoError(t, err)
	group, err := user.LookupGroupId(self.Gid)
	require.NoError(t, err)
	manage := func(args ...string) error {
		return runs(t.Context(), exec.CommandContext(t.Context(), "keystone-manage", append([]string{"--config-file", conf}, args...)...))
	}
	owner := []string{"--keystone-user", self.Username, "--keystone-group", group.Name}
	var all errgroup.Group
	all.Go(func() error { return manage("db_sync") })
	all.Go(func() error {
		if err := manage(append([]string{"fernet_setup"}, owner...)...); err != nil {
			return err
		}
		return manage(append([]string{"credential_setup"}, owner...)...)
	})
	require.NoError(t, all.Wait())
	wal := "import sqlite3; sqlite3.connect('" + filepath.Join(dir, "keystone.db") + "').execute('PRAGMA journal_mode=WAL')"
	require.NoError(t, runs(t.Context(), exec.CommandContext(t.Context(), "/usr/bin/python3", "-c", wal)))
	require.NoError(t, manage("bootstrap", "--bootstrap-password", password, "--bootstrap-region-id", "RegionOne",
		"--bootstrap-public-url", c.url+"/v3", "--bootstrap-internal-url", c.url+"/v3"))
}

// runs runs a command to its end and tells what it printed if that is not a good one.
func runs(ctx context.Context, command *exec.Cmd) error {
	var printed bytes.Buffer
	command.Stdout, command.Stderr = &printed, &printed
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s: %w (%w)\n%s", command, err, ctx.Err(), &printed)
	}
	return nil
}

// serve runs Keystone under uwsgi, as Debian does, until the test ends or stop is called. Its workers end with it.
func (c *cloud) serve(t *testing.T, dir, conf, address string) {
	printed, err := os.Create(filepath.Join(dir, "uwsgi.log"))
	require.NoError(t, err)
	t.Cleanup(func() { printed.Close() })
	//nolint:noctx // it outlives the call: stop ends it
	command := exec.Command("uwsgi_python3", "--http-socket", address, "--wsgi-file", "/usr/bin/keystone-wsgi-public",
		"--pyargv", "--config-file "+conf, "--master", "--processes", "2", "--no-orphans", "--need-app", "--die-on-term",
		"--buffer-size", "65535", "--add-header", "Connection: close")
	command.Dir, command.Stdout, command.Stderr = dir, printed, printed
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	require.NoError(t, command.Start())
	exited := make(chan struct{})
	go func() {
		_ = command.Wait() // it is killed
		close(exited)
	}()
	c.stop = func() {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL) // it may have ended
		<-exited
	}
	t.Cleanup(func() {
		c.stop()
		if t.Failed() {
			t.Logf("uwsgi: %s\nKeystone: %s", tail(filepath.Join(dir, "uwsgi.log")), tail(filepath.Join(dir, "keystone.log")))
		}
	})
	end := time.Now().Add(patience)
	for !answers(address) {
		select {
		case <-exited:
			require.Fail(t, "Keystone ended", "%s", tail(filepath.Join(dir, "uwsgi.log")))
		case <-time.After(50 * time.Millisecond):
		}
		require.True(t, time.Now().Before(end), "Keystone does not answer\n%s", tail(filepath.Join(dir, "uwsgi.log")))
	}
}

// answers tells whether the server is there. It binds its port long before it serves, so that a connection alone says nothing.
func answers(address string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/v3", nil)
	if err != nil {
		return false
	}
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// tail is the end of a file.
func tail(file string) []byte {
	text, err := os.ReadFile(file)
	if err != nil {
		return []byte(err.Error())
	}
	return text[max(0, len(text)-8000):]
}

// freeAddress is one of 127.0.0.1 on which nothing listens.
func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// add makes something by the Identity API and returns its id.
func (c *cloud) add(t *testing.T, admin token, kind string, what map[string]any) string {
	t.Helper()
	a := call(t, http.MethodPost, c.url+"/v3/"+kind+"s", http.Header{"X-Auth-Token": {admin.id}}, map[string]any{kind: what})
	require.Equal(t, http.StatusCreated, a.status, "%s", a.body)
	var made map[string]struct{ ID string }
	a.decode(t, &made)
	return made[kind].ID
}

// populate makes the accounts.
func (c *cloud) populate(t *testing.T, admin token) {
	a := call(t, http.MethodGet, c.url+"/v3/roles", http.Header{"X-Auth-Token": {admin.id}}, nil)
	var told struct{ Roles []struct{ ID, Name string } }
	a.decode(t, &told)
	roles, projects := map[string]string{}, map[string]string{}
	for _, r := range told.Roles {
		roles[r.Name] = r.ID
	}
	for _, who := range accounts {
		if roles[who.role] == "" {
			roles[who.role] = c.add(t, admin, "role", map[string]any{"name": who.role})
		}
		if projects[who.project] == "" {
			projects[who.project] = c.add(t, admin, "project", map[string]any{"name": who.project, "domain_id": "default"})
		}
		id := c.add(t, admin, "user", map[string]any{"name": who.user, "password": password, "domain_id": "default"})
		path := fmt.Sprintf("/v3/projects/%s/users/%s/roles/%s", projects[who.project], id, roles[who.role])
		a := call(t, http.MethodPut, c.url+path, http.Header{"X-Auth-Token": {admin.id}}, nil)
		require.Equal(t, http.StatusNoContent, a.status, "%s", a.body)
	}
}

// offer puts the gateway into the catalog, as Senlin.
func (c *cloud) offer(t *testing.T, admin token, url string) {
	id := c.add(t, admin, "service", map[string]any{"type": "clustering", "name": "senlin"})
	for _, face := range []string{"public", "internal"} {
		c.add(t, admin, "endpoint", map[string]any{"service_id": id, "interface": face, "url": url, "region_id": "RegionOne"})
	}
}
