package record_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/profilegate/profilegate/core/identity"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
)

func drawTime(t *rapid.T, label string) time.Time {
	if rapid.Bool().Draw(t, label+" absent") {
		return time.Time{}
	}
	return time.UnixMilli(rapid.Int64Range(0, 1<<45).Draw(t, label)).UTC()
}

// What was written down about people reads back as it was.
func TestPeopleRoundTrip(t *testing.T) {
	text := rapid.StringMatching(`[a-z0-9 é]{0,12}`)
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`[a-z]{1,8}`).Draw(t, "id")
		of := func(key store.Key, data []byte) store.Record {
			return store.Record{Key: key, Version: 3, Revision: 7, Data: data}
		}
		u := &identity.User{
			ID: id, Version: 3, Revision: 7, CreatedAt: drawTime(t, "created"), UpdatedAt: drawTime(t, "updated"),
			Author: text.Draw(t, "author"), Updater: text.Draw(t, "updater"), Replaced: rapid.Bool().Draw(t, "replaced"),
			Generation: text.Draw(t, "generation"),
		}
		u.SetContent(jsonvalue.Object(jsonvalue.Member{Name: "name", Value: jsonvalue.String(text.Draw(t, "name"))}),
			rapid.SliceOfN(rapid.StringMatching(`[a-z]{1,4}`), 1, 4).Draw(t, "profiles"))
		gotUser, err := record.DecodeUser(of(record.UserKey(id), record.EncodeUser(u)))
		require.NoError(t, err)
		require.Equal(t, u, gotUser)
		require.LessOrEqual(t, len(record.UserRefs(u)), len(u.ProfileIDs))

		c := &identity.Credentials{
			User: id, Username: text.Draw(t, "username"), Hash: identity.Hash(text.Draw(t, "hash")), Version: 3, Revision: 7,
			UpdatedAt: drawTime(t, "changed"),
		}
		gotCredentials, err := record.DecodeCredentials(of(record.CredentialsKey(id), record.EncodeCredentials(c)))
		require.NoError(t, err)
		require.Equal(t, c, gotCredentials)

		token := &identity.Token{
			Fingerprint: id, User: text.Draw(t, "user"), Generation: text.Draw(t, "of"), CreatedAt: drawTime(t, "issued"),
			Lifetime: rapid.Int64Range(-1, 1<<40).Draw(t, "lifetime"), Refreshed: rapid.Bool().Draw(t, "refreshed"),
			GraceEnd: drawTime(t, "grace"), SingleUse: rapid.Bool().Draw(t, "single"), Version: 3, Revision: 7,
		}
		gotToken, err := record.DecodeToken(of(record.TokenKey(id), record.EncodeToken(token)))
		require.NoError(t, err)
		require.Equal(t, token, gotToken)

		key := &identity.APIKey{
			ID: id, User: token.User, Generation: token.Generation, Description: text.Draw(t, "description"), Fingerprint: text.Draw(t, "print"),
			CreatedAt: token.CreatedAt, Author: u.Author, Lifetime: token.Lifetime, Version: 3, Revision: 7,
		}
		gotKey, err := record.DecodeAPIKey(of(record.APIKeyKey(id), record.EncodeAPIKey(key)))
		require.NoError(t, err)
		require.Equal(t, key, gotKey)
	})
}

func TestPeopleThatCannotBeRead(t *testing.T) {
	bad := store.Record{Key: store.Key{Kind: "x", ID: "x"}, Data: []byte{0xff}}
	for _, decode := range []func() error{
		func() error { _, err := record.DecodeUser(bad); return err },
		func() error { _, err := record.DecodeUser(store.Record{Key: bad.Key}); return err },
		func() error { _, err := record.DecodeCredentials(bad); return err },
		func() error { _, err := record.DecodeToken(bad); return err },
		func() error { _, err := record.DecodeAPIKey(bad); return err },
		func() error { _, err := record.DecodeSecret(bad); return err },
	} {
		require.Error(t, decode())
	}
}
