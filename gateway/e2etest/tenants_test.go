package e2etest

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
)

// side is one tenant of two with a client for each protocol.
type side struct {
	name     string
	rate     int64
	policies map[string]policyClient
	specs    map[string]specClient
	senlin   *senlinClient
	kuzzle   *kuzzleClient
}

func newSide(t *testing.T, n *node, name, mqtt string, rate int64) *side {
	t.Helper()
	target := n.Target
	target.Host, target.MQTT = name+".test", mqtt
	s := &side{
		name: name, rate: rate, policies: map[string]policyClient{}, specs: map[string]specClient{},
		senlin: dialSenlin(t, target), kuzzle: dialKuzzle(t, "http", target),
	}
	for _, transport := range kuzzleTransports {
		s.policies[transport] = dialKuzzle(t, transport, target)
	}
	grpc := dialGRPC(t, n.GRPC)
	grpc.tenant = name
	s.policies["grpc"], s.specs["grpc"], s.specs["senlin"] = grpc, grpc, s.senlin
	return s
}

// TestTenantsAreIsolated gives two tenants the same ids over every protocol: each sees its own and nothing else.
func TestTenantsAreIsolated(t *testing.T) {
	t.Parallel()
	for name, storage := range storages {
		t.Run(name, func(t *testing.T) {
			n := start(t, storage(t), "two")
			left := newSide(t, n, "left", n.Target.MQTT, 1)
			right := newSide(t, n, "right", n.welcomed(t, "mqtt-right"), 2)
			onlyLeft, err := left.kuzzle.createRole(soon(t), "of-left")
			require.NoError(t, err)
			require.True(t, onlyLeft.ok, "%s", onlyLeft)

			for way := range left.policies {
				left.createsAlone(t, right, way)
				right.creates(t, way)
				left.sees(t, way)
				right.sees(t, way)
				right.lacksRole(t, way, "of-left")
			}
			for way := range left.specs {
				left.keepsSpecs(t, right, way)
			}
			for _, s := range []*side{left, right} {
				found, err := s.kuzzle.search(soon(t), "default")
				require.NoError(t, err)
				require.Len(t, found, 1+len(s.policies), "its own and the default profile")
				for id, p := range found {
					if id != "default" {
						require.Equal(t, s.rate, p.RateLimit)
					}
				}
			}
		})
	}
}

func (s *side) draft(way string) policyDraft {
	return policyDraft{id: "same-" + way, roles: []string{"default"}, rate: s.rate, wait: true}
}

func (s *side) createsAlone(t *testing.T, other *side, way string) {
	t.Helper()
	s.creates(t, way)
	for otherWay, c := range other.policies {
		got, err := c.getProfile(soon(t), s.draft(way).id)
		require.NoError(t, err)
		require.Equal(t, fault.NotFound, got.kind, "%s sees over %s what %s made: %s", other.name, otherWay, s.name, got)
	}
}

func (s *side) creates(t *testing.T, way string) {
	t.Helper()
	o, err := s.policies[way].createProfile(soon(t), s.draft(way))
	require.NoError(t, err)
	require.True(t, o.ok, "%s %s", way, o)
}

func (s *side) sees(t *testing.T, way string) {
	t.Helper()
	for _, c := range s.policies {
		got, err := c.getProfile(soon(t), s.draft(way).id)
		require.NoError(t, err)
		requireProfile(t, s.draft(way), got)
	}
}

func (s *side) lacksRole(t *testing.T, way, role string) {
	t.Helper()
	o, err := s.policies[way].createProfile(soon(t), policyDraft{id: "unmade", roles: []string{role}})
	require.NoError(t, err)
	require.Equal(t, fault.NotFound, o.kind, "%s", o)
}

func (s *side) keepsSpecs(t *testing.T, other *side, way string) {
	t.Helper()
	made, err := s.specs[way].createSpec(soon(t), "same", heatSpec(way))
	require.NoError(t, err)
	require.True(t, made.ok, "%s", made)
	for _, c := range other.specs {
		for _, id := range []string{made.id, made.id[:8], "same"} {
			got, err := c.getSpec(soon(t), id)
			require.NoError(t, err)
			require.Equal(t, fault.NotFound, got.kind, "%s sees %q of %s: %s", other.name, id, s.name, got)
		}
	}
	listed, err := other.senlin.list(soon(t), "")
	require.NoError(t, err)
	require.Empty(t, listed)
}

// TestTenantMustBeNamed holds the ways in that name no tenant, a wrong one, or another's token.
func TestTenantMustBeNamed(t *testing.T) {
	t.Parallel()
	n := start(t, onEmbedded(t), "two")
	t.Run("an unknown host", func(t *testing.T) {
		for _, address := range []string{n.Target.Kuzzle, n.Target.Senlin} {
			for _, path := range []string{"/", "/v1/profiles", "/profiles/default"} {
				require.Equal(t, http.StatusMisdirectedRequest, statusOf(t, address, "elsewhere.test", path))
			}
		}
	})
	t.Run("hosts as they are written", func(t *testing.T) {
		for _, host := range []string{"left.test", "LEFT.Test", "left.test.", "left.test:7512"} {
			require.Equal(t, http.StatusOK, statusOf(t, n.Target.Kuzzle, host, "/profiles/default"), host)
		}
	})
	for _, tt := range []struct {
		name, address, tenant, token string
		want                         fault.Kind
	}{
		{"grpc without a tenant", n.GRPC, "", "", fault.Invalid},
		{"grpc with an unknown one", n.GRPC, "middle", "", fault.NotFound},
		{"grpc with one that is not served there", n.welcomed(t, "grpc-right"), "left", "", fault.NotFound},
		{"grpc with the token of another", n.GRPC, "left", "token-of-right", fault.Unauthenticated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := dialGRPC(t, tt.address)
			c.tenant, c.token = tt.tenant, tt.token
			got, err := c.getProfile(soon(t), "default")
			require.NoError(t, err)
			require.False(t, got.ok)
			require.Equal(t, tt.want, got.kind, "%s", got)
			_, err = c.createProfile(soon(t), policyDraft{id: "unmade", roles: []string{"default"}})
			require.NoError(t, err)
		})
	}
	t.Run("grpc where only one is served", func(t *testing.T) {
		got, err := dialGRPC(t, n.welcomed(t, "grpc-right")).getProfile(soon(t), "default")
		require.NoError(t, err)
		require.True(t, got.ok, "%s", got)
	})
	t.Run("the token of another over HTTP", func(t *testing.T) {
		target := n.Target
		target.Host = "left.test"
		senlin, kuzzle := dialSenlin(t, target), dialKuzzle(t, "http", target)
		for token, want := range map[string]bool{"token-of-left": true, "token-of-right": false} {
			senlin.token, kuzzle.token = token, token
			_, err := senlin.list(soon(t), "")
			require.Equal(t, want, err == nil, "%v", err)
			got, err := kuzzle.getProfile(soon(t), "default")
			require.NoError(t, err)
			if !want {
				require.Equal(t, fault.Unauthenticated, got.kind, "%s", got)
			}
		}
	})
}

func statusOf(t *testing.T, address, host, path string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(soon(t), http.MethodGet, "http://"+address+path, nil)
	require.NoError(t, err)
	r.Host = host
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	return answer.StatusCode
}
