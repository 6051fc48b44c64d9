package gateway

import (
	"errors"
	"fmt"
	"os"

	"github.com/profilegate/profilegate/config"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/spectype"
)

// Check tells what is wrong with a configuration beyond what it can tell by itself: whether the spec types that tenants declare are good
// ones. It opens nothing but the files with schemas that it names.
func Check(cfg config.Config) []config.Problem {
	var problems []config.Problem
	for i, t := range cfg.Tenants {
		if _, err := specTypes(t); err != nil {
			problems = append(problems, config.Problem{Path: fmt.Sprintf("tenants[%d].%s", i, err.Path), Message: err.Message})
		}
	}
	return problems
}

// specTypes are the spec types that a tenant has: the built-in ones and its own. A problem's path counts from the tenant.
func specTypes(t config.Tenant) (*spectype.Registry, *spectype.Problem) {
	known := spectype.NewBuiltin()
	for i, c := range t.Senlin.Types {
		at := fmt.Sprintf("senlin.types[%d].", i)
		declared, problem := specType(c)
		if problem != nil {
			return nil, &spectype.Problem{Path: at + problem.Path, Message: problem.Message}
		}
		more, err := known.With(declared)
		if err != nil {
			return nil, &spectype.Problem{Path: at + "name", Message: err.Error()}
		}
		known = more
	}
	return known, nil
}

// specType is one type as the configuration declares it.
func specType(c config.SpecType) (*spectype.Type, *spectype.Problem) {
	schema, schemaKey := c.Schema.JSON(), "schema"
	if c.SchemaFile != "" {
		schemaKey = "schema_file"
		text, err := os.ReadFile(c.SchemaFile)
		if err != nil {
			return nil, &spectype.Problem{Path: schemaKey, Message: err.Error()}
		}
		schema = string(text)
	}
	d := spectype.Declaration{Name: c.Name, Version: c.Version, Support: []spectype.Support{{Status: c.Status, Since: c.Since}}}
	for _, document := range []struct {
		key, text string
		value     *jsonvalue.Value
	}{{"properties", c.Properties.JSON(), &d.Properties}, {schemaKey, schema, &d.Schema}, {"operations", c.Operations.JSON(), &d.Operations}} {
		if document.text == "" {
			continue
		}
		var err error
		if *document.value, err = jsonvalue.Parse([]byte(document.text), jsonvalue.Limits{}); err != nil {
			return nil, &spectype.Problem{Path: document.key, Message: err.Error()}
		}
	}
	t, err := spectype.Declare(d)
	var problem *spectype.Problem
	if err != nil && !errors.As(err, &problem) {
		problem = &spectype.Problem{Path: "name", Message: err.Error()}
	}
	return t, problem
}
