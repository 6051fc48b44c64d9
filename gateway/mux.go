package gateway

import (
	"net/http"
	"strings"

	"github.com/profilegate/profilegate/config"
	"github.com/profilegate/profilegate/core"
)

// dialectMux finds the tenant of a request by its host, and the dialect by its path.
type dialectMux struct {
	reach      reach
	senlinRoot bool // `GET /` is Senlin's where both dialects meet
	dialects   *dialects
	metrics    *metrics
}

// ServeHTTP hands a request on. Where a tenant speaks both dialects, /v1, /versions and /clustering are Senlin's, and all the rest, WebSocket
// upgrades too, is Kuzzle's. A tenant that speaks Senlin's only takes WebSocket upgrades at the root: elsewhere Senlin knows of none.
func (m *dialectMux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t, ok := m.reach.forHost(r.Host)
	if !ok {
		http.Error(w, "No tenant is served under this host name.", http.StatusMisdirectedRequest)
		return
	}
	if m.reach.only == nil {
		r = r.WithContext(core.WithTenant(r.Context(), t.Tenant))
	}
	switch {
	case isUpgrade(r) && (t.config.Speaks(config.Kuzzle) || r.URL.Path == "/" || r.URL.Path == ""):
		m.dialects.websocket.ServeHTTP(w, r)
	case !t.config.Speaks(config.Kuzzle) || t.config.Speaks(config.Senlin) && m.isSenlins(r.URL.Path):
		m.metrics.serve(m.dialects.senlin, t.Name(), config.Senlin, w, r)
	default:
		m.metrics.serve(m.dialects.kuzzle, t.Name(), config.Kuzzle, w, r)
	}
}

func (m *dialectMux) isSenlins(path string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch first {
	case "v1", "versions", "clustering":
		return true
	case "":
		return m.senlinRoot && (path == "/" || path == "")
	}
	return false
}

// isUpgrade tells whether a request asks for WebSocket.
func isUpgrade(r *http.Request) bool {
	return r.Method == http.MethodGet && len(r.Header["Upgrade"]) > 0 && strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}
