package identity

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // only to verify what Kuzzle's plugin once hashed with it
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// Hash is a password's hash in the text form that its prefix names:
//
//   - $argon2id$v=19$m=…,t=…,p=…$salt$hash (PHC), which is what new ones are;
//   - $2a$, $2b$ or $2y$ (bcrypt), imported;
//   - $kuzzle-local$<algorithm>$<stretching|hmac|hash>$<salt in base64>$<digest in hex>, what Kuzzle's plugin kept, imported.
//
// It prints as nothing.
type Hash string

// String keeps hashes out of logs.
func (Hash) String() string { return "…" }

// GoString keeps hashes out of %#v.
func (Hash) GoString() string { return `"…"` }

// cost says how dear an argon2id hash is.
type cost struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
}

// current is OWASP's second choice: 19 MiB, two passes.
var current = cost{memory: 19 << 10, passes: 2, threads: 1}

// Bounds on what an imported hash may cost: a record must not be able to take the machine down.
const (
	maxMemory     = 256 << 10 // KiB
	maxPasses     = 16
	maxThreads    = 16
	maxBcryptCost = 14
	saltBytes     = 16
	keyBytes      = 32
	maxKeyBytes   = 1024
)

var errHash = errors.New("identity: a password's hash has no form that is known")

func newHash(p Password) Hash {
	salt := make([]byte, saltBytes)
	rand.Read(salt)
	return argonHash(p, salt, current, keyBytes)
}

func argonHash(p Password, salt []byte, c cost, n uint32) Hash {
	key := argon2.IDKey([]byte(p), salt, c.passes, c.memory, c.threads, n)
	b64 := base64.RawStdEncoding
	return Hash(fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, c.memory, c.passes, c.threads, b64.EncodeToString(salt), b64.EncodeToString(key)))
}

// CheckHash tells whether a hash has a form that can be verified; for what is imported.
func CheckHash(h Hash) error {
	_, err := verifier(h)
	return err
}

// verifier gives the function that tells whether a password is the one of a hash. It costs nothing itself.
func verifier(h Hash) (func(Password) bool, error) {
	switch {
	case strings.HasPrefix(string(h), "$argon2id$"):
		return argonVerifier(string(h))
	case strings.HasPrefix(string(h), "$2a$"), strings.HasPrefix(string(h), "$2b$"), strings.HasPrefix(string(h), "$2y$"):
		return bcryptVerifier(string(h))
	case strings.HasPrefix(string(h), pluginPrefix):
		return pluginVerifier(string(h))
	default:
		return nil, errHash
	}
}

func argonVerifier(h string) (func(Password) bool, error) {
	parts := strings.Split(h, "$")
	if len(parts) != 6 || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return nil, errHash
	}
	c, ok := parseCost(parts[3])
	if !ok {
		return nil, errHash
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil || len(salt) < 8 {
		return nil, errHash
	}
	key, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(key) < 16 || len(key) > maxKeyBytes {
		return nil, errHash
	}
	return func(p Password) bool {
		got := argon2.IDKey([]byte(p), salt, c.passes, c.memory, c.threads, uint32(len(key)))
		return subtle.ConstantTimeCompare(got, key) == 1
	}, nil
}

// parseCost reads m=…,t=…,p=….
func parseCost(s string) (cost, bool) {
	parts := strings.Split(s, ",")
	if len(parts) != 3 {
		return cost{}, false
	}
	var numbers [3]uint32
	for i, part := range parts {
		digits, ok := strings.CutPrefix(part, [...]string{"m=", "t=", "p="}[i])
		n, err := strconv.ParseUint(digits, 10, 32)
		if !ok || err != nil || n == 0 {
			return cost{}, false
		}
		numbers[i] = uint32(n)
	}
	if numbers[0] > maxMemory || numbers[1] > maxPasses || numbers[2] > maxThreads {
		return cost{}, false
	}
	return cost{memory: numbers[0], passes: numbers[1], threads: uint8(numbers[2])}, true
}

