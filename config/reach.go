package config

import (
	"strings"
)

// validateReach checks what listeners and tenants are together: that each listener can tell which tenant a request is for.
func (c Config) validateReach(r report) {
	for i, l := range c.Listeners {
		item := r.key("listeners").item(i)
		c.validateTenantNames(item.key("tenants"), l)
		switch l.Protocol {
		case HTTP:
			c.validateHostsApart(r.key("tenants"), l)
		case MQTT:
			c.validateOneTenant(item, l)
		case GRPC, Admin:
			// A gRPC call names its tenant in the metadata x-profilegate-tenant; admin has none.
		}
	}
}

// validateTenantNames refuses names of tenants that do not exist, are given twice, or stand where none may.
func (c Config) validateTenantNames(r report, l Listener) {
	if l.Protocol == Admin && len(l.Tenants) > 0 {
		r.problem("a listener with protocol admin belongs to no tenant; leave it out")
		return
	}
	names := make([]string, 0, len(c.Tenants))
	for _, t := range c.Tenants {
		names = append(names, t.Name)
	}
	seen := map[string]int{}
	for i, name := range l.Tenants {
		oneOf(r.item(i), name, names)
		unique(r.item(i), r, seen, name, i)
	}
}

// validateHostsApart refuses two tenants that one HTTP listener could not tell apart by the Host header: at most one may do without
// hosts, and no host leads to two.
func (c Config) validateHostsApart(r report, l Listener) {
	owner := map[string]string{}
	for i, t := range c.Tenants {
		if !l.leadsTo(t.Name) {
			continue
		}
		hosts := t.Hosts
		if len(hosts) == 0 {
			hosts = []string{""}
		}
		for _, host := range hosts {
			other, taken := owner[host]
			switch {
			case !taken:
				owner[host] = t.Name
			case other == t.Name: // reported where the tenant's own hosts are checked
			case host == "":
				r.item(i).key("hosts").problem("listener %q cannot tell it from tenant %q: neither has hosts; give one of them hosts, or listeners of their own", l.Name, other)
			default:
				r.item(i).key("hosts").problem("listener %q cannot tell it from tenant %q: both have the host %q; a host leads to one tenant", l.Name, other, host)
			}
		}
	}
}

func (c Config) validateOneTenant(r report, l Listener) {
	reached := c.TenantsOf(l)
	if len(reached) == 1 {
		return
	}
	var names []string
	for _, t := range reached {
		names = append(names, t.Name)
	}
	what := "none is reached"
	if len(names) > 0 {
		what = "reached are " + strings.Join(names, ", ")
	}
	r.key("tenants").problem("a message over MQTT names no tenant, so exactly one tenant is wanted here; %s", what)
}

// unreached returns the names of tenants to which no listener leads.
func (c Config) unreached() []string {
	reached := map[string]bool{}
	for _, l := range c.Listeners {
		for _, t := range c.TenantsOf(l) {
			reached[t.Name] = true
		}
	}
	var names []string
	for _, t := range c.Tenants {
		if !reached[t.Name] {
			names = append(names, t.Name)
		}
	}
	return names
}
