package config

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/viper"
)

// Source is where a configuration is read from, besides the environment.
type Source struct {
	File  string // path of the YAML file
	Flags Flags
}

// Loaded is a configuration and how it came about.
type Loaded struct {
	Config   Config
	Warnings []string // sentences about settings that have no effect; worth a line in the log
	origins  origins
}

// Load reads the file and lays the environment and the flags over it. The error is an *Invalid that names every problem, or says why
// the file could not be read.
func Load(src Source) (Loaded, error) {
	text, err := os.ReadFile(src.File)
	if err != nil {
		return Loaded{}, fmt.Errorf("read the configuration: %w", err)
	}
	return Parse(src.File, text, src.Flags)
}

// Parse is Load for a file that was read already. The name is used to report problems, nothing else.
func Parse(name string, text []byte, flags Flags) (Loaded, error) {
	f := readFile(text)
	written := f.problems // what is wrong with how it was written; what is wrong with what it means comes below
	from := origins{lines: f.lines, env: readEnv(report{problems: &written}), flags: map[string]string{}}
	overrides := flags.overrides(report{problems: &written}, from.flags)

	cfg, err := merge(f.values, from.env, overrides)
	if err != nil {
		return Loaded{}, fmt.Errorf("configuration %s: %w", name, err)
	}
	for path, variable := range applyListenEnv(report{problems: &written}, cfg.Listeners) {
		from.env[path] = variable
	}
	cfg.normalize()

	var meant []Problem
	cfg.validate(report{problems: &meant}, len(written) == 0)
	if problems := from.annotate(append(written, notBelow(written, meant)...)); len(problems) > 0 {
		return Loaded{}, &Invalid{File: name, Problems: problems}
	}
	return Loaded{Config: cfg, Warnings: cfg.warnings(flags), origins: from}, nil
}

// merge lays the sources over one another and types the result. The texts of env and overrides were checked, so a failure is a mistake
// in this package.
func merge(values map[string]any, env, overrides map[string]string) (Config, error) {
	v := viper.New()
	for _, s := range settings() {
		v.SetDefault(s.path, s.value)
		if _, good := env[s.path]; !good {
			continue
		}
		if err := v.BindEnv(s.path, s.env); err != nil {
			return Config{}, err
		}
	}
	if err := v.MergeConfigMap(values); err != nil {
		return Config{}, err
	}
	for path, text := range overrides {
		v.Set(path, text)
	}
	var cfg Config
	err := v.Unmarshal(&cfg, viper.DecodeHook(decodeText))
	return cfg, err
}

// notBelow returns the problems whose path is not at or below that of a known one: a value that could not be read would otherwise be
// called missing too.
func notBelow(known, found []Problem) []Problem {
	var rest []Problem
	for _, p := range found {
		covered := false
		for _, k := range known {
			after, below := strings.CutPrefix(p.Path, k.Path)
			if below && (after == "" || after[0] == '.' || after[0] == '[' || k.Path == "") {
				covered = true
			}
		}
		if !covered {
			rest = append(rest, p)
		}
	}
	return rest
}

// warnings names what was given and has no effect.
func (c Config) warnings(flags Flags) []string {
	warnings := unknownEnv(c.Listeners)
	if flags.DataDir != "" && c.Store.Kind != Embedded {
		warnings = append(warnings, "--data-dir has no effect: the store is "+string(c.Store.Kind))
	}
	for _, name := range c.unreached() {
		warnings = append(warnings, "no listener leads to the tenant "+name)
	}
	return warnings
}