func bcryptVerifier(h string) (func(Password) bool, error) {
	if c, err := bcrypt.Cost([]byte(h)); err != nil || c > maxBcryptCost {
		return nil, errHash
	}
	return func(p Password) bool { return bcrypt.CompareHashAndPassword([]byte(h), []byte(p)) == nil }, nil
}

// pluginPrefix marks the hashes of kuzzle-plugin-auth-passport-local.
const pluginPrefix = "$kuzzle-local$"

// The ways in which the plugin makes a digest.
const (
	stretched = "stretching" // PBKDF2 with 10000 rounds
	keyed     = "hmac"
	hashed    = "hash"
)

const pluginRounds = 10_000

// PluginHash is the document that Kuzzle's plugin keeps of a user's credentials, as far as it says how the password was hashed.
type PluginHash struct {
	Digest     string // userPassword, in hex
	Salt       string // userSalt
	Algorithm  string // "sha512", …
	Stretching bool
	Encryption string // "hmac" or "hash"; empty is "hmac"
}

// ImportPluginHash writes the plugin's hash down as one text.
func ImportPluginHash(p PluginHash) (Hash, error) {
	how := p.Encryption
	switch {
	case p.Stretching:
		how = stretched
	case how == "":
		how = keyed
	}
	h := Hash(pluginPrefix + strings.ToLower(p.Algorithm) + "$" + how + "$" +
		base64.RawStdEncoding.EncodeToString([]byte(p.Salt)) + "$" + strings.ToLower(p.Digest))
	return h, CheckHash(h)
}

// pluginAlgorithm is a hash function and how many bytes the plugin stretches a password to with it: it takes the function's bits for bytes.
type pluginAlgorithm struct {
	new   func() hash.Hash
	bytes int
}

func findPluginAlgorithm(name string) (pluginAlgorithm, bool) {
	name = strings.TrimSuffix(strings.TrimPrefix(name, "rsa-"), "withrsaencryption")
	switch name {
	case "sha1":
		return pluginAlgorithm{sha1.New, 40}, true
	case "sha224":
		return pluginAlgorithm{sha256.New224, 224}, true
	case "sha256":
		return pluginAlgorithm{sha256.New, 256}, true
	case "sha384":
		return pluginAlgorithm{sha512.New384, 384}, true
	case "sha512":
		return pluginAlgorithm{sha512.New, 512}, true
	}
	return pluginAlgorithm{}, false
}

func pluginVerifier(h string) (func(Password) bool, error) {
	parts := strings.Split(strings.TrimPrefix(h, pluginPrefix), "$")
	if len(parts) != 4 {
		return nil, errHash
	}
	algorithm, ok := findPluginAlgorithm(parts[0])
	if !ok {
		return nil, errHash
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[2])
	if err != nil {
		return nil, errHash
	}
	digest, err := hex.DecodeString(parts[3])
	if err != nil || len(digest) == 0 || len(digest) > maxKeyBytes {
		return nil, errHash
	}
	make, ok := digester(parts[1], algorithm, salt)
	if !ok {
		return nil, errHash
	}
	return func(p Password) bool { return subtle.ConstantTimeCompare(make(p), digest) == 1 }, nil
}

// digester gives the plugin's function from a password to its digest.
func digester(how string, a pluginAlgorithm, salt []byte) (func(Password) []byte, bool) {
	switch how {
	case stretched:
		return func(p Password) []byte {
			key, err := pbkdf2.Key(a.new, string(p), salt, pluginRounds, a.bytes)
			if err != nil {
				return nil // equal to no digest
			}
			return key
		}, true
	case keyed:
		return func(p Password) []byte {
			m := hmac.New(a.new, salt)
			m.Write([]byte(p))
			return m.Sum(nil)
		}, true
	case hashed:
		return func(p Password) []byte {
			m := a.new()
			if len(salt) > 0 {
				m.Write(append(salt[:len(salt):len(salt)], ':'))
			}
			m.Write([]byte(p))
			return m.Sum(nil)
		}, true
	}
	return nil, false
}

// isCurrent tells whether a hash is of the kind that new ones are.
func isCurrent(h Hash) bool {
	parts := strings.Split(string(h), "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	c, ok := parseCost(parts[3])
	return ok && c == current
}
