package spectype

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// document is a JSON Schema that the properties of a spec are held to.
type document struct{ schema *jsonschema.Schema }

// dialect is the one draft of JSON Schema that is understood.
const dialect = "https://json-schema.org/draft/2020-12/schema"

// inItself lets schemas refer to themselves only: the core reads no files and asks no servers.
type inItself struct{}

func (inItself) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s lies elsewhere; only references within the schema are followed", url)
}

func compileDocument(v jsonvalue.Value) (*document, *Problem) {
	if v.Kind() != jsonvalue.KindObject {
		return nil, problem("schema", "a JSON Schema is an object")
	}
	if said := v.Get("$schema"); !said.IsAbsent() && strings.TrimSuffix(said.Text(), "#") != dialect {
		return nil, problem("schema.$schema", "only %s is understood", dialect)
	}
	if err := checkNumbers(v); err != nil {
		return nil, problem("schema", "%s", err.Message)
	}
	const name = "urn:profilegate:spec-type"
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(inItself{})
	if err := c.AddResource(name, decoded(v)); err != nil {
		return nil, problem("schema", "%v", err)
	}
	schema, err := c.Compile(name)
	if err == nil {
		return &document{schema: schema}, nil
	}
	var invalid *jsonschema.SchemaValidationError
	if errors.As(err, &invalid) {
		var details *jsonschema.ValidationError
		if errors.As(invalid.Err, &details) {
			first := firstOf(details)
			return nil, problem(strings.Join(append([]string{"schema"}, first.InstanceLocation...), "."), "%s", said(first))
		}
	}
	return nil, problem("schema", "%s", strings.ReplaceAll(err.Error(), name, ""))
}

// validate judges the properties of a spec. What is missing or unknown is told in Senlin's words, all else in JSON Schema's.
func (d *document) validate(properties jsonvalue.Value) *fault.Error {
	if err := checkNumbers(properties); err != nil {
		return err
	}
	err := d.schema.Validate(decoded(properties))
	if err == nil {
		return nil
	}
	var details *jsonschema.ValidationError
	if !errors.As(err, &details) {
		return invalid("", "The properties cannot be judged: "+err.Error())
	}
	first := firstOf(details)
	place := placeOf(properties, first.InstanceLocation)
	switch k := first.ErrorKind.(type) {
	case *kind.Required:
		return inPlace(place, notProvided(slices.Min(k.Missing)))
	case *kind.AdditionalProperties:
		return inPlace(place, unrecognizable(slices.Min(k.Properties)))
	}
	if place == "" {
		return invalid("", "The properties are not accepted: "+said(first))
	}
	return inPlace(place, invalid(clipped(said(first), 256), "The value of '"+place+"' is not accepted: "+said(first)))
}

// inPlace says where the value lies that the fault is about.
func inPlace(place string, f *fault.Error) *fault.Error {
	switch {
	case place == "":
	case f.Fields[0].Path == "":
		f.Fields[0].Path = place
	default:
		f.Fields[0].Path = place + "." + f.Fields[0].Path
	}
	return f
}

// maxSaid bounds, in bytes, what is repeated of a schema and a value.
const maxSaid = 512

// said is what JSON Schema has to say of one failure.
func said(e *jsonschema.ValidationError) string {
	if out := e.DetailedOutput(); out.Error != nil {
		return clipped(out.Error.String(), maxSaid)
	}
	return "the schema does not accept it"
}

func clipped(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

// firstOf picks the failure that is told. JSON Schema knows no first one, and finds them in no certain order: it is the first by its
// place, the innermost if one lies within another.
func firstOf(e *jsonschema.ValidationError) *jsonschema.ValidationError {
	return slices.MinFunc(leaves(e), func(a, b *jsonschema.ValidationError) int {
		if n := comparePlaces(a.InstanceLocation, b.InstanceLocation); n != 0 {
			return n
		}
		return strings.Compare(said(a), said(b))
	})
}

func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	var all []*jsonschema.ValidationError
	for _, cause := range e.Causes {
		all = append(all, leaves(cause)...)
	}
	return all
}

func comparePlaces(a, b []string) int {
	n := min(len(a), len(b))
	if c := slices.Compare(a[:n], b[:n]); c != 0 {
		return c
	}
	return len(b) - len(a)
}

// placeOf writes a location as all other paths are written: "disks[0].size".
func placeOf(v jsonvalue.Value, location []string) string {
	var b strings.Builder
	for _, step := range location {
		i, err := strconv.Atoi(step)
		if v.Kind() == jsonvalue.KindArray && err == nil && i >= 0 && i < v.Len() {
			b.WriteString("[" + step + "]")
			v = v.Items()[i]
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(step)
		v = v.Get(step)
	}
	return b.String()
}

// maxExponent bounds numbers, which the library writes out in full to compare them. It is beyond what a double holds.
const maxExponent = 400

// checkNumbers refuses numbers that would take long to look at.
func checkNumbers(v jsonvalue.Value) *fault.Error {
	switch v.Kind() {
	case jsonvalue.KindNumber:
		if !isModest(v.Literal()) {
			return invalid("a number within the range of a double", "The value '"+clipped(v.Literal(), 64)+"' is not a valid number.")
		}
	case jsonvalue.KindArray:
		for i, item := range v.Items() {
			if err := checkNumbers(item); err != nil {
				return inItem(err, i)
			}
		}
	case jsonvalue.KindObject:
		for _, m := range v.Members() {
			if err := checkNumbers(m.Value); err != nil {
				return inMember(err, m.Name)
			}
		}
	default:
	}
	return nil
}

func isModest(literal string) bool {
	mantissa, exponent := literal, ""
	if i := strings.IndexAny(literal, "eE"); i >= 0 {
		mantissa, exponent = literal[:i], literal[i+1:]
	}
	n := 0
	if exponent != "" {
		var err error
		if n, err = strconv.Atoi(exponent); err != nil {
			return false
		}
	}
	return len(mantissa) <= maxExponent && n <= maxExponent && n >= -maxExponent
}

// decoded is the value in the form that the library judges.
func decoded(v jsonvalue.Value) any {
	switch v.Kind() {
	case jsonvalue.KindBool:
		return v.Bool()
	case jsonvalue.KindNumber:
		return json.Number(v.Literal())
	case jsonvalue.KindString:
		return v.Text()
	case jsonvalue.KindArray:
		items := make([]any, v.Len())
		for i, item := range v.Items() {
			items[i] = decoded(item)
		}
		return items
	case jsonvalue.KindObject:
		members := make(map[string]any, v.Len())
		for _, m := range v.Members() {
			members[m.Name] = decoded(m.Value)
		}
		return members
	default:
		return nil
	}
}
