package senlin_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/specdoc"
	"github.com/profilegate/profilegate/core/store/storetest"
)

func TestCreateAndShow(t *testing.T) {
	st := storetest.NewMemory()
	now := time.Date(2016, 1, 10, 6, 36, 22, 987654321, time.FixedZone("", 3600))
	tenant, err := core.Open(t.Context(), "t", st, &core.Options{Specs: true, Now: func() time.Time { return now }})
	require.NoError(t, err)
	defer func() { require.NoError(t, tenant.Close()) }()
	h := over(tenant)

	w := answer(h, ask(http.MethodPost, "/v1/profiles", profileBody("p1"), "OpenStack-API-Version", "clustering 1.14"))
	require.Equalf(t, http.StatusCreated, w.Code, "body: %s", w.Body)
	require.Equal(t, "clustering 1.14", w.Header().Get("OpenStack-API-Version"))
	require.Equal(t, "OpenStack-API-Version", w.Header().Get("Vary"))
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	require.Regexp(t, "^1-[0-9a-f]{16}$", w.Header().Get("X-Profilegate-Revision"))
	require.Empty(t, w.Header().Get("Location"))

	p, _ := decoded(t, w)["profile"].(map[string]any)
	id, _ := p["id"].(string)
	require.Regexp(t, `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`, id)
	want := `{"profile":{"created_at":"2016-01-10T05:36:22Z","domain":null,"id":"` + id + `","metadata":{},"name":"p1",` +
		`"project":"d3300000000000000000000000000001","spec":` + heatSpec + `,"type":"os.heat.stack-1.0","updated_at":null,` +
		`"user":"d3300000000000000000000000000002"}}`
	require.Equal(t, want, w.Body.String())
	for _, identity := range []string{id, "p1", id[:8], id[:1]} {
		for range 2 { // the second time from what was kept
			w = answer(h, ask(http.MethodGet, "/v1/profiles/"+identity+"?whatever=1&limit=x", ""))
			require.Equal(t, http.StatusOK, w.Code)
			require.Equal(t, want, w.Body.String())
			require.Empty(t, w.Header().Get("X-Profilegate-Revision"))
		}
	}
	w = answer(h, ask(http.MethodGet, "/v1/profiles", ""))
	require.Equal(t, `{"profiles":[`+want[len(`{"profile":`):len(want)-1]+`]}`, w.Body.String())
}

func TestShowAcrossProjects(t *testing.T) {
	h := api(t)
	mine, _ := created(t, h, "p1")["id"].(string)
	created(t, h, "p1", "X-Auth-Token", other)
	const ambiguous = "Multiple results found matching the query criteria 'p1'. Please be more specific."

	require.Equal(t, http.StatusOK, answer(h, ask(http.MethodGet, "/v1/profiles/p1", "")).Code)
	isFault(t, answer(h, ask(http.MethodGet, "/v1/profiles/p1", "", "X-Auth-Token", admin)), http.StatusBadRequest, "MultipleChoices", ambiguous)
	require.Equal(t, http.StatusOK, answer(h, ask(http.MethodGet, "/v1/profiles/"+mine, "", "X-Auth-Token", admin)).Code)
	isFault(t, answer(h, ask(http.MethodGet, "/v1/profiles/"+mine, "", "X-Auth-Token", other)), http.StatusNotFound, "ResourceNotFound",
		"The profile '"+mine+"' could not be found.")
	created(t, h, "p1")
	isFault(t, answer(h, ask(http.MethodGet, "/v1/profiles/p1", "")), http.StatusBadRequest, "MultipleChoices", ambiguous)
}

func TestValidate(t *testing.T) {
	h := api(t)
	w := answer(h, ask(http.MethodPost, "/v1/profiles/validate", `{"profile":{"spec":`+heatSpec+`}}`, "OpenStack-API-Version", "clustering 1.2"))
	require.Equalf(t, http.StatusOK, w.Code, "body: %s", w.Body)
	require.Equal(t, `{"profile":{"created_at":null,"domain":null,"id":null,"metadata":null,"name":"validated_profile",`+
		`"project":"d3300000000000000000000000000001","spec":`+heatSpec+`,"type":"os.heat.stack-1.0","updated_at":null,`+
		`"user":"d3300000000000000000000000000002"}}`, w.Body.String())
	require.Equal(t, `{"profiles":[]}`, answer(h, ask(http.MethodGet, "/v1/profiles", "")).Body.String())
}

