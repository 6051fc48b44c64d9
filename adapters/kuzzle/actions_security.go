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
		row("scrollProfiles", get("/profiles/_scroll/:scrollId")),
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
		row("searchRoles", post("/roles/_search")),
		row("updateRole", put("/roles/:_id/_update")).by((*API).updateRole),
		row("updateRoleMapping", put("/roles/_mapping")).by(updateSecurityMapping(catalog.Roles)),
	}
}

func userActions() []action {
	return []action{
		row("checkRights", post("/_checkRights/:userId")).by((*API).checkRights),
		row("createApiKey", post("/users/:userId/api-keys/_create")),
		row("createCredentials", post("/credentials/:strategy/:_id/_create")),
		row("createFirstAdmin", post("/_createFirstAdmin/:_id"), post("/_createFirstAdmin")),
		row("createRestrictedUser", post("/users/_createRestricted"), post("/users/:_id/_createRestricted")),
		row("createUser", post("/users/_create"), post("/users/:_id/_create")),
		row("deleteApiKey", del("/users/:userId/api-keys/:_id")),
		row("deleteCredentials", del("/credentials/:strategy/:_id")),
		row("deleteUser", del("/users/:_id")),
		row("getAllCredentialFields", get("/credentials/_fields")),
		row("getCredentialFields", get("/credentials/:strategy/_fields")),
		row("getCredentials", get("/credentials/:strategy/:_id")),
		row("getCredentialsById", get("/credentials/:strategy/:_id/_byId")),
		row("getUser", get("/users/:_id")),
		row("getUserMapping", get("/users/_mapping")).by(getSecurityMapping(catalog.Users)),
		row("getUserRights", get("/users/:_id/_rights")),
		row("getUserStrategies", get("/users/:_id/_strategies")),
		row("hasCredentials", get("/credentials/:strategy/:_id/_exists")),
		row("mDeleteUsers", post("/users/_mDelete")),
		row("mGetUsers", get("/users/_mGet"), post("/users/_mGet")),
		row("replaceUser", put("/users/:_id/_replace")),
		row("restrictDefaultRights", post("/_restrictDefaultRights")),
		row("revokeTokens", del("/users/:_id/tokens")),
		row("scrollUsers", get("/users/_scroll/:scrollId")),
		row("searchApiKeys", post("/users/:userId/api-keys/_search")),
		row("searchUsers", post("/users/_search")),
		row("searchUsersByCredentials", post("/credentials/:strategy/users/_search")),
		row("updateCredentials", put("/credentials/:strategy/:_id/_update")),
		row("updateUser", put("/users/:_id/_update")),
		row("updateUserMapping", put("/users/_mapping")).by(updateSecurityMapping(catalog.Users)),
		row("upsertUser", post("/users/:_id/_upsert")),
		row("validateCredentials", post("/credentials/:strategy/:_id/_validate")),
	}
}
