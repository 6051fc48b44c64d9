package gateway

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// readyTimeout bounds one question whether the store is there.
const readyTimeout = 2 * time.Second

// admin serves operators: whether the process lives, whether it is ready, and its metrics.
func (g *Gateway) admin() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { respond(w, http.StatusOK, "ok\n") })
	mux.HandleFunc("GET /readyz", g.readyz)
	mux.Handle("GET /metrics", promhttp.HandlerFor(g.metrics.registry, promhttp.HandlerOpts{}))
	return mux
}

// readyz answers 200 when the store and every tenant can be served, else 503. With ?verbose it tells of each.
func (g *Gateway) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	checks := g.check(ctx)
	status, failed := http.StatusOK, 0
	var report strings.Builder
	for _, c := range checks {
		state := "ok"
		if c.err != nil {
			status, failed, state = http.StatusServiceUnavailable, failed+1, c.err.Error()
		}
		fmt.Fprintf(&report, "%s: %s\n", c.name, state)
	}
	if r.URL.Query().Has("verbose") {
		respond(w, status, report.String())
		return
	}
	if failed > 0 {
		respond(w, status, fmt.Sprintf("%d of %d checks fail; ask with ?verbose\n", failed, len(checks)))
		return
	}
	respond(w, status, "ok\n")
}

// check is one thing that must be well, and what is wrong with it.
type check struct {
	name string
	err  error
}

func (g *Gateway) check(ctx context.Context) []check {
	checks := []check{{"store", g.store.Ping(ctx)}}
	for _, name := range slices.Sorted(maps.Keys(g.tenants.byName)) {
		checks = append(checks, check{"tenant " + name, g.tenants.byName[name].Ready()})
	}
	if g.draining.Load() {
		checks = append(checks, check{"process", errStopping})
	}
	return checks
}

var errStopping = fmt.Errorf("stopping")

func respond(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) // an error means that whoever asked is gone
}
