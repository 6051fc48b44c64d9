package config

import (
	"os"
	"slices"
	"strings"
)

const envPrefix = "PROFILEGATE_"

// EnvFile is the environment variable that names the configuration file where no flag does.
const EnvFile = envPrefix + "CONFIG"

// envName is the variable of a setting: store.redis.url is PROFILEGATE_STORE_REDIS_URL.
func envName(path string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

// lookupEnv returns a variable. An empty one counts as not set.
func lookupEnv(name string) (string, bool) {
	value := os.Getenv(name)
	return value, value != ""
}

// readEnv returns the variables that are set, by the path of their setting. One whose text is no value of its setting is reported and
// left out.
func readEnv(r report) map[string]string {
	set := map[string]string{}
	for _, s := range settings() {
		text, ok := lookupEnv(s.env)
		if !ok {
			continue
		}
		if _, err := parseValue(s.typ, text); err != nil {
			*r.problems = append(*r.problems, Problem{Path: s.path, Origin: s.env, Message: err.Error()})
			continue
		}
		set[s.path] = s.env
	}
	return set
}

// unknownEnv returns a sentence for each variable that looks like one of ours and has no effect. They are no errors: a cluster's
// scheduler sets variables of its own for a service that happens to be named profilegate.
func unknownEnv(listeners []Listener) (warnings []string) {
	known := []string{EnvFile}
	for _, s := range settings() {
		known = append(known, s.env)
	}
	for _, l := range listeners {
		known = append(known, l.EnvName())
	}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		if value == "" || !strings.HasPrefix(name, envPrefix) || slices.Contains(known, name) || isServiceEnv(name) || isListenEnv(name) {
			continue
		}
		warning := "the environment variable " + name + " has no effect"
		if guess, ok := closest(name, known); ok {
			warning += ": did you mean " + guess + "?"
		}
		warnings = append(warnings, warning)
	}
	return warnings
}

// isServiceEnv tells the variables that Kubernetes sets for a service named profilegate.
func isServiceEnv(name string) bool {
	rest := strings.TrimPrefix(name, envPrefix)
	return strings.HasPrefix(rest, "SERVICE_") || rest == "PORT" || strings.HasPrefix(rest, "PORT_")
}

func isListenEnv(name string) bool { return strings.HasPrefix(name, envPrefix+"LISTEN_") }

// applyListenEnv gives listeners the addresses that PROFILEGATE_LISTEN_<NAME> asks for, and returns the variable by the path of each
// address it changed. A variable that names no listener is a problem: the address it was to change would silently stay what it was.
func applyListenEnv(r report, listeners []Listener) map[string]string {
	set := map[string]string{}
	accepted := make([]string, 0, len(listeners))
	for i := range listeners {
		l := &listeners[i]
		name := l.EnvName()
		accepted = append(accepted, name)
		if address, ok := lookupEnv(name); ok {
			l.Address = address
			set[r.key("listeners").item(i).key("address").path] = name
		}
	}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		if isListenEnv(name) && !slices.Contains(accepted, name) && value != "" {
			report{path: name, problems: r.problems}.problem("no listener has that name; accepted here: %s", list(accepted))
		}
	}
	return set
}
