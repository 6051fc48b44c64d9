package fault

// Codes of users and what they log in with.
const (
	CodeUserNotFound        Code = "user_not_found"
	CodeUserExists          Code = "user_exists"
	CodeUsersExist          Code = "users_exist"       // some of many users exist already
	CodeAnonymousProfile    Code = "anonymous_profile" // the anonymous user must keep the anonymous profile
	CodeAdminExists         Code = "admin_exists"
	CodeUnknownStrategy     Code = "unknown_strategy"      // Subject: the strategy
	CodeCredentialsRejected Code = "credentials_rejected"  // Message is that of Kuzzle's plugin
	CodeCredentialsExist    Code = "credentials_exist"     // Subject: the user
	CodeCredentialsNotFound Code = "credentials_not_found" // Subject: the user, or the username
	CodeUsernameTaken       Code = "username_taken"        // Subject: the username
	CodeLoginFailed         Code = "login_failed"          // Message is that of Kuzzle's plugin
	CodeRefreshForbidden    Code = "refresh_forbidden"     // Subject: what cannot be refreshed
	CodeTokenEndless        Code = "token_endless"         // Fields[0]: a lifetime that must not be infinite
	CodeAPIKeyNotFound      Code = "api_key_not_found"     // Subject: the key
	CodeAPIKeyExists        Code = "api_key_exists"        // Subject: the key
	CodeOverloaded          Code = "overloaded"            // too much at the same time; nothing was done
)
