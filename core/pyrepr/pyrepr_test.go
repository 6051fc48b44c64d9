package pyrepr_test

import (
	_ "embed"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/pyrepr"
)

//go:embed testdata/python.tsv
var printedByPython string

func parse(t *testing.T, text string) jsonvalue.Value {
	t.Helper()
	v, err := jsonvalue.Parse([]byte(text), jsonvalue.Limits{})
	require.NoError(t, err, text)
	return v
}

func TestPrintsWhatPythonPrints(t *testing.T) {
	t.Parallel()
	rows := 0
	for line := range strings.Lines(printedByPython) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		require.Len(t, cells, 3)
		v := parse(t, cells[0])
		require.Equal(t, parse(t, cells[1]).Text(), pyrepr.Repr(v), "repr of %s", cells[0])
		require.Equal(t, parse(t, cells[2]).Text(), pyrepr.Str(v), "str of %s", cells[0])
		rows++
	}
	require.Greater(t, rows, 30)
}

func TestAbsentIsNone(t *testing.T) {
	t.Parallel()
	require.Equal(t, "None", pyrepr.Str(jsonvalue.Value{}))
}

func TestPropertyQuoteIsPrintable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := jsonvalue.String(string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))).Text()
		got := pyrepr.Quote(s)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\n\r\t\x00") || got[0] != got[len(got)-1] {
			t.Fatalf("%q prints as %q", s, got)
		}
	})
}