func TestTypes(t *testing.T) {
	h := api(t)
	list := func(version string) []any {
		types, _ := decoded(t, answer(h, ask(http.MethodGet, "/v1/profile-types", "", "OpenStack-API-Version", version)))["profile_types"].([]any)
		require.Len(t, types, 3)
		return types
	}
	require.Equal(t, []any{
		map[string]any{"name": "container.dockerinc.docker-1.0"}, map[string]any{"name": "os.heat.stack-1.0"}, map[string]any{"name": "os.nova.server-1.0"},
	}, list("clustering 1.4"))
	heat, _ := list("clustering 1.5")[1].(map[string]any)
	require.Equal(t, "os.heat.stack", heat["name"])
	require.Equal(t, "1.0", heat["version"])
	require.Contains(t, heat, "support_status")
	require.Len(t, heat, 3)

	show := func(version string) map[string]any {
		shown, _ := decoded(t, answer(h, ask(http.MethodGet, "/v1/profile-types/os.heat.stack-1.0", "",
			"OpenStack-API-Version", version)))["profile_type"].(map[string]any)
		return shown
	}
	require.Len(t, show("clustering 1.4"), 2)
	require.NotContains(t, show("clustering 1.4"), "support_status")
	require.Len(t, show("clustering latest"), 3)

	w := answer(h, ask(http.MethodGet, "/v1/profile-types/os.heat.stack-1.0/ops", "", "OpenStack-API-Version", "clustering 1.4"))
	require.Len(t, decoded(t, w), 1)
	require.Contains(t, decoded(t, w), "operations")
	isFault(t, answer(h, ask(http.MethodGet, "/v1/profile-types/os.heat.stack", "")), http.StatusNotFound, "ResourceNotFound",
		"The profile_type 'os.heat.stack' could not be found.")
}

// TestStoreFailure shows that a store which cannot be reached is told, and that a profile then is not.
func TestStoreFailure(t *testing.T) {
	faulty := storetest.NewFaulty(storetest.NewMemory())
	tenant, err := core.Open(t.Context(), "t", faulty, &core.Options{Specs: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, tenant.Close()) }()
	h := over(tenant)
	created(t, h, "p1")
	faulty.SetDown(fault.Unavailablef(nil, "The store cannot be reached."))
	for _, r := range []*http.Request{ask(http.MethodGet, "/v1/profiles/p1", ""), ask(http.MethodPost, "/v1/profiles", profileBody("p2"))} {
		w := answer(h, r)
		require.Equalf(t, http.StatusServiceUnavailable, w.Code, "body: %s", w.Body)
		body, _ := decoded(t, w)["error"].(map[string]any)
		require.Equal(t, "ServiceUnavailable", body["type"])
		require.Equal(t, "The store cannot be reached.", body["message"])
	}
	faulty.SetDown(nil)
	faulty.LoseAnswer() // the write stands, but nobody knows
	require.Equal(t, http.StatusServiceUnavailable, answer(h, ask(http.MethodPost, "/v1/profiles", profileBody("p3"))).Code)
}

// TestNaiveTimes holds the form of the API document, which a tenant may choose.
func TestNaiveTimes(t *testing.T) {
	tenant, err := core.Open(t.Context(), "senlin", storetest.NewMemory(), &core.Options{Specs: true, SpecForm: specdoc.Form{NaiveTimes: true}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, tenant.Close()) })
	h := over(tenant)
	const form = `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$`
	p := created(t, h, "web")
	require.Regexp(t, form, p["created_at"])
	require.Nil(t, p["updated_at"])
	path := "/v1/profiles/" + p["id"].(string)
	w := answer(h, ask(http.MethodPatch, path, `{"profile":{"name":"web2"}}`))
	require.Equalf(t, http.StatusOK, w.Code, "body: %s", w.Body)
	changed := decoded(t, w)["profile"].(map[string]any)
	require.Equal(t, p["created_at"], changed["created_at"])
	require.Regexp(t, form, changed["updated_at"])
	require.Equal(t, changed, decoded(t, answer(h, ask(http.MethodGet, path, "")))["profile"])
	require.Equal(t, []any{changed}, decoded(t, answer(h, ask(http.MethodGet, "/v1/profiles", "")))["profiles"])
}
