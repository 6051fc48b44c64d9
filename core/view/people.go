package view

import (
	"iter"
	"time"

	"github.com/tidwall/btree"

	"github.com/profilegate/profilegate/core/identity"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
)

// people are the records about who can be known. They are copied only after one of them has changed: profiles are written without a thought
// of them.
type people struct {
	users       *btree.Map[string, *identity.User]
	credentials *btree.Map[string, *identity.Credentials] // by user
	usernames   *btree.Map[string, *identity.Credentials]
	tokens      *btree.Map[string, *identity.Token]  // by fingerprint
	apiKeys     *btree.Map[string, *identity.APIKey] // by id
	keyPrints   *btree.Map[string, *identity.APIKey] // by fingerprint
	secret      identity.Secret

	byProfile *btree.BTreeG[owned] // profile and user
	tokensOf  *btree.BTreeG[owned] // user and token
	keysOf    *btree.BTreeG[owned] // user and API key
	endings   *btree.BTreeG[ending]
}

// owned says that something is somebody's.
type owned struct{ owner, id string }

func lessOwned(a, b owned) bool {
	if a.owner != b.owner {
		return a.owner < b.owner
	}
	return a.id < b.id
}

// ending says when a token has surely ended, in milliseconds since 1970.
type ending struct {
	millis      int64
	fingerprint string
}

func lessEnding(a, b ending) bool {
	if a.millis != b.millis {
		return a.millis < b.millis
	}
	return a.fingerprint < b.fingerprint
}

func newPeople() *people {
	unlocked := btree.Options{NoLocks: true}
	return &people{
		users: btree.NewMap[string, *identity.User](0), credentials: btree.NewMap[string, *identity.Credentials](0),
		usernames: btree.NewMap[string, *identity.Credentials](0), tokens: btree.NewMap[string, *identity.Token](0),
		apiKeys: btree.NewMap[string, *identity.APIKey](0), keyPrints: btree.NewMap[string, *identity.APIKey](0),
		byProfile: btree.NewBTreeGOptions(lessOwned, unlocked), tokensOf: btree.NewBTreeGOptions(lessOwned, unlocked),
		keysOf: btree.NewBTreeGOptions(lessOwned, unlocked), endings: btree.NewBTreeGOptions(lessEnding, unlocked),
	}
}

func (p *people) copied() *people {
	return &people{
		users: p.users.Copy(), credentials: p.credentials.Copy(), usernames: p.usernames.Copy(), tokens: p.tokens.Copy(),
		apiKeys: p.apiKeys.Copy(), keyPrints: p.keyPrints.Copy(), secret: p.secret,
		byProfile: p.byProfile.Copy(), tokensOf: p.tokensOf.Copy(), keysOf: p.keysOf.Copy(), endings: p.endings.Copy(),
	}
}

// crowd is people that change, and what the newest State has of them.
type crowd struct {
	now   *people
	shown *people // nil: they have changed since
}

func newCrowd() *crowd { return &crowd{now: newPeople()} }

// published gives people that no later change reaches.
func (c *crowd) published() *people {
	if c.shown == nil {
		c.shown = c.now.copied()
	}
	return c.shown
}

// person is a decoded record about who can be known; one member is set.
type person struct {
	user        *identity.User
	credentials *identity.Credentials
	token       *identity.Token
	apiKey      *identity.APIKey
	secret      identity.Secret
}

// decodePerson gives nil for records of other kinds, and of kinds without data.
func decodePerson(r store.Record) (p *person, err error) {
	p = new(person)
	switch r.Kind {
	case record.KindUser:
		p.user, err = record.DecodeUser(r)
	case record.KindCredentials:
		p.credentials, err = record.DecodeCredentials(r)
	case record.KindToken:
		p.token, err = record.DecodeToken(r)
	case record.KindAPIKey:
		p.apiKey, err = record.DecodeAPIKey(r)
	case record.KindSecret:
		p.secret, err = record.DecodeSecret(r)
	default:
		return nil, nil
	}
	return p, err
}

func (c *crowd) set(p *person) {
	c.shown = nil
	switch now := c.now; {
	case p.user != nil:
		now.putUser(p.user)
	case p.credentials != nil:
		now.putCredentials(p.credentials)
	case p.token != nil:
		now.putToken(p.token)
	case p.apiKey != nil:
		now.putAPIKey(p.apiKey)
	case p.secret != nil:
		now.secret = p.secret
	}
}

// remove applies one deletion, of a record of any kind.
func (c *crowd) remove(k store.Key) {
	switch k.Kind {
	case record.KindUser:
		c.now.removeUser(k.ID)
	case record.KindCredentials:
		c.now.removeCredentials(k.ID)
	case record.KindToken:
		c.now.removeToken(k.ID)
	case record.KindAPIKey:
		c.now.removeAPIKey(k.ID)
	default:
		return
	}
	c.shown = nil
}

func (p *people) putUser(u *identity.User) {
	if old, ok := p.users.Get(u.ID); ok && old.Revision >= u.Revision {
		return
	}
	p.removeUser(u.ID)
	p.users.Set(u.ID, u)
	for _, id := range u.ProfileIDs {
		p.byProfile.Set(owned{id, u.ID})
	}
}

func (p *people) removeUser(id string) {
	if old, ok := p.users.Delete(id); ok {
		for _, profile := range old.ProfileIDs {
			p.byProfile.Delete(owned{profile, id})
		}
	}
}

