package keystone

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	profilegatev1 "github.com/profilegate/profilegate/proto/profilegate/v1"
)

func TestStandIn(t *testing.T) { keepsPromises(t, startStandIn(t)) }

// keepsPromises holds a gateway to what it promises of tokens. The outage comes last: nobody ends it.
func keepsPromises(t *testing.T, c *cloud) {
	g := startGateway(t, c)
	t.Run("no token is good enough", func(t *testing.T) { g.refuses(t, c) })
	t.Run("projects do not see each other", func(t *testing.T) { g.separates(t, c) })
	t.Run("a project is needed", func(t *testing.T) { g.wantsProject(t, c) })
	t.Run("gRPC takes the same tokens", func(t *testing.T) { g.takesOverGRPC(t, c) })
	t.Run("revoked tokens are refused in time", func(t *testing.T) { g.honoursRevocation(t, c) })
	t.Run("an outage", func(t *testing.T) { g.survives(t, c) })
}

const unauthorized = `{"error":{"code":401,"title":"Unauthorized","message":"The request you have made requires authentication."}}`

func (g *gate) refuses(t *testing.T, c *cloud) {
	for name, token := range map[string]string{"none": "", "made up": "gAAAAABnonsense", "another alphabet": "\xc3\xa4"} {
		a := g.call(t, http.MethodGet, "/v1/profiles", token, nil)
		require.Equal(t, http.StatusUnauthorized, a.status, name)
		require.Equal(t, `Keystone uri="`+c.url+`"`, a.header.Get("WWW-Authenticate"), name)
		require.JSONEq(t, unauthorized, string(a.body), name)
	}
	require.Empty(t, g.list(t, "of-the-config"), "a token of the config is one still")
}

func (g *gate) separates(t *testing.T, c *cloud) {
	mine, others, admin := c.login(t, demo), c.login(t, other), c.login(t, boss)
	made := g.create(t, mine.id, "mine")
	require.Equal(t, profile{ID: made.ID, Name: "mine", User: mine.User.ID, Project: mine.Project.ID}, made, "the domain is null: the token is not for one")
	require.Equal(t, []profile{made}, g.list(t, mine.id))
	require.Empty(t, g.list(t, others.id))
	for token, want := range map[string]int{mine.id: http.StatusOK, others.id: http.StatusNotFound, admin.id: http.StatusOK} {
		require.Equal(t, want, g.call(t, http.MethodGet, "/v1/profiles/mine", token, nil).status)
	}
	for token, want := range map[string]int{mine.id: http.StatusForbidden, others.id: http.StatusForbidden, admin.id: http.StatusOK} {
		require.Equal(t, want, g.call(t, http.MethodGet, "/v1/profiles?global_project=true", token, nil).status)
	}
}

// wantsProject is about a good token that is for no project. Senlin's API takes it, and fails to look for the user's credentials in its
// middleware "trust", whose errors its web framework answers.
func (g *gate) wantsProject(t *testing.T, c *cloud) {
	unscoped := c.login(t, account{user: demo.user})
	for _, path := range []string{"/v1/profiles", "/v1/nowhere"} {
		a := g.call(t, http.MethodGet, path, unscoped.id, nil)
		require.Equal(t, http.StatusBadRequest, a.status, "%s", a.body)
		require.JSONEq(t, `{"code":"400 Bad Request","title":"Bad Request","message":"The server could not comply with the request since it is either`+
			` malformed or otherwise incorrect.<br /><br />\nField `+"`project'"+` cannot be None\n\n"}`, string(a.body))
		require.NotEmpty(t, a.header.Get("X-Openstack-Request-Id"))
	}
}

func (g *gate) takesOverGRPC(t *testing.T, c *cloud) {
	conn, err := grpc.NewClient("passthrough:///"+g.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	client := profilegatev1.NewProfileServiceClient(conn)
	mine := c.login(t, demo)
	made := g.create(t, mine.id, "over-http")
	ask := &profilegatev1.GetProfileRequest{Id: made.ID}
	for _, key := range []string{"x-auth-token", "authorization"} {
		value := mine.id
		if key == "authorization" {
			value = "Bearer " + value
		}
		got, err := client.GetProfile(metadata.AppendToOutgoingContext(t.Context(), key, value), ask)
		require.NoError(t, err, key)
		require.Equal(t, made.ID, got.GetProfile().GetId())
	}
	_, err = client.GetProfile(metadata.AppendToOutgoingContext(t.Context(), "x-auth-token", "gAAAAABnonsense"), ask)
	require.Equal(t, codes.Unauthenticated, status.Code(err))
}

func (g *gate) honoursRevocation(t *testing.T, c *cloud) {
	mine, admin := c.login(t, demo), c.login(t, boss)
	require.Equal(t, http.StatusOK, g.call(t, http.MethodGet, "/v1/profiles", mine.id, nil).status)
	c.revoke(t, admin, mine)
	revoked := time.Now()
	refused := func() bool {
		return g.call(t, http.MethodGet, "/v1/profiles", mine.id, nil).status == http.StatusUnauthorized
	}
	// Keystone may take its time to say so, when it is asked.
	require.Eventually(t, refused, cacheTTL+patience, 50*time.Millisecond)
	t.Logf("refused %s after it was revoked; answers count for %s", time.Since(revoked).Round(time.Millisecond), cacheTTL)
	require.Equal(t, http.StatusOK, g.call(t, http.MethodGet, "/v1/profiles", admin.id, nil).status)
}

func (g *gate) survives(t *testing.T, c *cloud) {
	known, fresh := c.login(t, demo), c.login(t, demo)
	asked := time.Now()
	require.Equal(t, http.StatusOK, g.call(t, http.MethodGet, "/v1/profiles", known.id, nil).status)
	c.stop()
	a := g.call(t, http.MethodGet, "/v1/profiles", known.id, nil)
	if time.Since(asked) < cacheTTL {
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	}
	const message = "The Keystone service is temporarily unavailable."
	a = g.call(t, http.MethodGet, "/v1/profiles", fresh.id, nil)
	require.Equal(t, http.StatusServiceUnavailable, a.status, "%s", a.body)
	require.JSONEq(t, `{"code":"503 Service Unavailable","title":"Service Unavailable","message":"The server is currently unavailable. Please try again at`+
		` a later time.<br /><br />\n`+message+`\n\n"}`, string(a.body))
	require.Empty(t, a.header.Get("WWW-Authenticate"))
	page := call(t, http.MethodGet, g.url+"/v1/profiles", http.Header{"X-Auth-Token": {fresh.id}, "Accept": {"text/html"}}, nil)
	require.Equal(t, http.StatusServiceUnavailable, page.status)
	require.True(t, strings.HasPrefix(string(page.body), "<html>"), "%s", page.body)
	require.Contains(t, string(page.body), message)
	require.Equal(t, http.StatusOK, g.call(t, http.MethodGet, "/v1/profiles", "of-the-config", nil).status)
}
