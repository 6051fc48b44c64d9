package core_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/identity"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/store/storetest"
)

func ann(id string, profiles ...string) core.UserDraft {
	return core.UserDraft{
		ID: id, Content: jsonvalue.Object(), ProfileIDs: profiles,
		Credentials: &identity.Login{Username: id, Password: identity.Password("pw-" + id)},
	}
}

func login(t testing.TB, tenant *core.Tenant, id string, lifetime int64) core.IssuedToken {
	t.Helper()
	issued, err := tenant.Login(t.Context(), anonymous(t, tenant),
		identity.Login{Username: id, Password: identity.Password("pw-" + id)}, lifetime)
	require.NoError(t, err)
	return issued
}

// Two nodes, of which one may not have heard of what the other did.
func TestUsersAndTokensAcrossNodes(t *testing.T) {
	_, ts := nodes(t, 2)
	ctx, a, b := t.Context(), ts[0], ts[1]
	c := anonymous(t, a)
	_, err := a.CreateUser(ctx, c, ann("ann", "default"))
	require.NoError(t, err)
	_, err = b.CreateUser(ctx, c, ann("ann", "default"))
	requireFault(t, err, fault.AlreadyExists, fault.CodeUserExists)
	_, err = b.CreateUser(ctx, c, ann("bob", "ghost"))
	requireFault(t, err, fault.NotFound, fault.CodeProfileNotFound)

	token := login(t, b, "ann", identity.DefaultLifetime)
	got, err := a.Authenticate(ctx, token.Text)
	require.NoError(t, err)
	require.Equal(t, access.Actor{User: "ann", Profiles: []string{"default"}}, got.Actor)
	require.Equal(t, token.ExpiresAt(), got.ExpiresAt)

	head, err := a.Logout(ctx, c, token.Text, false)
	require.NoError(t, err)
	require.NoError(t, a.Confirm(ctx, head))
	for _, node := range ts {
		_, err = node.Indexes(ctx, c, core.Read{}) // the memory store has no barrier: a linearizable read brings the node to the head
		require.NoError(t, err)
		_, err = node.Authenticate(ctx, token.Text)
		requireFault(t, err, fault.Unauthenticated, fault.CodeTokenInvalid)
	}
}

func TestLoginFailsAlike(t *testing.T) {
	tenant := open(t, storetest.NewMemory(), nil)
	c := anonymous(t, tenant)
	_, err := tenant.CreateUser(t.Context(), c, ann("ann", "default"))
	require.NoError(t, err)
	for _, l := range []identity.Login{{Username: "ann", Password: "x"}, {Username: "nobody", Password: "x"}} {
		_, err := tenant.Login(t.Context(), c, l, identity.DefaultLifetime)
		f := requireFault(t, err, fault.Unauthenticated, fault.CodeLoginFailed)
		require.Equal(t, "wrong username or password", f.Message)
	}
}

// A token, a key and a name end with their user, also for another one who gets the same id.
func TestWhatIsAUsersGoesWithIt(t *testing.T) {
	tenant := open(t, storetest.NewMemory(), nil)
	ctx, c := t.Context(), anonymous(t, tenant)
	_, err := tenant.CreateUser(ctx, c, ann("ann", "default"))
	require.NoError(t, err)
	token := login(t, tenant, "ann", identity.Forever)
	key, err := tenant.CreateAPIKey(ctx, c, core.APIKeyDraft{User: "ann", Lifetime: identity.Forever, Description: "ci"})
	require.NoError(t, err)
	for _, text := range []string{token.Text, key.Text} {
		_, err := tenant.Authenticate(ctx, text)
		require.NoError(t, err)
	}
	_, err = tenant.DeleteUser(ctx, c, "ann")
	require.NoError(t, err)
	_, err = tenant.CreateUser(ctx, c, ann("ann", "admin"))
	require.NoError(t, err)
	for _, text := range []string{token.Text, key.Text} {
		_, err := tenant.Authenticate(ctx, text)
		requireFault(t, err, fault.Unauthenticated, fault.CodeTokenInvalid)
	}
	_, err = tenant.DeleteUser(ctx, c, "nobody")
	requireFault(t, err, fault.NotFound, fault.CodeUserNotFound)
}

