package core_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/store/storetest"
)

func TestResetSecurity(t *testing.T) {
	tenant := open(t, storetest.NewMemory(), nil)
	c := anonymous(t, tenant)
	for i := range 5 {
		id := fmt.Sprint("r", i)
		_, err := tenant.CreateRole(t.Context(), c, core.RoleDraft{ID: id, Definition: value(t, anyRole)})
		require.NoError(t, err)
		granting := value(t, `{"policies":[{"roleId":"`+id+`"}]}`)
		_, err = tenant.CreateProfile(t.Context(), c, &core.PolicyDraft{ID: "p" + id, Definition: granting})
		require.NoError(t, err)
		_, err = tenant.ReplacePolicyProfile(t.Context(), c, &core.PolicyDraft{ID: access.Default, Definition: granting})
		require.NoError(t, err)
	}
	reset, err := tenant.ResetSecurity(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, core.SecurityReset{Profiles: 5, Roles: 5, Head: reset.Head}, reset)
	require.Equal(t, tenant.Revision(), reset.Head.Revision)
	for i := range 5 {
		_, err := tenant.Role(t.Context(), c, fmt.Sprint("r", i), core.Read{})
		requireFault(t, err, fault.NotFound, fault.CodeRoleNotFound)
	}
	p, err := tenant.Profile(t.Context(), c, profile.StylePolicies, access.Default, core.Read{})
	require.NoError(t, err)
	require.Equal(t, []profile.Policy{{RoleID: access.Default}}, p.Body.(*profile.Policies).Policies)
}
