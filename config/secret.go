package config

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// redacted stands where a secret would.
const redacted = "<redacted>"

// Secret is a text that must not be seen: a password or a token. However it is printed, logged or marshalled, only a placeholder
// comes out; Reveal alone gives the text.
type Secret struct{ value string }

// NewSecret returns the text as a secret.
func NewSecret(value string) Secret { return Secret{value: value} }

// Reveal returns the text itself, for the one place that must send or compare it.
func (s Secret) Reveal() string { return s.value }

// IsZero tells whether there is no secret.
func (s Secret) IsZero() bool { return s.value == "" }

// Equal tells whether both hold the same text.
func (s Secret) Equal(other Secret) bool { return s.value == other.value }

// String returns a placeholder, or nothing if there is no secret.
func (s Secret) String() string {
	if s.IsZero() {
		return ""
	}
	return redacted
}

// Format writes the placeholder whatever the verb: %d and %#v would print the fields otherwise.
func (s Secret) Format(f fmt.State, _ rune) { writeString(f, s.String()) }

// MarshalText keeps the secret out of JSON, YAML and every other text format.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue keeps the secret out of logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// URL is an address that may carry a user's password. It is printed, logged and marshalled without it; Reveal alone gives it whole.
type URL struct{ value string }

// NewURL returns the text as a URL. It is checked when the configuration is.
func NewURL(value string) URL { return URL{value: value} }

// Reveal returns the whole URL, for the one place that connects.
func (u URL) Reveal() string { return u.value }

// IsZero tells whether there is no URL.
func (u URL) IsZero() bool { return u.value == "" }

// Equal tells whether both are the same text.
func (u URL) Equal(other URL) bool { return u.value == other.value }

// String returns the scheme, hosts and path. Whoever else stands in it is a placeholder, and so is a text that is no URL of that form,
// since a password could be anywhere in it.
func (u URL) String() string {
	if u.IsZero() {
		return ""
	}
	parsed, ok := splitURL(u.value)
	if !ok {
		return redacted
	}
	shown := parsed.scheme + "://"
	if parsed.user != nil {
		shown += redacted + "@"
	}
	shown += strings.Join(parsed.hosts, ",") + parsed.escaped
	if parsed.query || parsed.fragment {
		shown += "?" + redacted
	}
	return shown
}

// Format writes what String returns, whatever the verb.
func (u URL) Format(f fmt.State, _ rune) { writeString(f, u.String()) }

// MarshalText keeps the password out of JSON, YAML and every other text format.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// LogValue keeps the password out of logs.
func (u URL) LogValue() slog.Value { return slog.StringValue(u.String()) }

// writeString writes to a formatter's state, which has no way to report a failure and keeps it for itself.
func writeString(f fmt.State, s string) {
	_, _ = io.WriteString(f, s)
}
