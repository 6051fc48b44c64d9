package senlin_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// crowd makes profiles in demo's project: every tenth has the name "common", every fifth is a server, and each has a kilobyte of metadata.
func crowd(tb testing.TB, n int) http.Handler {
	tb.Helper()
	t := tenant(tb)
	c := caller(tb, t, demo)
	heat, nova := parsed(tb, heatSpec), parsed(tb, `{"type":"os.nova.server","version":"1.0","properties":{"flavor":"1","networks":[]}}`)
	metadata := parsed(tb, `{"k":"`+strings.Repeat("v", 1024)+`"}`)
	for i := range n {
		d := &core.SpecDraft{Name: fmt.Sprintf("p%d", i), Spec: heat, Metadata: metadata}
		if i%10 == 0 {
			d.Name = "common"
		}
		if i%5 == 1 {
			d.Spec = nova
		}
		_, err := t.CreateProfile(context.Background(), c, d)
		require.NoError(tb, err)
	}
	return over(t)
}

func parsed(tb testing.TB, text string) jsonvalue.Value {
	tb.Helper()
	v, err := jsonvalue.Parse([]byte(text), jsonvalue.Limits{})
	require.NoError(tb, err)
	return v
}

// BenchmarkList asks for 50 profiles out of few and out of many: the cost is that of the page, within a factor of 1.5.
func BenchmarkList(b *testing.B) {
	queries := []struct{ name, query string }{
		{"default", "limit=50"}, {"name", "limit=50&name=common"}, {"type", "limit=50&type=os.nova.server-1.0"},
	}
	for _, n := range []int{1_000, 100_000} {
		h := crowd(b, n)
		for _, q := range queries {
			b.Run(fmt.Sprintf("%s/%d", q.name, n), func(b *testing.B) {
				r := ask(http.MethodGet, "/v1/profiles?"+q.query, "", "OpenStack-API-Version", "clustering 1.14")
				w := answer(h, r)
				require.Equal(b, http.StatusOK, w.Code)
				require.Len(b, decoded(b, w)["profiles"], 50)
				b.ReportAllocs()
				for b.Loop() {
					h.ServeHTTP(&discard{header: make(http.Header, 8)}, r)
				}
			})
		}
	}
}
