package config

import (
	"strings"
	"unicode/utf8"
)

// Flags are the settings that the command line offers. Empty ones were not given.
type Flags struct {
	DataDir string // --data-dir: the directory of the embedded store; without Store it chooses that store too
	Store   string // --store: "embedded" or the URL of a Redis server
}

// overrides returns the settings that the flags stand for, by path, and notes in from which flag set each.
func (f Flags) overrides(r report, from map[string]string) map[string]string {
	set := map[string]string{}
	override := func(path, text, flag string) {
		if !utf8.ValidString(text) {
			r.key(flag).problem("is not valid UTF-8, which is wanted")
			return
		}
		set[path], from[path] = text, flag
	}
	if f.DataDir != "" {
		override("store.embedded.data_dir", f.DataDir, "--data-dir")
		override("store.kind", string(Embedded), "--data-dir")
	}
	switch {
	case f.Store == "":
	case f.Store == string(Embedded):
		override("store.kind", string(Embedded), "--store")
	case strings.Contains(f.Store, "://"):
		override("store.kind", string(Redis), "--store")
		override("store.redis.url", f.Store, "--store")
	default:
		// The text is not repeated: it may be a mistyped URL with a password in it.
		r.key("--store").problem("neither embedded nor a URL; one of them is wanted, such as redis://127.0.0.1:6379/0")
	}
	return set
}
