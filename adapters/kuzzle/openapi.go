package kuzzle

import (
	"context"
	"strings"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// swaggerVersion is the version of OpenAPI, then called Swagger, in which Kuzzle describes its API.
const swaggerVersion = "2.0"

// openapi is server:openapi: the served routes as an OpenAPI document, which is the whole answer, without an envelope. There is no application
// of a user's own here, so that scope has no routes. A document in JSON is one in YAML too.
func (a *API) openapi(_ context.Context, c *call) (answer, error) {
	format, err := c.text("format", "json")
	if err != nil {
		return answer{}, err
	}
	if format != "json" && format != "yaml" {
		return answer{}, kerror(idUnexpectedArg, jsonvalue.String(format), texts([]string{"json", "yaml"}))
	}
	scope, err := c.text("scope", "kuzzle")
	if err != nil {
		return answer{}, err
	}
	switch scope {
	case "kuzzle":
		return answer{result: openapiDocument(a.actions), bareType: "application/" + format}, nil
	case "app":
		return answer{result: openapiDocument(nil), bareType: "application/" + format}, nil
	default:
		return answer{}, kerror(idUnexpectedArg, jsonvalue.String(scope), texts([]string{"kuzzle", "app"}))
	}
}

func openapiDocument(actions []action) jsonvalue.Value {
	var tags []jsonvalue.Value
	tagged := make(map[string]bool)
	paths := jsonvalue.Object()
	for _, row := range actions {
		if row.handle == nil {
			continue
		}
		if !tagged[row.controller] {
			tagged[row.controller] = true
			tags = append(tags, jsonvalue.Object(
				jsonvalue.Member{Name: "name", Value: jsonvalue.String(row.controller)},
				jsonvalue.Member{Name: "description", Value: jsonvalue.String("Controller " + row.controller)},
			))
		}
		for _, r := range row.routes {
			path, parameters := openapiPath(r.path)
			paths = paths.With(path, paths.Get(path).With(strings.ToLower(r.verb), row.operation(r, parameters)))
		}
	}
	info := jsonvalue.Object(
		jsonvalue.Member{Name: "title", Value: jsonvalue.String("Kuzzle API")},
		jsonvalue.Member{Name: "version", Value: jsonvalue.String(spokenVersion)},
	)
	return jsonvalue.Object(
		jsonvalue.Member{Name: "swagger", Value: jsonvalue.String(swaggerVersion)},
		jsonvalue.Member{Name: "info", Value: info},
		jsonvalue.Member{Name: "tags", Value: jsonvalue.Array(tags...)},
		jsonvalue.Member{Name: "paths", Value: paths},
	)
}

// openapiPath writes a path as OpenAPI does, and its placeholders as parameters.
func openapiPath(path string) (string, []jsonvalue.Value) {
	var parameters []jsonvalue.Value
	parts := strings.Split(path, "/")
	for i, part := range parts {
		name, isPlaceholder := strings.CutPrefix(part, ":")
		if !isPlaceholder {
			continue
		}
		parts[i] = "{" + name + "}"
		parameters = append(parameters, jsonvalue.Object(
			jsonvalue.Member{Name: "in", Value: jsonvalue.String("path")},
			jsonvalue.Member{Name: "name", Value: jsonvalue.String(name)},
			jsonvalue.Member{Name: "required", Value: jsonvalue.Bool(true)},
			jsonvalue.Member{Name: "type", Value: jsonvalue.String("string")},
		))
	}
	return strings.Join(parts, "/"), parameters
}

func (a action) operation(r route, parameters []jsonvalue.Value) jsonvalue.Value {
	ok := jsonvalue.Object(jsonvalue.Member{Name: "description", Value: jsonvalue.String("OK")})
	operation := jsonvalue.Object(
		jsonvalue.Member{Name: "summary", Value: jsonvalue.String(a.controller + ":" + a.name)},
		jsonvalue.Member{Name: "tags", Value: texts([]string{a.controller})},
		jsonvalue.Member{Name: "responses", Value: jsonvalue.Object(jsonvalue.Member{Name: "200", Value: ok})},
	)
	if parameters != nil {
		operation = operation.With("parameters", jsonvalue.Array(parameters...))
	}
	if r.deprecatedSince != "" {
		operation = operation.With("deprecated", jsonvalue.Bool(true))
	}
	return operation
}
