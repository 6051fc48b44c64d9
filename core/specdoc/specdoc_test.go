package specdoc_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/specdoc"
)

func TestDocuments(t *testing.T) {
	var form specdoc.Form
	at := time.Date(2026, 11, 21, 19, 5, 6, 7, time.FixedZone("", 3600))
	body := &profile.Spec{
		Name: "wéb", Type: "t-1.0", Project: "p", User: "u", Domain: "not told", Spec: []byte(`{"n":1.0}`), Metadata: []byte(`null`),
	}
	p := &profile.Profile{ID: "i", CreatedAt: at, Body: body}
	const first = `{"created_at":"2026-11-21T18:05:06Z","domain":null,"id":"i","metadata":null,"name":"wéb","project":"p","spec":{"n":1.0},` +
		`"type":"t-1.0","updated_at":null,"user":"u"}`
	require.Equal(t, first, string(form.Profile(p)))
	require.Equal(t, `{"profile":`+first+`}`, string(form.Wrapped(p)))
	q := &profile.Profile{ID: "j", CreatedAt: at, UpdatedAt: at, Body: body}
	require.Contains(t, string(form.Profile(q)), `"updated_at":"2026-11-21T18:05:06Z"`)
	require.Equal(t, `{"profiles":[`+first+`,`+string(form.Profile(q))+`]}`, string(form.List([]*profile.Profile{p, q})))
	require.Equal(t, `{"profiles":[]}`, string(form.List(nil)))
	require.Equal(t, `{"created_at":null,"domain":null,"id":null,"metadata":null,"name":"wéb","project":"p","spec":{"n":1.0},"type":"t-1.0",`+
		`"updated_at":null,"user":"u"}`, string(specdoc.Unsaved(body)))
	require.Equal(t, `null`, string(form.Profile(&profile.Profile{Body: &profile.Policies{}})))
}

// TestNaiveTimes: one profile may be asked for in both forms, in any order.
func TestNaiveTimes(t *testing.T) {
	at := time.Date(2026, 11, 21, 19, 5, 6, 0, time.FixedZone("", 3600))
	body := &profile.Spec{Name: "n", Type: "t-1.0", Project: "p", User: "u", Spec: []byte(`{"at":"2026-11-21T18:05:06Z"}`), Metadata: []byte(`{}`)}
	p := &profile.Profile{ID: "i", CreatedAt: at, UpdatedAt: at, Body: body}
	zoned, naive := specdoc.Form{}, specdoc.Form{NaiveTimes: true}
	for range 2 {
		require.Contains(t, string(zoned.Wrapped(p)), `"created_at":"2026-11-21T18:05:06Z"`)
		require.Contains(t, string(naive.Wrapped(p)), `{"profile":{"created_at":"2026-11-21T18:05:06","domain"`)
		require.Contains(t, string(naive.List([]*profile.Profile{p})), `"updated_at":"2026-11-21T18:05:06","user"`)
	}
	require.Contains(t, string(naive.Profile(p)), `"spec":{"at":"2026-11-21T18:05:06Z"}`, "the caller's own times are not touched")
	require.Equal(t, "null", string(naive.AppendTime(nil, time.Time{})))
}
