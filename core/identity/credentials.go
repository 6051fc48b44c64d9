package identity

import (
	"time"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// Local is the only strategy: a name and a password that are kept here.
const Local = "local"

// MaxUsernameBytes and MaxPasswordBytes bound what one logs in with. A name is an id of the store behind Kuzzle.
const (
	MaxUsernameBytes = 512
	MaxPasswordBytes = 4096
)

// Credentials are what a user logs in with by the strategy local.
type Credentials struct {
	User      string // the user's id; a user has one set of credentials
	Username  string // unique in the tenant
	Hash      Hash
	Version   uint64
	Revision  uint64
	UpdatedAt time.Time
}

// Login is what a client sends as credentials. Absent members are empty.
type Login struct {
	Username string
	Password Password
}

// Password is a password as a client sent it. It prints as nothing.
type Password string

// String keeps a password out of logs.
func (Password) String() string { return "…" }

// GoString keeps a password out of %#v.
func (Password) GoString() string { return `"…"` }

// ParseLogin reads the members username and password. What is no text is refused; what is missing is empty.
func ParseLogin(v jsonvalue.Value) (Login, error) {
	if v.Kind() != jsonvalue.KindObject {
		return Login{}, fault.InvalidType("credentials", "object")
	}
	if kuid := v.Get("kuid"); !kuid.IsAbsent() && !kuid.IsNull() {
		return Login{}, rejected("kuid", "kuid cannot be specified in credentials.")
	}
	username, err := text(v, "username")
	if err != nil {
		return Login{}, err
	}
	password, err := text(v, "password")
	if err != nil {
		return Login{}, err
	}
	if len(username) > MaxUsernameBytes || len(password) > MaxPasswordBytes {
		return Login{}, rejected("credentials", "The username or the password is too long.")
	}
	return Login{Username: username, Password: Password(password)}, nil
}

func text(v jsonvalue.Value, name string) (string, error) {
	m := v.Get(name)
	switch m.Kind() {
	case jsonvalue.KindAbsent, jsonvalue.KindNull:
		return "", nil
	case jsonvalue.KindString:
		return m.Text(), nil
	default:
		return "", fault.InvalidType(name, "string")
	}
}

// CheckNew checks credentials that are to be made, in the order and the words of Kuzzle's plugin.
func (l Login) CheckNew() error {
	if l.Username == "" {
		return rejected("username", "Username required.")
	}
	if l.Password == "" {
		return rejected("password", "Password required.")
	}
	return nil
}

// CheckChange checks credentials that are to take the place of others, likewise.
func (l Login) CheckChange() error {
	if l.Username == "" && l.Password == "" {
		return rejected("username", "Missing username or password.")
	}
	return nil
}

func rejected(path, message string) error {
	return fault.Invalidf(fault.CodeCredentialsRejected, fault.Field{Path: path}, "%s", message)
}