func TestRefreshAndSingleUse(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	var mu sync.Mutex
	o := both()
	o.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	tenant := open(t, storetest.NewMemory(), o)
	ctx, c := t.Context(), anonymous(t, tenant)
	_, err := tenant.CreateUser(ctx, c, ann("ann", "default"))
	require.NoError(t, err)
	old := login(t, tenant, "ann", identity.DefaultLifetime)
	fresh, err := tenant.RefreshToken(ctx, c, old.Text, identity.DefaultLifetime)
	require.NoError(t, err)
	require.NotEqual(t, old.Text, fresh.Text)
	_, err = tenant.Authenticate(ctx, old.Text)
	require.NoError(t, err, "requests under way still carry it")
	_, err = tenant.RefreshToken(ctx, c, old.Text, identity.DefaultLifetime)
	requireFault(t, err, fault.Unauthenticated, fault.CodeTokenInvalid)
	mu.Lock()
	now = now.Add(2 * time.Second)
	mu.Unlock()
	_, err = tenant.Authenticate(ctx, old.Text)
	requireFault(t, err, fault.Unauthenticated, fault.CodeTokenInvalid)

	actor, err := tenant.Authenticate(ctx, fresh.Text)
	require.NoError(t, err)
	caller, err := tenant.Authorize(context.Background(), actor.Actor, access.Request{Controller: "auth", Action: "createToken"})
	require.NoError(t, err)
	_, err = tenant.CreateToken(ctx, caller, identity.Forever, true)
	requireFault(t, err, fault.Invalid, fault.CodeTokenEndless)
	once, err := tenant.CreateToken(ctx, caller, 60_000, true)
	require.NoError(t, err)
	var good atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := tenant.Authenticate(ctx, once.Text); err == nil {
				good.Add(1)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, good.Load())
	endless := login(t, tenant, "ann", identity.Forever)
	_, err = tenant.RefreshToken(ctx, c, endless.Text, 60_000)
	requireFault(t, err, fault.Unauthenticated, fault.CodeRefreshForbidden)

	mu.Lock()
	now = now.Add(2 * time.Hour)
	mu.Unlock()
	login(t, tenant, "ann", identity.DefaultLifetime)
	_, err = tenant.Authenticate(ctx, fresh.Text)
	requireFault(t, err, fault.Unauthenticated, fault.CodeTokenInvalid)
}

