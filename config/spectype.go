package config

import "strings"

// SpecType is a spec type that the tenant has besides the built-in ones.
type SpecType struct {
	Name       string   `mapstructure:"name" doc:"The type as specs name it, without its version: acme.db.postgres."`
	Version    string   `mapstructure:"version" doc:"Its version, in quotes: \"1.0\"."`
	Status     string   `mapstructure:"status" default:"SUPPORTED" doc:"What the type calls answer about its support: SUPPORTED, EXPERIMENTAL, DEPRECATED or UNSUPPORTED."`
	Since      string   `mapstructure:"since" doc:"Since when it has that status, in quotes: \"2026.11\"."`
	Properties Document `mapstructure:"properties" doc:"The properties of such specs in Senlin's form, as profile-type show prints them: name, then type, required, default, updatable, description, constraints, schema. One of properties, schema and schema_file is wanted."`
	Schema     Document `mapstructure:"schema" doc:"Instead: a JSON Schema (draft 2020-12) of the properties."`
	SchemaFile string   `mapstructure:"schema_file" doc:"Instead: a file with such a JSON Schema, in JSON. A relative path counts from where the process was started."`
	Operations Document `mapstructure:"operations" doc:"What profile-type ops answers, in Senlin's form: name, then description and parameters."`
}

// supportStates are what Senlin calls the states of a type.
var supportStates = []string{"SUPPORTED", "EXPERIMENTAL", "DEPRECATED", "UNSUPPORTED"}

func (s *SpecType) normalize() {
	if s.Status == "" {
		s.Status = "SUPPORTED"
	}
}

// validateSpecTypes looks at how types are given; whether their declarations are good is the core's to tell.
func validateSpecTypes(r report, types []SpecType) {
	seen := map[string]int{}
	for i, s := range types {
		item := r.item(i)
		s.validate(item)
		if s.Name != "" && s.Version != "" {
			unique(item.key("name"), r, seen, s.Name+"-"+s.Version, i)
		}
	}
}

func (s SpecType) validate(r report) {
	if s.Name == "" {
		r.key("name").problem("missing; a name is wanted, such as acme.db.postgres")
	}
	if s.Version == "" {
		r.key("version").problem(`missing; a version is wanted, such as "1.0"`)
	}
	oneOf(r.key("status"), s.Status, supportStates)
	var given []string
	for _, one := range []struct{ key, value string }{
		{"properties", s.Properties.JSON()}, {"schema", s.Schema.JSON()}, {"schema_file", s.SchemaFile},
	} {
		if one.value != "" {
			given = append(given, one.key)
		}
	}
	switch len(given) {
	case 0:
		r.problem("has no properties; one of properties, schema and schema_file is wanted")
	case 1:
	default:
		r.problem("has %s; only one of them is wanted", strings.Join(given, " and "))
	}
}
