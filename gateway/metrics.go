package gateway

import (
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/profilegate/profilegate/config"
)

// metrics are what /metrics shows. They are of this gateway alone, not of the process's default registry.
type metrics struct {
	registry *prometheus.Registry
	duration *prometheus.HistogramVec
	series   sync.Map // seriesKey → prometheus.Observer: looking one up costs less than naming its labels
}

// seriesKey is one combination of labels.
type seriesKey struct {
	tenant  string
	dialect config.Dialect
	class   int // of the status: 2 for 200 to 299
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "profilegate_http_request_duration_seconds",
			Help:    "How long HTTP requests took, from their headers to the end of the answer.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 2.5, 12),
		}, []string{"tenant", "dialect", "code"}),
	}
	m.registry.MustRegister(m.duration, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// watch shows the connections of clients.
func (m *metrics) watch(c *connections) {
	m.registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "profilegate_connections", Help: "Connections of clients that are open.",
		}, func() float64 { return float64(c.count()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "profilegate_connections_limit", Help: "Connections of clients that may be open.",
		}, func() float64 { return float64(c.limit) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "profilegate_connections_displaced_total", Help: "Connections that were closed because a newcomer needed their place.",
		}, func() float64 { return float64(c.displaced.Load()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "profilegate_connections_refused_total", Help: "Newcomers that were closed at once because nobody was silent.",
		}, func() float64 { return float64(c.refused.Load()) }),
	)
}

// serve serves a request and notes how long it took and how it ended.
func (m *metrics) serve(h http.Handler, tenant string, d config.Dialect, w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	noted, ok := statusWriters.Get().(*statusWriter)
	if !ok {
		noted = new(statusWriter)
	}
	noted.ResponseWriter, noted.status = w, http.StatusOK
	h.ServeHTTP(noted, r)
	m.observer(seriesKey{tenant, d, noted.status / 100}).Observe(time.Since(start).Seconds())
	noted.ResponseWriter = nil
	statusWriters.Put(noted)
}

func (m *metrics) observer(k seriesKey) prometheus.Observer {
	if o, ok := m.series.Load(k); ok {
		if o, ok := o.(prometheus.Observer); ok {
			return o
		}
	}
	o := m.duration.WithLabelValues(k.tenant, string(k.dialect), classNames[min(max(k.class, 0), len(classNames)-1)])
	m.series.Store(k, o)
	return o
}

var classNames = [...]string{"0xx", "1xx", "2xx", "3xx", "4xx", "5xx"}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

var statusWriters = sync.Pool{New: func() any { return new(statusWriter) }}

// WriteHeader notes the status and passes it on.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap gives http.ResponseController the writer below.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
