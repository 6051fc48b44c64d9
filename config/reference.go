package config

import (
	"fmt"
	"reflect"
	"strings"
)

// Row describes one key of the configuration.
type Row struct {
	Key     string // its path; listeners[].address is a key of each item of the list listeners
	Type    string
	Default string // as it would be written in the file; empty if there is none
	Env     string // the environment variable that sets it; empty inside lists
	Meaning string
}

// Reference describes every key that a configuration may have, in the order of the sections.
func Reference() []Row {
	env := map[string]setting{}
	for _, s := range settings() {
		env[s.path] = s
	}
	var rows []Row
	for _, row := range rowsBelow(reflect.TypeFor[Config](), "") {
		if s, ok := env[row.Key]; ok {
			row.Env, row.Default = s.env, format(s.value)
		}
		rows = append(rows, row)
	}
	return rows
}

func rowsBelow(section reflect.Type, path string) []Row {
	var rows []Row
	for _, f := range fieldsOf(section) {
		at := join(path, f.key)
		row := Row{Key: at, Type: typeName(f.typ), Default: f.fallback, Meaning: f.doc}
		if at == "listeners[].address" {
			row.Env = envPrefix + "LISTEN_<NAME>"
		}
		rows = append(rows, row)
		switch {
		case isSection(f.typ):
			rows = append(rows, rowsBelow(f.typ, at)...)
		case f.typ.Kind() == reflect.Slice && isSection(f.typ.Elem()):
			rows = append(rows, rowsBelow(f.typ.Elem(), at+"[]")...)
		}
	}
	return rows
}

// ReferenceTable returns the reference as a table in Markdown.
func ReferenceTable() string {
	var b strings.Builder
	b.WriteString("| key | type | default | environment | meaning |\n| --- | --- | --- | --- | --- |\n")
	for _, row := range Reference() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", row.Key, row.Type, code(row.Default), code(row.Env), escapeCell(row.Meaning))
	}
	return b.String()
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

// escapeCell keeps a cell in one piece and <NAME> from being taken for HTML.
func escapeCell(s string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;").Replace(s)
}
