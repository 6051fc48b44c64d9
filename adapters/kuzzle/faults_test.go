package kuzzle

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// codes lists every code of the core, as its source declares them.
func codes(t *testing.T) []fault.Code {
	t.Helper()
	files, err := filepath.Glob("../../core/fault/*.go")
	require.NoError(t, err)
	var all []fault.Code
	for _, name := range files {
		if !strings.HasSuffix(name, "_test.go") {
			all = append(all, codesOf(t, name)...)
		}
	}
	require.Greater(t, len(all), 60)
	return all
}

func codesOf(t *testing.T, name string) (all []fault.Code) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	require.NoError(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Code") {
			return true
		}
		literal, ok := spec.Values[0].(*ast.BasicLit)
		require.True(t, ok)
		value, err := strconv.Unquote(literal.Value)
		require.NoError(t, err)
		all = append(all, fault.Code(value))
		return true
	})
	return all
}

func TestEveryKindIsTold(t *testing.T) {
	statuses := map[fault.Kind]int{
		fault.Internal: 500, fault.Invalid: 400, fault.Unauthenticated: 401, fault.Forbidden: 403, fault.NotFound: 404, fault.Ambiguous: 400,
		fault.AlreadyExists: 400, fault.Conflict: 409, fault.InUse: 412, fault.Precondition: 412, fault.TooLarge: 413, fault.RateLimited: 429,
		fault.Unavailable: 503, fault.Uncertain: 500, fault.DeadlineExceeded: 503, fault.Canceled: 400,
	}
	for _, kind := range fault.Kinds() {
		require.Contains(t, faultKinds, kind, kind.String())
		k := translate(&fault.Error{Kind: kind, Code: "a_code_of_tomorrow", Message: "words"})
		require.Equal(t, statuses[kind], k.status, kind.String())
		require.NotEmpty(t, k.message)
	}
}

// TestEveryCodeIsTold walks every code with and without its data: none may end in the fallback for unknown ids, or panic.
func TestEveryCodeIsTold(t *testing.T) {
	for _, code := range codes(t) {
		for _, kind := range fault.Kinds() {
			full := &fault.Error{
				Kind: kind, Code: code, Message: "words", Subject: fault.Subject{Kind: "index", ID: "c:a"},
				Fields: []fault.Field{{Path: "p", Expected: "e", Values: []string{"v", "w"}}},
			}
			for _, f := range []*fault.Error{full, {Kind: kind, Code: code, Message: "words", Subject: fault.Subject{Kind: "index"}}} {
				k := translate(f)
				require.GreaterOrEqual(t, k.status, 400, code)
				if kind != fault.Internal {
					require.NotEqual(t, idUnexpected, k.id, "%s %s", kind, code)
				}
				require.True(t, json.Valid(k.appendTo(nil)))
			}
		}
	}
}

func TestInternalsAreNotTold(t *testing.T) {
	for _, err := range []error{errors.New("secret"), fault.Internalf("secret %d", 1), fault.Unavailablef(errors.New("secret"), "down")} {
		require.NotContains(t, string(translate(err).appendTo(nil)), "secret")
	}
}

// TestErrorNumbers holds the numbers to their make-up: domain, subdomain and error, and a status that its class has.
func TestErrorNumbers(t *testing.T) {
	domains := map[string]int{
		"core.fatal": 0x0000, "services.storage": 0x0101, "services.cache": 0x0103, "services.koncorde": 0x0105, "api.assert": 0x0201, "api.process": 0x0202, "network.http": 0x0301,
		"network.mqtt": 0x0302, "network.websocket": 0x0303, "security.token": 0x0701, "security.credentials": 0x0702, "security.cookie": 0x0707, "plugin.runtime": 0x0402, "plugin.strategy": 0x0403,
		"security.rights": 0x0703, "security.user": 0x0704, "security.role": 0x0705,
		"security.profile": 0x0706,
	}
	numbers := make(map[int]string)
	for id, d := range kerrors {
		domain, _, ok := strings.Cut(id[strings.Index(id, ".")+1:], ".")
		require.True(t, ok, id)
		want, known := domains[id[:strings.Index(id, ".")]+"."+domain]
		require.True(t, known, id)
		require.Equal(t, want, d.code>>16, id)
		require.Empty(t, numbers[d.code], "%s has the number of %s", id, numbers[d.code])
		numbers[d.code] = id
		require.NotEmpty(t, http.StatusText(d.status), id)
	}
}

func TestFormat(t *testing.T) {
	text := jsonvalue.String
	tests := []struct {
		name, template string
		values         []jsonvalue.Value
		want           string
	}{
		{"none", "plain", nil, "plain"},
		{"in order", "%s and %s", []jsonvalue.Value{text("a"), text("b")}, "a and b"},
		{"a placeholder without a value stays", "%s and %s", []jsonvalue.Value{text("a")}, "a and %s"},
		{"one value too many", "just %s.", []jsonvalue.Value{text("a"), text("-1")}, "just a. -1"},
		{"a value that looks like a placeholder", "%s %s", []jsonvalue.Value{text("%s"), text("b")}, "%s b"},
		{"empty text", "x '%s'. %s", []jsonvalue.Value{text("a"), text("")}, "x 'a'. "},
		{"an array", `"%s"`, []jsonvalue.Value{jsonvalue.Array(text("nope"), text("neither"))}, `"[ 'nope', 'neither' ]"`},
		{"a number", "%s", []jsonvalue.Value{jsonvalue.Int(7)}, "7"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, format(tt.template, tt.values)) })
	}
}

// TestInspect compares with what util.format of Node 20 printed.
func TestInspect(t *testing.T) {
	data, err := os.ReadFile("testdata/inspect.json")
	require.NoError(t, err)
	var tests []struct {
		Items   []string
		Printed string
	}
	require.NoError(t, json.Unmarshal(data, &tests))
	require.NotEmpty(t, tests)
	for _, tt := range tests {
		require.Equal(t, tt.Printed, printed(texts(tt.Items)), "%q", tt.Items)
	}
}
