package gophercloud

import (
	"encoding/json"
	"testing"

	"github.com/gophercloud/gophercloud"
	"github.com/gophercloud/gophercloud/openstack/clustering/v1/profiletypes"
	"github.com/stretchr/testify/require"
)

func TestProfileTypesAreListed(t *testing.T) {
	c := client(startGateway(t), demoToken)
	page, err := profiletypes.List(c).AllPages()
	require.NoError(t, err)
	types, err := profiletypes.ExtractProfileTypes(page)
	require.NoError(t, err)
	var names []string
	for _, profileType := range types {
		names = append(names, profileType.Name)
		require.NotEmpty(t, profileType.SupportStatus, profileType.Name)
	}
	require.ElementsMatch(t, []string{"container.dockerinc.docker", "os.heat.stack", "os.nova.server"}, names, "since 1.5 the version stands beside the name")
}

func TestProfileTypeTellsItsSchema(t *testing.T) {
	c := client(startGateway(t), demoToken)
	got, err := profiletypes.Get(c, "os.nova.server-1.0").Extract()
	require.NoError(t, err)
	require.Equal(t, "os.nova.server-1.0", got.Name)
	require.Equal(t, true, got.Schema["flavor"]["required"])
	require.Equal(t, "String", got.Schema["flavor"]["type"])
	require.Contains(t, got.SupportStatus, "1.0")

	_, err = profiletypes.Get(c, "os.nope-1.0").Extract()
	require.ErrorAs(t, err, &gophercloud.ErrDefault404{})
}

func TestProfileTypeTellsItsOperations(t *testing.T) {
	c := client(startGateway(t), demoToken)
	page, err := profiletypes.ListOps(c, "os.nova.server-1.0").AllPages()
	require.NoError(t, err)
	operations, err := profiletypes.ExtractOps(page)
	require.NoError(t, err)
	for _, name := range []string{"reboot", "rebuild", "change_password", "pause", "resume"} {
		require.Contains(t, operations, name)
	}
}

// withoutTraceback is an error's body without what belongs to one version of Senlin's code only.
func withoutTraceback(t *testing.T, body []byte) string {
	t.Helper()
	var answer struct {
		Error map[string]any `json:"error"`
	}
	require.NoError(t, json.Unmarshal(body, &answer))
	delete(answer.Error, "traceback")
	text, err := json.Marshal(map[string]any{"error": answer.Error})
	require.NoError(t, err)
	return string(text)
}
