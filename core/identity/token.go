package identity

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/profilegate/profilegate/core/fault"
)

// The prefixes by which Kuzzle tells its tokens from foreign ones, and from each other.
const (
	TokenPrefix  = "kauth-"
	APIKeyPrefix = "kapikey-"
)

// secretBytes is the length of the secret that signs a tenant's tokens.
const secretBytes = 64

// Secret signs a tenant's tokens. All nodes share it: it is a record. It prints as nothing.
type Secret []byte

// String keeps the secret out of logs.
func (Secret) String() string { return "…" }

// GoString keeps the secret out of %#v.
func (Secret) GoString() string { return `"…"` }

// NewSecret makes a secret.
func NewSecret() Secret {
	s := make(Secret, secretBytes)
	rand.Read(s)
	return s
}

// Fingerprint is what is kept of a token, and by what it is found again: the SHA-256 of all of it, in hex, as Kuzzle has it for API keys.
func Fingerprint(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// LooksOwn tells whether a token is of the form of those that are made here.
func LooksOwn(token string) bool {
	return strings.HasPrefix(token, TokenPrefix) || strings.HasPrefix(token, APIKeyPrefix)
}

// Grant says what a token is to be.
type Grant struct {
	User     string
	At       time.Time
	Lifetime int64  // in milliseconds, or Forever
	Nonce    string // makes tokens of one second differ
	APIKey   bool
}

// claims are what a token says: Kuzzle's members, and one that makes it differ from others of the same second.
func (g Grant) claims() jwt.MapClaims {
	c := jwt.MapClaims{"_id": g.User, "iat": g.At.Unix(), "jti": g.Nonce}
	if g.Lifetime != Forever {
		c["exp"] = g.end()
	}
	return c
}

// end is the second from which on the token is no good any more. As in Kuzzle, whose library counts in whole seconds, a lifetime below one
// second has ended when it begins.
func (g Grant) end() int64 { return g.At.Unix() + g.Lifetime/1000 }

// Sign makes the token.
func (s Secret) Sign(g Grant) (string, error) {
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, g.claims()).SignedString([]byte(s))
	if err != nil {
		return "", fault.Internalf("identity: signing a token: %w", err)
	}
	if g.APIKey {
		return APIKeyPrefix + signed, nil
	}
	return TokenPrefix + signed, nil
}

// maxTokenBytes bounds what is looked at at all.
const maxTokenBytes = 8 << 10

// Signed tells whether a token was signed here and has not ended. Whether it is known, and still is, its record says.
func (s Secret) Signed(token string, now time.Time) bool {
	if len(token) > maxTokenBytes || len(s) == 0 {
		return false
	}
	plain := strings.TrimPrefix(strings.TrimPrefix(token, TokenPrefix), APIKeyPrefix)
	parsed, err := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithoutClaimsValidation()).
		Parse(plain, func(*jwt.Token) (any, error) { return []byte(s), nil })
	if err != nil {
		return false
	}
	end, err := parsed.Claims.GetExpirationTime()
	return err == nil && (end == nil || now.Unix() < end.Unix())
}

// Token is what is kept of a token that was given out.
type Token struct {
	Fingerprint string
	User        string // the user's id
	Generation  string // the user's
	CreatedAt   time.Time
	Lifetime    int64 // in milliseconds, or Forever
	Refreshed   bool  // another has taken its place; it ends at GraceEnd
	GraceEnd    time.Time
	SingleUse   bool
	Version     uint64
	Revision    uint64
}

// ExpiresAt is when the token ends, in milliseconds since 1970, as its bearer was told; Forever: never.
func (t *Token) ExpiresAt() int64 {
	if t.Lifetime == Forever {
		return Forever
	}
	return t.CreatedAt.UnixMilli() + t.Lifetime
}

// Ended tells whether the token is no good any more.
func (t *Token) Ended(now time.Time) bool {
	if t.Refreshed && !now.Before(t.GraceEnd) {
		return true
	}
	return t.Lifetime != Forever && now.Unix() >= Grant{At: t.CreatedAt, Lifetime: t.Lifetime}.end()
}

// End is a time from which on the token has surely ended, in milliseconds since 1970; for tidying up.
func (t *Token) End() int64 {
	if t.Refreshed {
		return t.GraceEnd.UnixMilli()
	}
	return t.ExpiresAt()
}

// APIKey is what is kept of an API key: a token without an end, unless one is asked for, under a name.
type APIKey struct {
	ID          string
	User        string // the user's id
	Generation  string // the user's
	Description string
	Fingerprint string
	CreatedAt   time.Time
	Author      string
	Lifetime    int64 // in milliseconds, or Forever
	Version     uint64
	Revision    uint64
}

// ExpiresAt is when the key ends, in milliseconds since 1970; Forever: never.
func (k *APIKey) ExpiresAt() int64 {
	return (&Token{CreatedAt: k.CreatedAt, Lifetime: k.Lifetime}).ExpiresAt()
}

// Ended tells whether the key is no good any more.
func (k *APIKey) Ended(now time.Time) bool {
	return (&Token{CreatedAt: k.CreatedAt, Lifetime: k.Lifetime}).Ended(now)
}
