package e2etest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
)

// policyCase is one operation on policy profiles and what comes of it, whichever protocol it is sent over.
type policyCase struct {
	name string
	do   func(context.Context, policyClient) (outcome, error)
	want outcome
}

func creating(d policyDraft) func(context.Context, policyClient) (outcome, error) {
	return func(ctx context.Context, c policyClient) (outcome, error) { return c.createProfile(ctx, d) }
}

func getting(id string) func(context.Context, policyClient) (outcome, error) {
	return func(ctx context.Context, c policyClient) (outcome, error) { return c.getProfile(ctx, id) }
}

func failed(kind fault.Kind) outcome { return outcome{kind: kind} }

// policyCases follow one another. Each client is given ids of its own by prefix.
func policyCases(prefix string) []policyCase {
	draft := policyDraft{id: prefix + "a", roles: []string{"default", "admin"}, rate: 7}
	made := outcome{ok: true, id: draft.id, roles: draft.roles, rate: draft.rate}
	but := func(change func(*policyDraft)) policyDraft {
		d := draft
		d.id = prefix + "b"
		change(&d)
		return d
	}
	return []policyCase{
		{"get before it is there", getting(draft.id), failed(fault.NotFound)},
		{"create", creating(draft), made},
		{"create again", creating(draft), failed(fault.AlreadyExists)},
		{"create again, and wait", creating(policyDraft{id: draft.id, roles: []string{"admin"}, wait: true}), failed(fault.AlreadyExists)},
		{"get", getting(draft.id), made},
		{"no such role", creating(but(func(d *policyDraft) { d.roles = []string{"default", "nobody"} })), failed(fault.NotFound)},
		{"a rate limit below zero", creating(but(func(d *policyDraft) { d.rate = -1 })), failed(fault.Invalid)},
		{
			"strict, without the index", creating(but(func(d *policyDraft) { d.index, d.strict = "no-such-index", true })),
			failed(fault.Precondition),
		},
		{"none of these was made", getting(prefix + "b"), failed(fault.NotFound)},
		{
			"strict, with the index", creating(but(func(d *policyDraft) { d.index, d.strict = "an-index", true })),
			outcome{ok: true, id: prefix + "b", roles: draft.roles, rate: draft.rate},
		},
		{
			"the index does not matter", creating(policyDraft{id: prefix + "c", roles: []string{"admin"}, index: "no-such-index"}),
			outcome{ok: true, id: prefix + "c", roles: []string{"admin"}},
		},
		{
			"an id of many letters", creating(policyDraft{id: prefix + "é/%2F ?#*", roles: []string{"default"}, wait: true}),
			outcome{ok: true, id: prefix + "é/%2F ?#*", roles: []string{"default"}},
		},
		{"which is read", getting(prefix + "é/%2F ?#*"), outcome{ok: true, id: prefix + "é/%2F ?#*", roles: []string{"default"}}},
		{"an id too long", creating(policyDraft{id: prefix + string(make([]byte, 600)), roles: []string{"default"}}), failed(fault.Invalid)},
	}
}

// TestPolicyProfilesAreAlikeEverywhere runs every case through every client on every store.
func TestPolicyProfilesAreAlikeEverywhere(t *testing.T) {
	t.Parallel()
	for store, storage := range storages {
		n := start(t, storage(t), "one")
		http := dialKuzzle(t, "http", n.Target)
		index, err := http.createIndex(soon(t), "an-index")
		require.NoError(t, err)
		require.True(t, index.ok, "%s", index)
		clients := map[string]policyClient{"grpc": dialGRPC(t, n.GRPC)}
		for _, transport := range kuzzleTransports {
			clients[transport] = dialKuzzle(t, transport, n.Target)
		}
		for way, c := range clients {
			for _, tt := range policyCases(way + "-") {
				got, err := tt.do(soon(t), c)
				require.NoError(t, err, "%s, %s, %s", store, way, tt.name)
				requireAlike(t, tt.want, got, "%s, %s, %s", store, way, tt.name)
			}
		}
	}
}

func requireAlike(t *testing.T, want, got outcome, about ...any) {
	t.Helper()
	told := got.told
	got.told = ""
	require.Equal(t, want, got, append([]any{about[0].(string) + ": " + told}, about[1:]...)...)
}

// TestSpecProfilesAreAlikeEverywhere does the same with spec profiles.
func TestSpecProfilesAreAlikeEverywhere(t *testing.T) {
	t.Parallel()
	for store, storage := range storages {
		n := start(t, storage(t), "one")
		for way, c := range map[string]specClient{"senlin": dialSenlin(t, n.Target), "grpc": dialGRPC(t, n.GRPC)} {
			made, err := c.createSpec(soon(t), way, heatSpec(way))
			require.NoError(t, err)
			require.True(t, made.ok, "%s: %s", way, made)
			for _, id := range []string{made.id, made.id[:10], way} {
				got, err := c.getSpec(soon(t), id)
				require.NoError(t, err)
				require.Equal(t, made, got, "%s, %s, by %s", store, way, id)
			}
			again, err := c.createSpec(soon(t), way, heatSpec(way))
			require.NoError(t, err)
			require.True(t, again.ok, "names need not be unique: %s", again)
			require.NotEqual(t, made.id, again.id)
			specFaults(t, store+", "+way, c)
		}
	}
}

func specFaults(t *testing.T, about string, c specClient) {
	t.Helper()
	got, err := c.getSpec(soon(t), "5f2b2b6e-0000-0000-0000-000000000000")
	require.NoError(t, err)
	require.Equal(t, fault.NotFound, got.kind, "%s: %s", about, got)
	for _, tt := range []struct {
		name, spec string
		want       fault.Kind
	}{
		{"no type", `{"version":"1.0","properties":{}}`, fault.Invalid},
		{"no version", `{"type":"os.heat.stack","properties":{}}`, fault.Invalid},
		{"no such type", `{"type":"os.no.such","version":"1.0","properties":{}}`, fault.NotFound},
		{"no such version", `{"type":"os.heat.stack","version":"9.9","properties":{}}`, fault.NotFound},
		{"an unknown property", `{"type":"os.heat.stack","version":"1.0","properties":{"template":{},"color":"red"}}`, fault.Invalid},
		{"a property of the wrong type", `{"type":"os.heat.stack","version":"1.0","properties":{"template":{},"timeout":"soon"}}`, fault.Invalid},
		{"no object", `[]`, fault.Invalid},
	} {
		got, err := c.createSpec(soon(t), "refused", tt.spec)
		require.NoError(t, err, "%s, %s", about, tt.name)
		require.False(t, got.ok, "%s, %s", about, tt.name)
		require.Equal(t, tt.want, got.kind, "%s, %s: %s", about, tt.name, got)
	}
	got, err = c.getSpec(soon(t), "refused")
	require.NoError(t, err)
	require.Equal(t, fault.NotFound, got.kind, "%s: %s", about, got)
}
