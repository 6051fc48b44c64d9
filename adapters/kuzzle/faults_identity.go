package kuzzle

import (
	"net/http"

	"github.com/profilegate/profilegate/core/fault"
)

// identityFaults says how what can go wrong with users and what they log in with is told. What Kuzzle's plugin refuses has neither id nor code.
var identityFaults = map[fault.Code]func(*fault.Error) *kuzzleError{
	fault.CodeUserNotFound:     func(f *fault.Error) *kuzzleError { return kerrorText("security.user.not_found", f.Subject.ID) },
	fault.CodeUserExists:       func(f *fault.Error) *kuzzleError { return kerrorText("security.user.already_exists", f.Subject.ID) },
	fault.CodeUsersExist:       func(*fault.Error) *kuzzleError { return kerror("security.user.prevent_overwrite") },
	fault.CodeAnonymousProfile: func(*fault.Error) *kuzzleError { return kerror("security.user.anonymous_profile_required") },
	fault.CodeAdminExists:      func(*fault.Error) *kuzzleError { return kerror(idAdminExists) },
	fault.CodeUnknownStrategy:  func(f *fault.Error) *kuzzleError { return kerrorText(idUnknownStrategy, f.Subject.ID) },
	fault.CodeCredentialsRejected: func(f *fault.Error) *kuzzleError {
		if f.Kind == fault.Forbidden {
			return bareError(http.StatusForbidden, f.Message)
		}
		return bareError(http.StatusBadRequest, f.Message)
	},
	fault.CodeUsernameTaken: func(f *fault.Error) *kuzzleError {
		return bareError(http.StatusPreconditionFailed, `Login "`+f.Subject.ID+`" is already used.`)
	},
	fault.CodeCredentialsExist: func(f *fault.Error) *kuzzleError {
		return bareError(http.StatusPreconditionFailed, `A strategy already exists for user "`+f.Subject.ID+`".`)
	},
	fault.CodeCredentialsNotFound: func(f *fault.Error) *kuzzleError {
		return bareError(http.StatusPreconditionFailed, "No credentials found for "+f.Subject.Kind+` "`+f.Subject.ID+`".`)
	},
	fault.CodeLoginFailed: func(f *fault.Error) *kuzzleError { return kerrorText("plugin.strategy.missing_user", f.Message) },
	fault.CodeRefreshForbidden: func(f *fault.Error) *kuzzleError {
		return kerrorText("security.token.refresh_forbidden", f.Subject.ID)
	},
	fault.CodeTokenEndless: func(f *fault.Error) *kuzzleError {
		return kerrorText("security.token.invalid_expiration", field(f).Path, "cannot be infinite")
	},
	fault.CodeAPIKeyNotFound: apiKeyNotFound,
	fault.CodeOverloaded:     func(*fault.Error) *kuzzleError { return kerror("api.process.overloaded") },
}

// apiKeyNotFound has words of its own where the key is another user's.
func apiKeyNotFound(f *fault.Error) *kuzzleError {
	if user := value(f, 0); user != "" {
		k := kerrorText(idDocument, f.Subject.ID)
		k.message = `ApiKey "` + f.Subject.ID + `" not found for user "` + user + `".`
		return k
	}
	return kerrorText(idDocument, f.Subject.ID, "kuzzle", "api-keys")
}
