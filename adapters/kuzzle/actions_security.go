package kuzzle

import "github.com/profilegate/profilegate/core/catalog"

// securityActions are the rows of the controller security: profiles, roles, users and their credentials.
func securityActions() []action {
	return append(append(profileActions(), roleActions()...), userActions()...)
}

func profileActions() []action {
	return []action{
		row("createProfile", post("/profiles/:_id/_create")).by((*API).createProfile),
		row("createOrReplaceProfile", put("/profiles/:_id")).by((*API).createOrReplaceProfile),
		row("deleteProfile", del("/profiles/:_id")).by((*API).deleteProfile),
		row("getProfile", get("/profiles/:_id")).by((*API).getProfile),
		row("getProfileMapping", get("/profiles/_mapping")).by(getSecurityMapping(catalog.Profiles)),
		row("getProfileRights", get("/profiles/:_id/_rights")).by((*API).getProfileRights),
		row("mDeleteProfiles", post("/profiles/_mDelete")).by((*API).mDeleteProfiles),
		row("mGetProfiles", post("/profiles/_mGet")).by((*API).mGetProfiles),
		row("refresh", post("/_security/:collection/_refresh")).by((*API).refreshSecurity),
		row("scrollProfiles", get("/profiles/_scroll/:scrollId")).by((*API).scrollProfiles),
		row("searchProfiles", post("/profiles/_search")).by((*API).searchProfiles),
		row("updateProfile", put("/profiles/:_id/_update")).by((*API).updateProfile),
		row("updateProfileMapping", put("/profiles/_mapping")).by(updateSecurityMapping(catalog.Profiles)),
	}
}

func roleActions() []action {
	return []action{
		row("createOrReplaceRole", put("/roles/:_id")).by((*API).createOrReplaceRole),
		row("createRole", post("/roles/:_id/_create")).by((*API).createRole),
		row("deleteRole", del("/roles/:_id")).by((*API).deleteRole),
		row("getRole", get("/roles/:_id")).by((*API).getRole),
		row("getRoleMapping", get("/roles/_mapping")).by(getSecurityMapping(catalog.Roles)),
		row("mDeleteRoles", post("/roles/_mDelete")).by((*API).mDeleteRoles),
		row("mGetRoles", post("/roles/_mGet")).by((*API).mGetRoles),
		row("searchRoles", post("/roles/_search")).by((*API).searchRoles),
		row("updateRole", put("/roles/:_id/_update")).by((*API).updateRole),
		row("updateRoleMapping", put("/roles/_mapping")).by(updateSecurityMapping(catalog.Roles)),
	}
}

func userActions() []action {
	return []action{
		row("checkRights", post("/_checkRights/:userId")).by((*API).checkRights),
		row("createApiKey", post("/users/:userId/api-keys/_create")).by((*API).createAPIKey),
		row("createCredentials", post("/credentials/:strategy/:_id/_create")).by((*API).createCredentials),
		row("createFirstAdmin", post("/_createFirstAdmin/:_id"), post("/_createFirstAdmin")).by((*API).createFirstAdmin),
		row("createRestrictedUser", post("/users/_createRestricted"), post("/users/:_id/_createRestricted")).by((*API).createRestrictedUser),
		row("createUser", post("/users/_create"), post("/users/:_id/_create")).by((*API).createUser),
		row("deleteApiKey", del("/users/:userId/api-keys/:_id")).by((*API).deleteAPIKey),
		row("deleteCredentials", del("/credentials/:strategy/:_id")).by((*API).deleteCredentials),
		row("deleteUser", del("/users/:_id")).by((*API).deleteUser),
		row("getAllCredentialFields", get("/credentials/_fields")).by((*API).getAllCredentialFields),
		row("getCredentialFields", get("/credentials/:strategy/_fields")).by((*API).getCredentialFields),
		row("getCredentials", get("/credentials/:strategy/:_id")).by((*API).getCredentials),
		row("getCredentialsById", get("/credentials/:strategy/:_id/_byId")).by((*API).getCredentialsByID),
		row("getUser", get("/users/:_id")).by((*API).getUser),
		row("getUserMapping", get("/users/_mapping")).by(getSecurityMapping(catalog.Users)),
		row("getUserRights", get("/users/:_id/_rights")).by((*API).getUserRights),
		row("getUserStrategies", get("/users/:_id/_strategies")).by((*API).getUserStrategies),
		row("hasCredentials", get("/credentials/:strategy/:_id/_exists")).by((*API).hasCredentials),
		row("mDeleteUsers", post("/users/_mDelete")).by((*API).mDeleteUsers),
		row("mGetUsers", get("/users/_mGet"), post("/users/_mGet")).by((*API).mGetUsers),
		row("replaceUser", put("/users/:_id/_replace")).by((*API).replaceUser),
		row("restrictDefaultRights", post("/_restrictDefaultRights")).by((*API).restrictDefaultRights),
		row("revokeTokens", del("/users/:_id/tokens")).by((*API).revokeTokens),
		row("scrollUsers", get("/users/_scroll/:scrollId")).by((*API).scrollUsers),
		row("searchApiKeys", post("/users/:userId/api-keys/_search")).by((*API).searchAPIKeys),
		row("searchUsers", post("/users/_search")).by((*API).searchUsers),
		row("searchUsersByCredentials", post("/credentials/:strategy/users/_search")).by((*API).searchUsersByCredentials),
		row("updateCredentials", put("/credentials/:strategy/:_id/_update")).by((*API).updateCredentials),
		row("updateUser", put("/users/:_id/_update")).by((*API).updateUser),
		row("updateUserMapping", put("/users/_mapping")).by(updateSecurityMapping(catalog.Users)),
		row("upsertUser", post("/users/:_id/_upsert")).by((*API).upsertUser),
		row("validateCredentials", post("/credentials/:strategy/:_id/_validate")).by((*API).validateCredentials),
	}
}
