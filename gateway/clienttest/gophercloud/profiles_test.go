package gophercloud

import (
	"fmt"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud"
	"github.com/gophercloud/gophercloud/openstack/clustering/v1/profiles"
	"github.com/gophercloud/gophercloud/pagination"
	"github.com/stretchr/testify/require"
)

// server is a spec such as the examples of the client's own documentation have.
func server() profiles.Spec {
	return profiles.Spec{
		Type:    "os.nova.server",
		Version: "1.0",
		Properties: map[string]any{
			"flavor":   "t2.small",
			"image":    "cirros-0.3.5-x86_64-uec",
			"networks": []any{map[string]any{"network": "private-network"}},
		},
	}
}

func TestProfileIsCreatedAndFound(t *testing.T) {
	c := client(startGateway(t), demoToken)
	created, err := profiles.Create(c, profiles.CreateOpts{
		Name: "web", Spec: server(), Metadata: map[string]any{"tier": "front", "weights": []any{1.0, 2.5}},
	}).Extract()
	require.NoError(t, err)
	require.NotEmpty(t, created.ID)
	require.WithinDuration(t, time.Now(), created.CreatedAt, time.Minute)
	want := &profiles.Profile{
		ID: created.ID, Name: "web", Type: "os.nova.server-1.0", Project: demoProject, User: demoUser, Spec: server(),
		Metadata: map[string]any{"tier": "front", "weights": []any{1.0, 2.5}}, CreatedAt: created.CreatedAt,
	}
	require.Equal(t, want, created)

	for _, reference := range []string{created.ID, "web", created.ID[:8]} {
		got, err := profiles.Get(c, reference).Extract()
		require.NoError(t, err, reference)
		require.Equal(t, want, got, reference)
	}
}

func TestProfilesAreListedByPages(t *testing.T) {
	address := startGateway(t)
	c := client(address, demoToken)
	var want []string
	for i := range 7 {
		name := fmt.Sprintf("p%d", i)
		_, err := profiles.Create(c, profiles.CreateOpts{Name: name, Spec: server()}).Extract()
		require.NoError(t, err)
		want = append(want, name)
	}

	require.Equal(t, [][]string{want}, pagesOf(t, profiles.List(c, profiles.ListOpts{Sort: "name"})))
	require.Equal(t, [][]string{{"p6", "p5"}}, pagesOf(t, profiles.List(c, profiles.ListOpts{Sort: "name:desc", Limit: 2})))
	require.Equal(t, [][]string{{"p3"}}, pagesOf(t, profiles.List(c, profiles.ListOpts{Name: "p3", Type: "os.nova.server-1.0"})))
	require.Empty(t, pagesOf(t, profiles.List(c, profiles.ListOpts{Type: "os.heat.stack-1.0"})))

	// Senlin's answers have no links, so the client itself asks for the page after the last id.
	var paged []string
	marker := ""
	for range len(want) {
		pages := pagesOf(t, profiles.List(c, profiles.ListOpts{Sort: "name", Limit: 3, Marker: marker}))
		if len(pages) == 0 {
			break
		}
		paged = append(paged, pages[0]...)
		last, err := profiles.Get(c, paged[len(paged)-1]).Extract()
		require.NoError(t, err)
		marker = last.ID
	}
	require.Equal(t, want, paged)

	require.Empty(t, pagesOf(t, profiles.List(client(address, otherToken), profiles.ListOpts{})), "another project's")
	everywhere := true
	require.Len(t, pagesOf(t, profiles.List(client(address, adminToken), profiles.ListOpts{GlobalProject: &everywhere}))[0], len(want))
	_, err := profiles.List(c, profiles.ListOpts{GlobalProject: &everywhere}).AllPages()
	require.ErrorAs(t, err, &gophercloud.ErrDefault403{})
}

// pagesOf gives the names on each page that the client sees.
func pagesOf(t *testing.T, pager pagination.Pager) (pages [][]string) {
	t.Helper()
	require.NoError(t, pager.EachPage(func(page pagination.Page) (bool, error) {
		list, err := profiles.ExtractProfiles(page)
		var names []string
		for _, p := range list {
			names = append(names, p.Name)
		}
		pages = append(pages, names)
		return err == nil, err
	}))
	return pages
}

func TestSpecIsValidatedWithoutBeingStored(t *testing.T) {
	c := client(startGateway(t), demoToken)
	valid, err := profiles.Validate(c, profiles.ValidateOpts{Spec: server()}).Extract()
	require.NoError(t, err)
	require.Equal(t, "validated_profile", valid.Name)
	require.Equal(t, "os.nova.server-1.0", valid.Type)
	require.Equal(t, server(), valid.Spec)
	require.True(t, valid.CreatedAt.IsZero())
	require.Empty(t, valid.ID)

	bad := server()
	delete(bad.Properties, "flavor")
	_, err = profiles.Validate(c, profiles.ValidateOpts{Spec: bad}).Extract()
	var refused gophercloud.ErrDefault400
	require.ErrorAs(t, err, &refused)
	require.JSONEq(t, `{"error": {"code": 400, "message": "Required spec item 'flavor' not provided", "type": "InvalidSpec"}}`, withoutTraceback(t, refused.Body))
	require.Empty(t, pagesOf(t, profiles.List(c, profiles.ListOpts{})))
}

func TestRefusalsReachTheClient(t *testing.T) {
	address := startGateway(t)
	c := client(address, demoToken)

	_, err := profiles.Get(c, "nobody").Extract()
	require.ErrorAs(t, err, &gophercloud.ErrDefault404{})
	require.ErrorContains(t, err, "The profile 'nobody' could not be found.")

	_, err = profiles.Create(c, profiles.CreateOpts{Name: "a b", Spec: server()}).Extract()
	require.ErrorAs(t, err, &gophercloud.ErrDefault400{})
	require.ErrorContains(t, err, "contains illegal characters")

	unknown := server()
	unknown.Type = "os.nope"
	_, err = profiles.Create(c, profiles.CreateOpts{Name: "x", Spec: unknown}).Extract()
	require.ErrorAs(t, err, &gophercloud.ErrDefault404{})
	require.ErrorContains(t, err, "The profile_type 'os.nope-1.0' could not be found.")

	for range 2 {
		_, err = profiles.Create(c, profiles.CreateOpts{Name: "twin", Spec: server()}).Extract()
		require.NoError(t, err)
	}
	_, err = profiles.Get(c, "twin").Extract()
	require.ErrorAs(t, err, &gophercloud.ErrDefault400{})
	require.ErrorContains(t, err, "Multiple results found matching the query criteria 'twin'")

	_, err = profiles.Get(client(address, "wrong"), "nobody").Extract()
	require.ErrorAs(t, err, &gophercloud.ErrDefault401{})
}
