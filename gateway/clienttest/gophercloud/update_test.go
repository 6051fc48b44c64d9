package gophercloud

import (
	"testing"
	"time"

	"github.com/gophercloud/gophercloud"
	"github.com/gophercloud/gophercloud/openstack/clustering/v1/profiles"
	"github.com/stretchr/testify/require"
)

func TestProfileIsUpdated(t *testing.T) {
	address := startGateway(t)
	c := client(address, demoToken)
	created, err := profiles.Create(c, profiles.CreateOpts{Name: "web", Spec: server(), Metadata: map[string]any{"a": "b"}}).Extract()
	require.NoError(t, err)

	updated, err := profiles.Update(c, created.ID, profiles.UpdateOpts{Name: "front", Metadata: map[string]any{"c": "d"}}).Extract()
	require.NoError(t, err)
	require.Equal(t, "front", updated.Name)
	require.Equal(t, map[string]any{"c": "d"}, updated.Metadata)
	require.Equal(t, created.Spec, updated.Spec)
	require.Equal(t, created.CreatedAt, updated.CreatedAt)
	require.WithinDuration(t, time.Now(), updated.UpdatedAt, time.Minute)

	got, err := profiles.Get(c, "front").Extract()
	require.NoError(t, err)
	require.Equal(t, updated, got)
	_, err = profiles.Get(c, "web").Extract()
	require.ErrorAs(t, err, &gophercloud.ErrDefault404{})

	_, err = profiles.Update(c, "front", profiles.UpdateOpts{}).Extract()
	require.ErrorAs(t, err, &gophercloud.ErrDefault400{})
	require.ErrorContains(t, err, "No property needs an update.")
	_, err = profiles.Update(client(address, otherToken), created.ID, profiles.UpdateOpts{Name: "mine"}).Extract()
	require.ErrorAs(t, err, &gophercloud.ErrDefault404{})
}

func TestProfileIsDeleted(t *testing.T) {
	address := startGateway(t)
	c := client(address, demoToken)
	created, err := profiles.Create(c, profiles.CreateOpts{Name: "web", Spec: server()}).Extract()
	require.NoError(t, err)

	require.ErrorAs(t, profiles.Delete(client(address, otherToken), created.ID).ExtractErr(), &gophercloud.ErrDefault404{})
	require.NoError(t, profiles.Delete(c, created.ID).ExtractErr())
	_, err = profiles.Get(c, created.ID).Extract()
	require.ErrorAs(t, err, &gophercloud.ErrDefault404{})
	require.ErrorAs(t, profiles.Delete(c, created.ID).ExtractErr(), &gophercloud.ErrDefault404{})
}
