package e2etest

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	profilegatev1 "github.com/profilegate/profilegate/proto/profilegate/v1"
)

// loginAnswer is what is looked at of the answers of logins and of what is done then.
type loginAnswer struct {
	Status int `json:"status"`
	Result struct {
		ID  string `json:"_id"`
		JWT string `json:"jwt"`
	} `json:"result"`
}

// bearing sends a request of the Kuzzle dialect to a node, with a token unless it is empty.
func (n *node) bearing(t *testing.T, token, method, path, body string) loginAnswer {
	t.Helper()
	r, err := http.NewRequestWithContext(soon(t), method, "http://"+n.Target.Kuzzle+path, strings.NewReader(body))
	require.NoError(t, err)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	var a loginAnswer
	_, err = doJSON(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, r, &a)
	require.NoError(t, err)
	return a
}

// TestTokensCountOnEveryNode logs in on one node: the token counts on the others at once, over gRPC too, and on none once the logout is answered.
func TestTokensCountOnEveryNode(t *testing.T) {
	t.Parallel()
	nodes := startThree(t)
	made := nodes[0].bearing(t, "", http.MethodPost, "/_createFirstAdmin/boss?reset",
		`{"content":{},"credentials":{"local":{"username":"boss","password":"secret"}}}`)
	require.Equal(t, http.StatusOK, made.Status)
	for i, n := range nodes {
		other := nodes[(i+1)%len(nodes)]
		login := n.bearing(t, "", http.MethodPost, "/_login/local", `{"username":"boss","password":"secret"}`)
		require.Equal(t, http.StatusOK, login.Status)
		require.Equal(t, "boss", other.bearing(t, login.Result.JWT, http.MethodGet, "/_me", "").Result.ID)

		client := dialGRPC(t, other.GRPC)
		get := &profilegatev1.GetProfileRequest{Style: profilegatev1.ProfileStyle_PROFILE_STYLE_POLICIES, Id: "admin"}
		_, err := client.GetProfile(client.identified(soon(t)), get)
		require.Equal(t, codes.Unauthenticated, status.Code(err), "the anonymous rights are restricted")
		client.token = login.Result.JWT
		_, err = client.GetProfile(client.identified(soon(t)), get)
		require.NoError(t, err)

		require.Equal(t, http.StatusOK, n.bearing(t, login.Result.JWT, http.MethodPost, "/_logout", "").Status)
		require.Equal(t, http.StatusUnauthorized, other.bearing(t, login.Result.JWT, http.MethodGet, "/_me", "").Status)
		_, err = client.GetProfile(client.identified(soon(t)), get)
		require.Equal(t, codes.Unauthenticated, status.Code(err))
		for _, node := range nodes {
			log, err := os.ReadFile(node.logFile)
			require.NoError(t, err)
			require.NotContains(t, string(log), login.Result.JWT)
			require.NotContains(t, string(log), "argon2id")
		}
	}
}
