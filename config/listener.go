package config

import (
	"net"
	"slices"
	"strconv"
	"strings"
)

// Protocol is what a listener speaks.
type Protocol string

// The protocols.
const (
	HTTP  Protocol = "http" // HTTP and, on the same port, WebSocket
	MQTT  Protocol = "mqtt"
	GRPC  Protocol = "grpc"
	Admin Protocol = "admin" // health and metrics over HTTP, for operators
)

var protocols = []Protocol{HTTP, MQTT, GRPC, Admin}

// Listener is one address where the gateway listens.
type Listener struct {
	Name     string   `mapstructure:"name" doc:"Its name in logs and metrics: a-z, 0-9 and '-', at most 63 characters."`
	Address  string   `mapstructure:"address" doc:"IP address or host name, and port: 127.0.0.1:7512. No host means every address of the machine, port 0 a free port. The variable PROFILEGATE_LISTEN_<NAME> changes it."`
	Protocol Protocol `mapstructure:"protocol" doc:"http (HTTP and WebSocket), mqtt, grpc or admin (health and metrics)."`
	Tenants  []string `mapstructure:"tenants" doc:"Names of the tenants that may be reached here. Absent: all; with protocol mqtt those that speak kuzzle, if any does."`
	Root     Dialect  `mapstructure:"root" default:"kuzzle" doc:"Whose answer GET / is for a tenant that speaks both dialects: kuzzle or senlin. Only with protocol http."`
}

// EnvName is the environment variable that changes the listener's address.
func (l Listener) EnvName() string {
	return envPrefix + "LISTEN_" + strings.ToUpper(strings.ReplaceAll(l.Name, "-", "_"))
}

func (l Listener) leadsTo(tenant string) bool {
	return len(l.Tenants) == 0 || slices.Contains(l.Tenants, tenant)
}

func (l *Listener) normalize() {
	if l.Protocol == HTTP && l.Root == "" {
		l.Root = Kuzzle
	}
}

func validateListeners(r report, listeners []Listener) {
	if len(listeners) == 0 {
		r.problem("none given; at least one is needed, such as {name: main, address: 127.0.0.1:7512, protocol: http}")
	}
	names, addresses := map[string]int{}, map[string]int{}
	for i, l := range listeners {
		item := r.item(i)
		l.validate(item)
		unique(item.key("name"), r, names, l.Name, i)
		if !strings.HasSuffix(l.Address, ":0") {
			unique(item.key("address"), r, addresses, l.Address, i)
		}
	}
}

func (l Listener) validate(r report) {
	validateName(r.key("name"), l.Name)
	validateAddress(r.key("address"), l.Address)
	oneOf(r.key("protocol"), l.Protocol, protocols)
	switch {
	case l.Root == "":
	case l.Protocol != HTTP:
		r.key("root").problem("only a listener with protocol http has a root; leave it out")
	default:
		oneOf(r.key("root"), l.Root, dialects)
	}
}

func validateAddress(r report, address string) {
	const accepted = "host:port is wanted, such as 127.0.0.1:7512, [::1]:7512 or :7512"
	if address == "" {
		r.problem("missing; %s", accepted)
		return
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		r.problem("%q is not an address; %s", address, accepted)
		return
	}
	if !isPort(port) {
		r.problem("%q is not a port; a number from 0 to 65535 is wanted, 0 for any free port", port)
	}
	if host != "" && net.ParseIP(withoutZone(host)) == nil && !isHostName(host) {
		r.problem("%q is neither an IP address nor a host name; %s", host, accepted)
	}
}

func isPort(s string) bool {
	_, err := strconv.ParseUint(s, 10, 16)
	return err == nil
}

// withoutZone drops the zone of a scoped IPv6 address such as fe80::1%eth0.
func withoutZone(host string) string {
	ip, _, _ := strings.Cut(host, "%")
	return ip
}