// Of several who want to be the first administrator, on several nodes, one is.
func TestFirstAdminIsOne(t *testing.T) {
	_, ts := nodes(t, 3)
	var callers []core.Caller // found before the first administrator takes the rights of the anonymous away
	for _, node := range ts {
		callers = append(callers, anonymous(t, node))
	}
	var made, refused atomic.Int32
	var wg sync.WaitGroup
	for i := range 9 {
		node, c := ts[i%3], callers[i%3]
		wg.Go(func() {
			d := core.UserDraft{ID: string(rune('a' + i)), Content: jsonvalue.Object()}
			_, err := node.CreateFirstAdmin(context.Background(), c, d, i%2 == 0)
			switch {
			case err == nil:
				made.Add(1)
			case fault.HasCode(err, fault.CodeAdminExists):
				refused.Add(1)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, made.Load())
	require.EqualValues(t, 8, refused.Load())
}

func TestProfilesOfUsers(t *testing.T) {
	tenant := open(t, storetest.NewMemory(), nil)
	ctx, c := t.Context(), anonymous(t, tenant)
	for _, id := range []string{"p", "q"} {
		_, err := tenant.CreateProfile(ctx, c, &core.PolicyDraft{ID: id, Definition: plain})
		require.NoError(t, err)
	}
	for id, profiles := range map[string][]string{"u1": {"p"}, "u2": {"q", "p"}} {
		_, err := tenant.CreateUser(ctx, c, core.UserDraft{ID: id, Content: jsonvalue.Object(), ProfileIDs: profiles})
		require.NoError(t, err)
	}
	_, err := tenant.DeletePolicyProfile(ctx, c, "p")
	requireFault(t, err, fault.InUse, fault.CodeProfileInUse)
	_, err = tenant.TakePolicyProfile(ctx, c, "p")
	require.NoError(t, err)
	for id, want := range map[string][]string{"u1": {"anonymous"}, "u2": {"q"}} {
		u, err := tenant.User(ctx, c, id, core.Read{})
		require.NoError(t, err)
		require.Equal(t, want, u.ProfileIDs)
	}
	_, err = tenant.TakePolicyProfile(ctx, c, "p")
	requireFault(t, err, fault.NotFound, fault.CodeProfileNotFound)
	_, err = tenant.TakePolicyProfile(ctx, c, "admin")
	requireFault(t, err, fault.Invalid, fault.CodeProfileProtected)

	reset, err := tenant.ResetSecurity(ctx, c)
	require.NoError(t, err)
	require.Equal(t, 2, reset.Users)
	require.Equal(t, 1, reset.Profiles)
}

func TestCredentials(t *testing.T) {
	tenant := open(t, storetest.NewMemory(), nil)
	ctx, c := t.Context(), anonymous(t, tenant)
	for _, id := range []string{"ann", "bob"} {
		_, err := tenant.CreateUser(ctx, c, core.UserDraft{ID: id, Content: jsonvalue.Object(), ProfileIDs: []string{"default"}})
		require.NoError(t, err)
	}
	_, err := tenant.CreateCredentials(ctx, c, "ann", identity.Login{Username: "a", Password: "p"})
	require.NoError(t, err)
	_, err = tenant.CreateCredentials(ctx, c, "ann", identity.Login{Username: "a2", Password: "p"})
	requireFault(t, err, fault.Precondition, fault.CodeCredentialsExist)
	_, err = tenant.CreateCredentials(ctx, c, "bob", identity.Login{Username: "a", Password: "p"})
	requireFault(t, err, fault.Precondition, fault.CodeUsernameTaken)
	_, err = tenant.CreateCredentials(ctx, c, "nobody", identity.Login{Username: "x", Password: "p"})
	requireFault(t, err, fault.NotFound, fault.CodeUserNotFound)
	_, err = tenant.UpdateCredentials(ctx, c, "bob", identity.Login{Password: "p"})
	requireFault(t, err, fault.Precondition, fault.CodeCredentialsNotFound)

	_, err = tenant.UpdateCredentials(ctx, c, "ann", identity.Login{Username: "renamed"})
	require.NoError(t, err)
	_, err = tenant.Login(ctx, c, identity.Login{Username: "renamed", Password: "p"}, identity.DefaultLifetime)
	require.NoError(t, err)
	_, err = tenant.CreateCredentials(ctx, c, "bob", identity.Login{Username: "a", Password: "p"})
	require.NoError(t, err, "the name is free again")
	_, err = tenant.DeleteCredentials(ctx, c, "ann")
	require.NoError(t, err)
	_, err = tenant.Login(ctx, c, identity.Login{Username: "renamed", Password: "p"}, identity.DefaultLifetime)
	requireFault(t, err, fault.Unauthenticated, fault.CodeLoginFailed)
}

func TestLoadSecuritiesIsAllOrNothing(t *testing.T) {
	tenant := open(t, storetest.NewMemory(), nil)
	ctx, c := t.Context(), anonymous(t, tenant)
	l := core.Securities{
		Roles:    []core.RoleDraft{{ID: "r", Definition: value(t, anyRole)}},
		Profiles: []core.PolicyDraft{{ID: "p", Definition: value(t, `{"policies":[{"roleId":"r"}]}`)}},
		Users:    []core.UserDraft{ann("ann", "p"), ann("bob", "ghost")},
	}
	before := tenant.Revision()
	_, err := tenant.LoadSecurities(ctx, c, l)
	requireFault(t, err, fault.NotFound, fault.CodeProfileNotFound)
	require.Equal(t, before, tenant.Revision())
	l.Users[1].ProfileIDs = []string{"default"}
	_, err = tenant.LoadSecurities(ctx, c, l)
	require.NoError(t, err)
	token := login(t, tenant, "ann", identity.DefaultLifetime)

	_, err = tenant.LoadSecurities(ctx, c, l)
	requireFault(t, err, fault.AlreadyExists, fault.CodeUsersExist)
	l.Existing = core.SkipExisting
	_, err = tenant.LoadSecurities(ctx, c, l)
	require.NoError(t, err)
	_, err = tenant.Authenticate(ctx, token.Text)
	require.NoError(t, err)
	l.Existing = core.OverwriteExisting
	_, err = tenant.LoadSecurities(ctx, c, l)
	require.NoError(t, err)
	_, err = tenant.Authenticate(ctx, token.Text)
	requireFault(t, err, fault.Unauthenticated, fault.CodeTokenInvalid)
	login(t, tenant, "ann", identity.DefaultLifetime)
}

// TestLoadSecuritiesTakesWhatACommitTakes: far more than five thousand items are one step, and what no commit takes is refused before anything is.
func TestLoadSecuritiesTakesWhatACommitTakes(t *testing.T) {
	tenant := open(t, storetest.NewMemory(), nil)
	ctx, c := t.Context(), anonymous(t, tenant)
	var l core.Securities
	for i := range 12_000 {
		l.Users = append(l.Users, core.UserDraft{ID: fmt.Sprintf("u%05d", i), ProfileIDs: []string{"default"}, Content: value(t, `{"profileIds":["default"]}`)})
	}
	before := tenant.Revision()
	_, err := tenant.LoadSecurities(ctx, c, l)
	require.NoError(t, err)
	require.Equal(t, before+1, tenant.Revision())

	var tooMany core.Securities
	for i := range store.MaxOpsPerCommit + 1 {
		tooMany.Roles = append(tooMany.Roles, core.RoleDraft{ID: fmt.Sprintf("r%05d", i), Definition: value(t, anyRole)})
	}
	_, err = tenant.LoadSecurities(ctx, c, tooMany)
	requireFault(t, err, fault.TooLarge, fault.CodeTooLarge)
	require.Equal(t, before+1, tenant.Revision())
}
