package view_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/profilegate/profilegate/core/identity"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

// The indexes of people tell what a walk over the last writes of each record tells, and what was shown does not change.
func TestPeopleAreIndexed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := view.New(nil)
		m := peopleModel{users: map[string][]string{}, names: map[string]string{}, tokens: map[string]string{}}
		var head store.Head
		ids, names := rapid.SampledFrom([]string{"a", "b", "c"}), rapid.SampledFrom([]string{"p", "q"})
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			e := store.Event{Previous: head.CommitID}
			e.Head = store.Head{Revision: head.Revision + 1, CommitID: uuid.New()}
			m.step(t, &e, ids, names)
			before := v.State()
			count := before.CountUsers()
			require.NoError(t, v.Apply([]store.Event{e}))
			require.Equal(t, count, before.CountUsers(), "a state that was given out changed")
			head = e.Head
			m.check(t, v.State())
		}
	})
}

type peopleModel struct {
	users  map[string][]string // profiles
	names  map[string]string   // by user
	tokens map[string]string   // users by token
}

func (m *peopleModel) step(t *rapid.T, e *store.Event, ids, names *rapid.Generator[string]) {
	id := ids.Draw(t, "id")
	put := func(key store.Key, data []byte) {
		e.Puts = append(e.Puts, store.Record{Key: key, Version: 1, Revision: e.Revision, Data: data})
	}
	switch rapid.IntRange(0, 5).Draw(t, "what") {
	case 0:
		u := &identity.User{ID: id}
		u.SetContent(jsonvalue.Object(), rapid.SliceOfNDistinct(names, 1, 2, rapid.ID).Draw(t, "profiles"))
		put(record.UserKey(id), record.EncodeUser(u))
		m.users[id] = u.ProfileIDs
	case 1:
		e.Deletions = append(e.Deletions, record.UserKey(id))
		delete(m.users, id)
	case 2:
		name := fmt.Sprintf("%s-%s", id, names.Draw(t, "name"))
		put(record.CredentialsKey(id), record.EncodeCredentials(&identity.Credentials{User: id, Username: name}))
		m.names[id] = name
	case 3:
		e.Deletions = append(e.Deletions, record.CredentialsKey(id))
		delete(m.names, id)
	case 4:
		token := &identity.Token{User: id, CreatedAt: time.UnixMilli(1000), Lifetime: 1000}
		fingerprint := "t" + names.Draw(t, "token")
		put(record.TokenKey(fingerprint), record.EncodeToken(token))
		m.tokens[fingerprint] = id
	case 5:
		fingerprint := "t" + names.Draw(t, "token")
		e.Deletions = append(e.Deletions, record.TokenKey(fingerprint))
		delete(m.tokens, fingerprint)
	}
}

func (m *peopleModel) check(t *rapid.T, s *view.State) {
	require.Equal(t, len(m.users), s.CountUsers())
	for _, p := range []string{"p", "q"} {
		var got []string
		for u := range s.UsersWithProfile(p) {
			got = append(got, u.ID)
		}
		var want []string
		for _, id := range []string{"a", "b", "c"} {
			if slices.Contains(m.users[id], p) {
				want = append(want, id)
			}
		}
		require.Equal(t, want, got)
	}
	require.Equal(t, len(m.names), s.CountCredentials())
	for user, name := range m.names {
		c, ok := s.CredentialsNamed(name)
		require.True(t, ok)
		require.Equal(t, user, c.User)
	}
	for _, id := range []string{"a", "b", "c"} {
		for token := range s.TokensOf(id) {
			require.Equal(t, id, m.tokens[token.Fingerprint])
		}
	}
	ended := slices.Collect(s.EndedTokens(time.UnixMilli(3000)))
	require.Len(t, ended, len(m.tokens))
	require.Empty(t, slices.Collect(s.EndedTokens(time.UnixMilli(2000))))
}
