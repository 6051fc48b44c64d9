package access_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/profile"
)

func TestRightsAllow(t *testing.T) {
	rights := access.Rights{
		"doc":   {"get": true, "put": false, "*": true},
		"empty": {},
		"named": {"get": true},
		"*":     {"get": true},
	}
	cases := []struct {
		controller, action string
		want               bool
	}{
		{"doc", "get", true},
		{"doc", "put", false}, // a named action hides the wildcard
		{"doc", "other", true},
		{"named", "put", false},
		{"empty", "get", false}, // a named controller hides the wildcard, even with nothing in it
		{"other", "get", true},
		{"other", "put", false},
		{"*", "get", true},
	}
	for _, c := range cases {
		require.Equal(t, c.want, rights.Allows(c.controller, c.action), "%s:%s", c.controller, c.action)
	}
	require.False(t, access.Rights(nil).Allows("doc", "get"))
}

func TestRestrictions(t *testing.T) {
	forum := profile.Restriction{Index: "forum"}
	posts := profile.Restriction{Index: "forum", Collections: []string{"users", "posts"}}
	cases := []struct {
		name              string
		restrictions      []profile.Restriction
		index, collection string
		want              bool
	}{
		{"none", nil, "shop", "x", true},
		{"an empty list", []profile.Restriction{}, "shop", "x", true},
		{"a request without an index", []profile.Restriction{forum}, "", "x", true},
		{"an index that is not listed", []profile.Restriction{forum}, "shop", "", false},
		{"an index listed whole", []profile.Restriction{forum}, "forum", "x", true},
		{"a listed collection", []profile.Restriction{posts}, "forum", "posts", true},
		{"another collection", []profile.Restriction{posts}, "forum", "x", false},
		{"an index and no collection", []profile.Restriction{posts}, "forum", "", true},
		{"an entry without collections opens nothing beside one with some", []profile.Restriction{forum, posts}, "forum", "x", false},
		{"entries of an index are put together", []profile.Restriction{posts, {Index: "forum", Collections: []string{"x"}}}, "forum", "x", true},
		{"an empty index alone restricts nothing", []profile.Restriction{{Index: ""}}, "shop", "x", true},
		{"an empty index is skipped", []profile.Restriction{{Index: ""}, forum}, "shop", "x", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := rules{
				profiles: map[string]*profile.Profile{"p": {ID: "p", Body: &profile.Policies{Policies: []profile.Policy{{RoleID: "r", RestrictedTo: c.restrictions}}}}},
				roles:    map[string]*access.Role{"r": {Rights: access.Rights{"*": {"*": true}}}},
			}
			err := access.Authorize(r, access.Actor{User: "u", Profiles: []string{"p"}}, access.Request{Controller: "doc", Action: "get", Index: c.index, Collection: c.collection})
			require.Equal(t, c.want, err == nil)
		})
	}
}

func TestRefusals(t *testing.T) {
	req := access.Request{Controller: "security", Action: "createProfile"}
	err := access.Authorize(rules{}, access.Actor{User: "alice", Profiles: []string{"gone"}}, req)
	require.Equal(t, &fault.Error{
		Kind: fault.Forbidden, Code: fault.CodeForbidden, Subject: fault.Subject{Kind: "action", ID: "security:createProfile"},
		Message: `The user "alice" may not execute the action "security:createProfile".`,
		Fields:  []fault.Field{{Path: "user", Values: []string{"alice"}}},
	}, err)
	for _, nobody := range []access.Actor{{}, {User: access.AnonymousUser}, {User: access.AnonymousUser, Profiles: []string{"p"}}} {
		err := access.Authorize(rules{}, nobody, req)
		require.True(t, fault.HasCode(err, fault.CodeUnauthenticated))
		require.Equal(t, "security:createProfile", fault.As(err).Subject.ID)
	}
	// A spec profile grants nothing, whoever names it.
	r := rules{profiles: map[string]*profile.Profile{"p": {ID: "p", Body: &profile.Spec{}}}}
	require.Error(t, access.Authorize(r, access.Actor{User: "u", Profiles: []string{"p"}}, req))
}

func TestActors(t *testing.T) {
	require.True(t, access.Actor{}.IsAnonymous())
	require.True(t, access.Actor{User: "-1"}.IsAnonymous())
	require.False(t, access.Actor{User: "alice"}.IsAnonymous())
	require.Empty(t, access.Actor{User: "-1"}.Author())
	require.Equal(t, "alice", access.Actor{User: "alice"}.Author())
	require.True(t, access.Actor{Roles: []string{"member", "admin"}}.IsAdmin())
	require.False(t, access.Actor{Roles: []string{"member", "Admin"}, Profiles: []string{"admin"}}.IsAdmin())
}
