package identity_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"
	"pgregory.net/rapid"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/identity"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

func value(t testing.TB, text string) jsonvalue.Value {
	t.Helper()
	v, err := jsonvalue.Parse([]byte(text), jsonvalue.Limits{})
	require.NoError(t, err)
	return v
}

func TestParseLifetime(t *testing.T) {
	cases := map[string]int64{
		`1`: 1, `3600000`: 3600000, `-1`: identity.Forever, `"-1"`: identity.Forever, `"1"`: 1, `"2h"`: 7200000, `"2 H"`: 7200000,
		`"1.5s"`: 1500, `".5 sec"`: 500, `"10ms"`: 10, `"3 msecs"`: 3, `"1 minute"`: 60000, `"2m"`: 120000, `"1d"`: 86400000,
		`"1w"`: 604800000, `"1y"`: 31557600000, `1.9`: 1, `"1 millisecond"`: 1, `"7 days"`: 604800000,
		`0`: 0, `"0"`: 0, `""`: 0, `"h"`: 0, `"2 parsecs"`: 0, `-5`: 0, `"-2h"`: 0, `null`: 0, `true`: 0, `[1]`: 0, `0.5`: 0, `1e300`: 0,
		`"1e3"`: 0, `"` + strings.Repeat("1", 101) + `"`: 0, `" 1h"`: 0,
	}
	for text, want := range cases {
		t.Run(text, func(t *testing.T) {
			got, err := identity.ParseLifetime("expiresIn", value(t, text))
			if want == 0 {
				require.True(t, fault.HasCode(err, fault.CodeInvalidArgument), "%v", err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
}

func FuzzParseLifetime(f *testing.F) {
	for _, s := range []string{"2h", "-1", "1.5 days", "", "9999999999999999y", "ms", "１h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := identity.ParseLifetime("expiresIn", jsonvalue.String(s))
		if err == nil {
			require.True(t, got == identity.Forever || got >= 1)
		}
	})
}

func FuzzSigned(f *testing.F) {
	secret := identity.NewSecret()
	good, err := secret.Sign(identity.Grant{User: "u", At: time.Unix(1, 0), Lifetime: identity.Forever})
	require.NoError(f, err)
	for _, s := range []string{"", "garbage", "kauth-", "kapikey-a.b.c", "eyJhbGciOiJIUzI1NiJ9.e30.xx", good + "x", good[:len(good)-2]} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		require.False(t, s != good && secret.Signed(s, time.Unix(2, 0)) && !strings.HasSuffix(s, strings.TrimPrefix(good, identity.TokenPrefix)))
	})
}

func TestTokensSayWhoAndUntilWhen(t *testing.T) {
	secret, at := identity.NewSecret(), time.Unix(1000, 900_000_000)
	for name, c := range map[string]struct {
		lifetime     int64
		good, ended  time.Time
		expiresAt    int64
		neverUsable  bool
		neverExpires bool
	}{
		"an hour":   {lifetime: 3600_000, good: time.Unix(4599, 0), ended: time.Unix(4600, 0), expiresAt: 4600_900},
		"at once":   {lifetime: 1, ended: at, expiresAt: 1000_901, neverUsable: true},
		"no end":    {lifetime: identity.Forever, good: time.Unix(1<<40, 0), expiresAt: -1, neverExpires: true},
		"a second+": {lifetime: 1999, good: at, ended: time.Unix(1001, 0), expiresAt: 1002_899},
	} {
		t.Run(name, func(t *testing.T) {
			signed, err := secret.Sign(identity.Grant{User: "u", At: at, Lifetime: c.lifetime, Nonce: "n"})
			require.NoError(t, err)
			require.True(t, identity.LooksOwn(signed))
			token := &identity.Token{User: "u", CreatedAt: at, Lifetime: c.lifetime}
			require.Equal(t, c.expiresAt, token.ExpiresAt())
			if !c.neverUsable {
				require.True(t, secret.Signed(signed, c.good))
				require.False(t, token.Ended(c.good))
			}
			if !c.neverExpires {
				require.False(t, secret.Signed(signed, c.ended))
				require.True(t, token.Ended(c.ended))
			}
			require.False(t, identity.NewSecret().Signed(signed, at), "another secret")
		})
	}
}

func TestForeignTokensAreNotSigned(t *testing.T) {
	secret := identity.NewSecret()
	claims := jwt.MapClaims{"_id": "u"}
	none, err := jwt.NewWithClaims(jwt.SigningMethodNone, claims).SignedString(jwt.UnsafeAllowNoneSignatureType)
	require.NoError(t, err)
	other, err := jwt.NewWithClaims(jwt.SigningMethodHS512, claims).SignedString([]byte(secret))
	require.NoError(t, err)
	for _, token := range []string{"", "kauth-", none, identity.TokenPrefix + none, other, strings.Repeat("a", 9<<10)} {
		require.False(t, secret.Signed(token, time.Now()))
	}
	require.False(t, identity.Secret(nil).Signed(none, time.Now()))
}

// The digests are of the password "secret" with the salt "salt", made with Node's crypto as the plugin calls it.
func TestHashes(t *testing.T) {
	h := identity.NewHasher(0)
	own, err := h.Hash(t.Context(), "secret")
	require.NoError(t, err)
	bc, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	require.NoError(t, err)
	plugin := func(p identity.PluginHash) identity.Hash {
		imported, err := identity.ImportPluginHash(p)
		require.NoError(t, err)
		return imported
	}
	for name, c := range map[string]struct {
		hash  identity.Hash
		stale bool
	}{
		"argon2id": {own, false},
		"bcrypt":   {identity.Hash(bc), true},
		"plugin's stretching": {plugin(identity.PluginHash{
			Digest: "2077a22dc5d22ebe45d47174445f632352b0774f4d3e82027949d9ebfd9a5d5335b702f42f3cf1ef",
			Salt:   "salt", Algorithm: "sha1", Stretching: true, Encryption: "hmac",
		}), true},
		"plugin's hmac": {plugin(identity.PluginHash{
			Digest: "98e5340f0f4f96d2b80c2a90da0d03cf46c35e9492918cc7af73d9a39efa5981", Salt: "salt", Algorithm: "RSA-SHA256",
		}), true},
		"plugin's hash": {plugin(identity.PluginHash{
			Digest: "2c6ddc381d4b17c32686827c18f02c8eb737071b69d20d6cd2dd1a9710370d665b88d2eab2e930c3aca0c13bbf6308c514e657a6c738c2c45b24b33beb8a743d",
			Salt:   "salt", Algorithm: "sha512", Encryption: "hash",
		}), true},
	} {
		t.Run(name, func(t *testing.T) {
			ok, stale, err := h.Verify(t.Context(), "secret", c.hash)
			require.NoError(t, err)
			require.Equal(t, c.stale, stale)
			require.True(t, ok)
			ok, _, err = h.Verify(t.Context(), "wrong", c.hash)
			require.NoError(t, err)
			require.False(t, ok)
		})
	}
	ok, _, err := h.Verify(t.Context(), "", "")
	require.NoError(t, err)
	require.False(t, ok, "nobody's password is never right")
	for _, bad := range []identity.Hash{
		"x", "$argon2id$", "$argon2id$v=19$m=99999999,t=1,p=1$c29tZXNhbHRz$/qkI+wNJ3C1AGNyn2Y+kXw", "$2b$31$", "$kuzzle-local$md5$hmac$$00",
	} {
		require.Error(t, identity.CheckHash(bad), "%q", string(bad))
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	h := identity.NewHasher(1)
	hash, err := h.Hash(t.Context(), "open sesame")
	require.NoError(t, err)
	secret := identity.Secret("a secret of the tenant")
	login := identity.Login{Username: "u", Password: "open sesame"}
	credentials := identity.Credentials{User: "u", Hash: hash}
	for _, format := range []string{"%v", "%+v", "%s", "%#v"} {
		got := fmt.Sprintf(strings.Repeat(format+" ", 3), secret, login, credentials)
		require.NotContains(t, got, "sesame")
		require.NotContains(t, got, "argon2id")
		require.NotContains(t, got, "a secret")
	}
}

func TestHasherIsBounded(t *testing.T) {
	h := identity.NewHasher(1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var wg sync.WaitGroup
	refused := make(chan error, 400)
	for range 400 {
		wg.Go(func() {
			_, err := h.Hash(ctx, "p")
			refused <- err
		})
	}
	wg.Wait()
	close(refused)
	for err := range refused {
		if err != nil {
			require.Contains(t, []fault.Kind{fault.Canceled, fault.Unavailable}, fault.KindOf(err))
		}
	}
}

func TestLogins(t *testing.T) {
	for text, want := range map[string]string{
		`{}`: "Username required.", `{"username":"u"}`: "Password required.", `{"username":"u","password":"p"}`: "",
		`{"kuid":"x","username":"u","password":"p"}`: "kuid cannot be specified in credentials.",
	} {
		login, err := identity.ParseLogin(value(t, text))
		if err == nil {
			err = login.CheckNew()
		}
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.Equal(t, want, fault.As(err).Message)
	}
	_, err := identity.ParseLogin(value(t, `{"username":5}`))
	require.True(t, fault.HasCode(err, fault.CodeInvalidType))
	require.Error(t, identity.Login{}.CheckChange())
}

func TestProfileIDs(t *testing.T) {
	for text, want := range map[string]fault.Code{
		`["a"]`: "", `[]`: fault.CodeEmptyArgument, `"a"`: fault.CodeInvalidType, `[1]`: fault.CodeInvalidType, `[""]`: fault.CodeInvalidArgument,
	} {
		_, err := identity.ParseProfileIDs("p", value(t, text))
		require.Equal(t, want == "", err == nil, text)
		require.True(t, want == "" || fault.HasCode(err, want), text)
	}
}

// A user never has no profile, whatever is taken from it.
func TestTakingProfiles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SampledFrom([]string{"a", "b", "c", "anonymous"})
		u := identity.User{ProfileIDs: rapid.SliceOfN(names, 1, 5).Draw(t, "profiles")}
		taken := names.Draw(t, "taken")
		left := u.WithoutProfile(taken)
		require.NotEmpty(t, left)
		if taken != "anonymous" {
			require.NotContains(t, left, taken)
		}
		for _, p := range left {
			require.True(t, p == "anonymous" || u.HasProfile(p))
		}
	})
}
