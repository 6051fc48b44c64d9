// Package keystone finds out who calls by asking an OpenStack Keystone (Identity API v3): it validates the token of a request with a token
// of its own, as keystonemiddleware does in front of Senlin, and turns Keystone's answer into an actor.
//
// What it promises:
//
//   - A token that Keystone revoked, or whose user or project was disabled, is refused after Options.CacheTTL at the latest, counted from the
//     moment at which Keystone was asked. No answer outlives its token.
//   - Callers with the same token share one question. Cached answers are found by the token's SHA-256; tokens themselves are not kept.
//   - A question takes at most Options.Timeout, the service's own authentication included, and does not end with the caller that began it.
//   - While Keystone cannot be asked, cached tokens are good for as long as they would be otherwise; all others are the fault Unavailable,
//     never Unauthenticated: a client would throw a good token away.
//
// What it does not do: it takes no service tokens (X-Service-Token), so that expired tokens are not accepted for their sake, and no tokens
// of application credentials with access rules, which Keystone shows only to services that promise to apply the rules.
package keystone