func (p *people) putCredentials(c *identity.Credentials) {
	if old, ok := p.credentials.Get(c.User); ok && old.Revision >= c.Revision {
		return
	}
	p.removeCredentials(c.User)
	p.credentials.Set(c.User, c)
	p.usernames.Set(c.Username, c)
}

// removeCredentials leaves a name that another user has taken over meanwhile, within one commit.
func (p *people) removeCredentials(user string) {
	old, ok := p.credentials.Delete(user)
	if !ok {
		return
	}
	if holder, ok := p.usernames.Get(old.Username); ok && holder.User == user {
		p.usernames.Delete(old.Username)
	}
}

func (p *people) putToken(t *identity.Token) {
	if old, ok := p.tokens.Get(t.Fingerprint); ok && old.Revision >= t.Revision {
		return
	}
	p.removeToken(t.Fingerprint)
	p.tokens.Set(t.Fingerprint, t)
	p.tokensOf.Set(owned{t.User, t.Fingerprint})
	if t.End() != identity.Forever {
		p.endings.Set(ending{t.End(), t.Fingerprint})
	}
}

func (p *people) removeToken(fingerprint string) {
	if old, ok := p.tokens.Delete(fingerprint); ok {
		p.tokensOf.Delete(owned{old.User, fingerprint})
		p.endings.Delete(ending{old.End(), fingerprint})
	}
}

func (p *people) putAPIKey(k *identity.APIKey) {
	if old, ok := p.apiKeys.Get(k.ID); ok && old.Revision >= k.Revision {
		return
	}
	p.removeAPIKey(k.ID)
	p.apiKeys.Set(k.ID, k)
	p.keyPrints.Set(k.Fingerprint, k)
	p.keysOf.Set(owned{k.User, k.ID})
}

func (p *people) removeAPIKey(id string) {
	if old, ok := p.apiKeys.Delete(id); ok {
		p.keyPrints.Delete(old.Fingerprint)
		p.keysOf.Delete(owned{old.User, id})
	}
}

// User finds a user by its id.
func (s *State) User(id string) (*identity.User, bool) { return s.people.users.Get(id) }

// Users walks all users in the order of their ids.
func (s *State) Users() iter.Seq[*identity.User] {
	return func(yield func(*identity.User) bool) {
		s.people.users.Scan(func(_ string, u *identity.User) bool { return yield(u) })
	}
}

// CountUsers tells how many users there are.
func (s *State) CountUsers() int { return s.people.users.Len() }

// UsersWithProfile walks the users that have a profile, in the order of their ids.
func (s *State) UsersWithProfile(profile string) iter.Seq[*identity.User] {
	return func(yield func(*identity.User) bool) {
		each(s.people.byProfile, profile, func(id string) bool {
			u, ok := s.people.users.Get(id)
			return !ok || yield(u)
		})
	}
}

// Credentials finds the credentials of a user.
func (s *State) Credentials(user string) (*identity.Credentials, bool) {
	return s.people.credentials.Get(user)
}

// CredentialsNamed finds credentials by their username.
func (s *State) CredentialsNamed(username string) (*identity.Credentials, bool) {
	return s.people.usernames.Get(username)
}

// AllCredentials walks all credentials in the order of their usernames.
func (s *State) AllCredentials() iter.Seq[*identity.Credentials] {
	return func(yield func(*identity.Credentials) bool) {
		s.people.usernames.Scan(func(_ string, c *identity.Credentials) bool { return yield(c) })
	}
}

// CountCredentials tells how many credentials there are.
func (s *State) CountCredentials() int { return s.people.usernames.Len() }

// Token finds what is kept of a token by its fingerprint.
func (s *State) Token(fingerprint string) (*identity.Token, bool) {
	return s.people.tokens.Get(fingerprint)
}

// TokensOf walks the tokens of a user.
func (s *State) TokensOf(user string) iter.Seq[*identity.Token] {
	return func(yield func(*identity.Token) bool) {
		each(s.people.tokensOf, user, func(id string) bool {
			t, ok := s.people.tokens.Get(id)
			return !ok || yield(t)
		})
	}
}

// EndedTokens walks the tokens that have surely ended, those that ended first before the others.
func (s *State) EndedTokens(now time.Time) iter.Seq[string] {
	return func(yield func(string) bool) {
		s.people.endings.Scan(func(e ending) bool { return e.millis < now.UnixMilli() && yield(e.fingerprint) })
	}
}

// APIKey finds an API key by its id.
func (s *State) APIKey(id string) (*identity.APIKey, bool) { return s.people.apiKeys.Get(id) }

// APIKeyPrinted finds an API key by its fingerprint.
func (s *State) APIKeyPrinted(fingerprint string) (*identity.APIKey, bool) {
	return s.people.keyPrints.Get(fingerprint)
}

// APIKeysOf walks the API keys of a user in the order of their ids.
func (s *State) APIKeysOf(user string) iter.Seq[*identity.APIKey] {
	return func(yield func(*identity.APIKey) bool) {
		each(s.people.keysOf, user, func(id string) bool {
			k, ok := s.people.apiKeys.Get(id)
			return !ok || yield(k)
		})
	}
}

// Secret is what signs the tenant's tokens; empty: it was not made yet.
func (s *State) Secret() identity.Secret { return s.people.secret }

func each(tree *btree.BTreeG[owned], owner string, yield func(id string) bool) {
	tree.Ascend(owned{owner: owner}, func(o owned) bool { return o.owner == owner && yield(o.id) })
}
