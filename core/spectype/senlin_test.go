package spectype_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/spectype"
)

// judge does what a create does: it gives the code and message of the fault, or "ok".
func judge(name string, spec jsonvalue.Value) (code fault.Code, message string, err error) {
	typ, err := spectype.NewBuiltin().Check(spec)
	if err == nil {
		err = typ.Validate(name, spec)
	}
	if err == nil {
		return "ok", "", nil
	}
	f := fault.As(err)
	return f.Code, f.Message, err
}

// testdata/senlin-14.0.0.jsonl holds random specs and what Senlin 14.0.0's own schema and profile classes said about them, run in
// Python 3.11 with backends that find everything but clusters and nodes. Python's words for a TypeError stand behind spec_malformed;
// a client reads the general message instead.
func TestJudgesAsSenlin(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/senlin-14.0.0.jsonl")
	require.NoError(t, err)
	rows := 0
	for line := range bytes.Lines(data) {
		row := parse(t, string(line))
		code, message, _ := judge("p1", row.Get("spec"))
		require.Equal(t, row.Get("code").Text(), string(code), "%s", line)
		want := row.Get("message").Text()
		if code == fault.CodeSpecMalformed {
			want = spectype.GeneralMessage
		}
		require.Equal(t, want, message, "%s", line)
		rows++
	}
	require.Greater(t, rows, 200)
}
