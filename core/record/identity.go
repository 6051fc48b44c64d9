package record

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/profilegate/profilegate/core/identity"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/store"
)

// The kinds of records about who can be known.
const (
	KindUser        = "user"
	KindCredentials = "credentials" // by the user's id
	KindUsername    = "username"    // a claim; it has no data
	KindToken       = "token"       // by the token's fingerprint
	KindAPIKey      = "apikey"
	KindSecret      = "secret" // there is one
)

// Fields of records about who can be known.
const (
	fieldGeneration  protowire.Number = 32
	fieldReplaced    protowire.Number = 33
	fieldOwner       protowire.Number = 34 // the id of the user whose it is
	fieldUsername    protowire.Number = 35
	fieldHash        protowire.Number = 36
	fieldLifetime    protowire.Number = 37 // milliseconds, or -1
	fieldRefreshed   protowire.Number = 38
	fieldSingleUse   protowire.Number = 39
	fieldGraceEnd    protowire.Number = 40
	fieldDescription protowire.Number = 41
	fieldFingerprint protowire.Number = 42
	fieldSecret      protowire.Number = 43
)

// UserKey is the key of a user's record.
func UserKey(id string) store.Key { return store.Key{Kind: KindUser, ID: id} }

// CredentialsKey is the key of the record of a user's credentials.
func CredentialsKey(user string) store.Key { return store.Key{Kind: KindCredentials, ID: user} }

// UsernameKey is the key of the record by which credentials claim their name. Names may be longer than a key, so their digest stands for
// them.
func UsernameKey(username string) store.Key {
	digest := sha256.Sum256([]byte(username))
	return store.Key{Kind: KindUsername, ID: hex.EncodeToString(digest[:])}
}

// TokenKey is the key of a token's record.
func TokenKey(fingerprint string) store.Key { return store.Key{Kind: KindToken, ID: fingerprint} }

// APIKeyKey is the key of an API key's record.
func APIKeyKey(id string) store.Key { return store.Key{Kind: KindAPIKey, ID: id} }

// SecretKey is the key of the record of the secret that signs tokens.
func SecretKey() store.Key { return store.Key{Kind: KindSecret, ID: "jwt"} }

func (e *encoder) flag(n protowire.Number, b bool) {
	if b {
		e.b = protowire.AppendVarint(protowire.AppendTag(e.b, n, protowire.VarintType), 1)
	}
}

func (e *encoder) number(n protowire.Number, i int64) {
	if i != 0 {
		e.b = protowire.AppendVarint(protowire.AppendTag(e.b, n, protowire.VarintType), protowire.EncodeZigZag(i))
	}
}

func (f fields) flag(n protowire.Number) bool    { return f.varints[n] != 0 }
func (f fields) number(n protowire.Number) int64 { return protowire.DecodeZigZag(f.varints[n]) }

// EncodeUser gives the data of a user's record.
func EncodeUser(u *identity.User) []byte {
	e := encoder{b: make([]byte, 0, 128+len(u.Source))}
	e.time(fieldCreatedAt, u.CreatedAt)
	e.time(fieldUpdatedAt, u.UpdatedAt)
	e.text(fieldAuthor, u.Author)
	e.text(fieldUpdater, u.Updater)
	e.bytes(fieldSource, u.Source)
	e.text(fieldGeneration, u.Generation)
	e.flag(fieldReplaced, u.Replaced)
	return e.b
}

// UserRefs are the records that a user refers to: its profiles, each once.
func UserRefs(u *identity.User) []store.Key {
	seen := make(map[string]struct{}, len(u.ProfileIDs))
	refs := make([]store.Key, 0, len(u.ProfileIDs))
	for _, id := range u.ProfileIDs {
		if _, dup := seen[id]; !dup {
			seen[id] = struct{}{}
			refs = append(refs, ProfileKey(profile.StylePolicies, id))
		}
	}
	return refs
}

