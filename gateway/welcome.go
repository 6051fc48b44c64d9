package gateway

import (
	"fmt"
	"strings"

	"github.com/profilegate/profilegate/config"
)

// Welcome tells where the gateway listens, with one request for each protocol that a person can copy into a shell and try.
func (g *Gateway) Welcome() string {
	var b strings.Builder
	for _, s := range g.servers {
		l := s.listener()
		fmt.Fprintf(&b, "\n%s listens on %s (%s)\n", l.name, l.Addr(), l.protocol)
		for _, example := range g.examples(l) {
			fmt.Fprintf(&b, "\n  # %s\n  %s\n", example.about, strings.ReplaceAll(example.command, "\n", "\n  "))
		}
	}
	return b.String()
}

// example is a command line to try a listener with.
type example struct{ about, command string }

func (g *Gateway) examples(l *boundListener) []example {
	address := l.Addr().String()
	switch l.protocol {
	case config.Admin:
		return []example{{"Is everything ready?", "curl 'http://" + address + "/readyz?verbose'"}}
	case config.MQTT:
		return []example{mqttExample(l)}
	case config.GRPC:
		return []example{grpcExample(address, l.tenants[0])}
	default:
		return httpExamples(address, l.tenants[0])
	}
}

func httpExamples(address string, t config.Tenant) []example {
	var es []example
	if t.Speaks(config.Senlin) {
		es = append(es, example{"OpenStack Senlin: create a profile", "curl -X POST http://" + address + "/v1/profiles " + tokenHeader(t) +
			"-H 'Content-Type: application/json' \\\n  -d '" + senlinExample + "'"})
	}
	if t.Speaks(config.Kuzzle) {
		es = append(es,
			example{"Kuzzle: create a profile, and wait until every search finds it", "curl -X POST 'http://" + address +
				"/profiles/editors/_create?refresh=wait_for' \\\n  -H 'Content-Type: application/json' -d '" + kuzzleExample + "'"},
			example{"Kuzzle: the same as one JSON message over WebSocket (npm's wscat)", "npx --yes wscat -c ws://" + address +
				" -x '" + messageExample("authors") + "'"})
	} else {
		es = append(es, example{"The same profiles in JSON messages over WebSocket (npm's wscat)", "npx --yes wscat -c ws://" + address + "/ " +
			tokenHeader(t) + "-x '" + listExample + "'"})
	}
	return es
}

func mqttExample(l *boundListener) example {
	host, port, _ := strings.Cut(l.Addr().String(), ":")
	about, message := "Kuzzle: one JSON message over MQTT", "'"+messageExample("readers")+"'"
	if t := l.tenants[0]; !t.Speaks(config.Kuzzle) {
		about, message = "Spec profiles: one JSON message over MQTT", listMessage(t)
	}
	return example{
		about + " (mosquitto-clients); the answer comes on Kuzzle/response",
		"mosquitto_rr -h " + host + " -p " + port + " -t Kuzzle/request -e Kuzzle/response \\\n  -m " + message,
	}
}

func grpcExample(address string, t config.Tenant) example {
	body := `{"spec": {"name": "web-grpc", "spec_json": "{\"type\":\"os.heat.stack\",\"version\":\"1.0\",\"properties\":{\"template\":{\"a\":1}}}"}}`
	if !t.Speaks(config.Senlin) {
		body = `{"id": "writers", "policies": {"policies": [{"role_id": "default"}]}}`
	}
	return example{
		"gRPC: create a profile (grpcurl; the server tells its own schema)",
		"grpcurl -plaintext -H 'x-profilegate-tenant: " + t.Name + "' \\\n  -d '" + body + "' \\\n  " +
			address + " profilegate.v1.ProfileService/CreateProfile",
	}
}

const (
	senlinExample = `{"profile": {"name": "web", "spec": {"type": "os.heat.stack", "version": "1.0", "properties": {"template": {"a": 1}}}}}`
	kuzzleExample = `{"rateLimit": 50, "policies": [{"roleId": "default"}]}`
)

func messageExample(id string) string {
	return `{"controller": "security", "action": "createProfile", "_id": "` + id + `", "body": {"policies": [{"roleId": "default"}]}}`
}

const listExample = `{"controller": "profiles", "action": "list"}`

// listMessage is listExample as a word of a shell, with a token where the tenant asks for one.
func listMessage(t config.Tenant) string {
	if t.Anonymous != nil {
		return "'" + listExample + "'"
	}
	return `"{\"jwt\": \"$TOKEN\", \"controller\": \"profiles\", \"action\": \"list\"}"`
}

// tokenHeader is what a tenant that asks for tokens wants in a request. The token itself stays where it is configured.
func tokenHeader(t config.Tenant) string {
	if t.Anonymous != nil {
		return ""
	}
	return "-H \"X-Auth-Token: $TOKEN\" "
}
