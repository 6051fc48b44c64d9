package specdoc_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/specdoc"
)

func TestDocuments(t *testing.T) {
	at := time.Date(2026, 11, 21, 19, 5, 6, 7, time.FixedZone("", 3600))
	body := &profile.Spec{
		Name: "wéb", Type: "t-1.0", Project: "p", User: "u", Domain: "not told", Spec: []byte(`{"n":1.0}`), Metadata: []byte(`null`),
	}
	p := &profile.Profile{ID: "i", CreatedAt: at, Body: body}
	const first = `{"created_at":"2026-11-21T18:05:06Z","domain":null,"id":"i","metadata":null,"name":"wéb","project":"p","spec":{"n":1.0},` +
		`"type":"t-1.0","updated_at":null,"user":"u"}`
	require.Equal(t, first, string(specdoc.Profile(p)))
	require.Equal(t, `{"profile":`+first+`}`, string(specdoc.Wrapped(p)))
	q := &profile.Profile{ID: "j", CreatedAt: at, UpdatedAt: at, Body: body}
	require.Contains(t, string(specdoc.Profile(q)), `"updated_at":"2026-11-21T18:05:06Z"`)
	require.Equal(t, `{"profiles":[`+first+`,`+string(specdoc.Profile(q))+`]}`, string(specdoc.List([]*profile.Profile{p, q})))
	require.Equal(t, `{"profiles":[]}`, string(specdoc.List(nil)))
	require.Equal(t, `{"created_at":null,"domain":null,"id":null,"metadata":null,"name":"wéb","project":"p","spec":{"n":1.0},"type":"t-1.0",`+
		`"updated_at":null,"user":"u"}`, string(specdoc.Unsaved(body)))
	require.Equal(t, `null`, string(specdoc.Profile(&profile.Profile{Body: &profile.Policies{}})))
}
