package gateway

import "github.com/prometheus/client_golang/prometheus"

// tenantMetrics shows how each tenant's view follows its store. A tenant is one series of each.
type tenantMetrics struct {
	tenants                                                map[string]*tenant
	revision, head, loading, loaded, reloads, wentBack, ok *prometheus.Desc
}

// watchTenants shows the tenants; it is called once they are all open.
func (m *metrics) watchTenants(tenants map[string]*tenant) {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("profilegate_tenant_"+name, help, []string{"tenant"}, nil)
	}
	m.registry.MustRegister(&tenantMetrics{
		tenants:  tenants,
		revision: desc("revision", "The newest revision that this process has applied."),
		head:     desc("head_revision", "The newest revision of the store that this process knows of."),
		loading:  desc("loading", "1 while a snapshot of the tenant's records is read."),
		loaded:   desc("loaded_records", "Records of the snapshot that is being read, or of the last one."),
		reloads:  desc("reloads_total", "How often the tenant's records were read anew after the start."),
		wentBack: desc("history_went_back_total", "How often the store was seen to have lost a part of the tenant's history."),
		ok:       desc("ready", "1 while the tenant can be served, as /readyz tells it."),
	})
}

// Describe implements prometheus.Collector.
func (t *tenantMetrics) Describe(c chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{t.revision, t.head, t.loading, t.loaded, t.reloads, t.wentBack, t.ok} {
		c <- d
	}
}

// Collect implements prometheus.Collector.
func (t *tenantMetrics) Collect(c chan<- prometheus.Metric) {
	for name, tenant := range t.tenants {
		s := tenant.Stats()
		gauge := func(d *prometheus.Desc, v float64) {
			c <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, name)
		}
		counter := func(d *prometheus.Desc, v uint64) {
			c <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), name)
		}
		gauge(t.revision, float64(s.Revision))
		gauge(t.head, float64(s.Head))
		gauge(t.loading, flag(s.Loading))
		gauge(t.loaded, float64(s.Loaded))
		counter(t.reloads, s.Reloads)
		counter(t.wentBack, s.WentBack)
		gauge(t.ok, flag(tenant.Ready() == nil))
	}
}

func flag(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
