package config

import (
	"reflect"
	"time"
)

// field is one key of a section, as the struct of the section declares it.
type field struct {
	key      string
	doc      string
	fallback string // the default of a key inside a list item, where Default shows none
	index    int
	typ      reflect.Type
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	secretType   = reflect.TypeFor[Secret]()
	urlType      = reflect.TypeFor[URL]()
)

// fieldsOf returns the keys of a section in the order in which they are documented.
func fieldsOf(section reflect.Type) []field {
	fields := make([]field, 0, section.NumField())
	for i := range section.NumField() {
		f := section.Field(i)
		typ := f.Type
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		fields = append(fields, field{
			key:      f.Tag.Get("mapstructure"),
			doc:      f.Tag.Get("doc"),
			fallback: f.Tag.Get("default"),
			index:    i,
			typ:      typ,
		})
	}
	return fields
}

// isSection tells whether the type is a struct of keys, not a single value.
func isSection(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != secretType && t != urlType && t != documentType
}

// typeName is what the documentation calls the type.
func typeName(t reflect.Type) string {
	switch {
	case t == durationType:
		return "duration"
	case t == secretType:
		return "secret"
	case t == urlType:
		return "URL"
	case t == documentType:
		return "document"
	case isSection(t):
		return "section"
	case t.Kind() == reflect.Slice && isSection(t.Elem()):
		return "list of sections"
	case t.Kind() == reflect.Slice:
		return "list of texts"
	case t.Kind() == reflect.Int:
		return "number"
	case t.Kind() == reflect.Bool:
		return "boolean"
	default:
		return "text"
	}
}

// setting is a single value outside of lists, which therefore has a default and an environment variable.
type setting struct {
	path  string
	env   string
	typ   reflect.Type
	value any // in Default
}

// settings returns every single value outside of lists.
func settings() []setting {
	return settingsBelow(reflect.ValueOf(Default()), "")
}

func settingsBelow(section reflect.Value, path string) []setting {
	var found []setting
	for _, f := range fieldsOf(section.Type()) {
		at := join(path, f.key)
		value := section.Field(f.index)
		switch {
		case isSection(f.typ):
			found = append(found, settingsBelow(value, at)...)
		case f.typ.Kind() != reflect.Slice:
			found = append(found, setting{path: at, env: envName(at), typ: f.typ, value: value.Interface()})
		}
	}
	return found
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
