package core_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

func TestRevisionText(t *testing.T) {
	id := uuid.MustParse("9f86d081-884c-4a32-9abc-000000000000")
	require.Equal(t, "120-9f86d081884c4a32", core.RevisionOf(store.Head{Revision: 120, CommitID: id}).String())
	require.Equal(t, "0", core.RevisionOf(store.Head{}).String())
	require.Equal(t, "7", number(t, 7).String())
	require.True(t, core.Revision{}.IsZero())
	require.False(t, number(t, 0).IsZero())
	for _, text := range []string{
		"", "-", "x", "+1", "-1", "1-", "-9f86d081884c4a32", "1-9f86d081884c4a3", "1-9f86d081884c4a322", "1-9f86d081884c4a3g", "1-0000000000000000",
		"0-9f86d081884c4a32", "18446744073709551616", "1.0", " 1", "1-9f86d081884c4a32 ", "1-+f86d081884c4a32", "1--9f86d081884c4a3", "0x1",
	} {
		_, err := core.ParseRevision(text)
		f := requireFault(t, err, fault.Invalid, fault.CodeInvalidArgument)
		require.Equal(t, "revision", f.Fields[0].Path, text)
	}
}

func TestARevisionReadsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := store.Head{Revision: rapid.Uint64Min(1).Draw(t, "revision"), CommitID: uuid.New()}
		want := core.RevisionOf(h)
		got, err := core.ParseRevision(want.String())
		if err != nil || got != want {
			t.Fatalf("%s was read as %s: %v", want, got, err)
		}
	})
}

func FuzzParseRevision(f *testing.F) {
	for _, text := range []string{"", "0", "120", "120-9f86d081884c4a32", "1-9F86D081884C4A32", "00-0"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := core.ParseRevision(text)
		if err != nil {
			return
		}
		again, err := core.ParseRevision(r.String())
		if err != nil || again != r {
			t.Fatalf("%q is %s, which reads as %s: %v", text, r, again, err)
		}
	})
}