// DecodeUser reads a record of the kind KindUser.
func DecodeUser(r store.Record) (*identity.User, error) {
	f, err := decode(r.Data)
	if err != nil {
		return nil, fmt.Errorf("user %q: %w", r.ID, err)
	}
	u := &identity.User{
		ID: r.ID, Version: r.Version, Revision: r.Revision,
		CreatedAt: f.time(fieldCreatedAt), UpdatedAt: f.time(fieldUpdatedAt),
		Author: f.text(fieldAuthor), Updater: f.text(fieldUpdater), Source: f.copied(fieldSource),
		Generation: f.text(fieldGeneration), Replaced: f.flag(fieldReplaced),
	}
	content, err := jsonvalue.Parse(u.Source, jsonvalue.Limits{MaxDepth: MaxDepth})
	if err != nil {
		return nil, fmt.Errorf("user %q: %w", r.ID, err)
	}
	if u.ProfileIDs, err = identity.ParseProfileIDs("profileIds", content.Get("profileIds")); err != nil {
		return nil, fmt.Errorf("user %q: %w", r.ID, err)
	}
	return u, nil
}

// EncodeCredentials gives the data of a record of credentials.
func EncodeCredentials(c *identity.Credentials) []byte {
	e := encoder{b: make([]byte, 0, 160)}
	e.time(fieldUpdatedAt, c.UpdatedAt)
	e.text(fieldUsername, c.Username)
	e.bytes(fieldHash, []byte(c.Hash))
	return e.b
}

// DecodeCredentials reads a record of the kind KindCredentials. The error never holds the hash.
func DecodeCredentials(r store.Record) (*identity.Credentials, error) {
	f, err := decode(r.Data)
	if err != nil {
		return nil, fmt.Errorf("credentials of user %q: %w", r.ID, err)
	}
	return &identity.Credentials{
		User: r.ID, Version: r.Version, Revision: r.Revision, UpdatedAt: f.time(fieldUpdatedAt),
		Username: f.text(fieldUsername), Hash: identity.Hash(f.text(fieldHash)),
	}, nil
}

// EncodeToken gives the data of a token's record.
func EncodeToken(t *identity.Token) []byte {
	e := encoder{b: make([]byte, 0, 96)}
	e.time(fieldCreatedAt, t.CreatedAt)
	e.text(fieldOwner, t.User)
	e.text(fieldGeneration, t.Generation)
	e.number(fieldLifetime, t.Lifetime)
	e.flag(fieldRefreshed, t.Refreshed)
	e.flag(fieldSingleUse, t.SingleUse)
	e.time(fieldGraceEnd, t.GraceEnd)
	return e.b
}

// DecodeToken reads a record of the kind KindToken.
func DecodeToken(r store.Record) (*identity.Token, error) {
	f, err := decode(r.Data)
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	return &identity.Token{
		Fingerprint: r.ID, Version: r.Version, Revision: r.Revision,
		User: f.text(fieldOwner), Generation: f.text(fieldGeneration), CreatedAt: f.time(fieldCreatedAt), Lifetime: f.number(fieldLifetime),
		Refreshed: f.flag(fieldRefreshed), SingleUse: f.flag(fieldSingleUse), GraceEnd: f.time(fieldGraceEnd),
	}, nil
}

// EncodeAPIKey gives the data of an API key's record.
func EncodeAPIKey(k *identity.APIKey) []byte {
	e := encoder{b: make([]byte, 0, 192)}
	e.time(fieldCreatedAt, k.CreatedAt)
	e.text(fieldAuthor, k.Author)
	e.text(fieldOwner, k.User)
	e.text(fieldGeneration, k.Generation)
	e.text(fieldDescription, k.Description)
	e.text(fieldFingerprint, k.Fingerprint)
	e.number(fieldLifetime, k.Lifetime)
	return e.b
}

// DecodeAPIKey reads a record of the kind KindAPIKey.
func DecodeAPIKey(r store.Record) (*identity.APIKey, error) {
	f, err := decode(r.Data)
	if err != nil {
		return nil, fmt.Errorf("API key %q: %w", r.ID, err)
	}
	return &identity.APIKey{
		ID: r.ID, Version: r.Version, Revision: r.Revision,
		User: f.text(fieldOwner), Generation: f.text(fieldGeneration), Description: f.text(fieldDescription),
		Fingerprint: f.text(fieldFingerprint), CreatedAt: f.time(fieldCreatedAt), Author: f.text(fieldAuthor), Lifetime: f.number(fieldLifetime),
	}, nil
}

// EncodeSecret gives the data of the record of the secret.
func EncodeSecret(s identity.Secret) []byte {
	var e encoder
	e.bytes(fieldSecret, s)
	return e.b
}

// DecodeSecret reads a record of the kind KindSecret.
func DecodeSecret(r store.Record) (identity.Secret, error) {
	f, err := decode(r.Data)
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	return f.copied(fieldSecret), nil
}
