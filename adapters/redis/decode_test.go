package redisstore_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	redisstore "github.com/profilegate/profilegate/adapters/redis"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

var (
	firstID  = uuid.MustParse("11111111-1111-4111-8111-111111111111")
	secondID = uuid.MustParse("22222222-2222-4222-8222-222222222222")
)

func TestDecodeEntry(t *testing.T) {
	got, err := redisstore.DecodeEntry("7-0", []string{
		"d", secondID.String() + " " + firstID.String() + " +3 10 7 profile/p10 a b+c-0 11 0 role/a/b: 1+1 6 13 role/r10 [\"role/r\"]",
	})
	require.NoError(t, err)
	require.Equal(t, store.Event{
		Head:     store.Head{Revision: 7, CommitID: secondID},
		Previous: firstID,
		Puts: []store.Record{
			{Key: store.Key{Kind: "profile", ID: "p1"}, Version: 3, Revision: 7, Data: []byte("a b+c")},
			{Key: store.Key{Kind: "role", ID: "r"}, Version: 1, Revision: 7, Data: []byte{}},
		},
		Deletions: []store.Key{{Kind: "role", ID: "a/b: 1"}},
	}, got)
}

func TestDecodeEntryBroken(t *testing.T) {
	first, second := firstID.String(), secondID.String()
	for name, tt := range map[string]struct {
		id     string
		fields []string
	}{
		"not a revision":         {"x-0", []string{"d", second + " " + first + " "}},
		"second of a moment":     {"7-1", []string{"d", second + " " + first + " "}},
		"revision zero":          {"0-0", []string{"d", second + "  "}},
		"nothing":                {"7-0", []string{"d", ""}},
		"no field":               {"7-0", nil},
		"field of somebody":      {"7-0", []string{"a", second + " " + first + " "}},
		"no commit id":           {"7-0", []string{"d", "x " + first + " "}},
		"no previous":            {"7-0", []string{"d", second + "  "}},
		"unknown change":         {"7-0", []string{"d", second + " " + first + " *1 6 0 role/r"}},
		"longer than it is":      {"7-0", []string{"d", second + " " + first + " +1 6 3 role/r0 "}},
		"longer than anything":   {"7-0", []string{"d", second + " " + first + " +1 6 18446744073709551615 role/r"}},
		"put without a version":  {"7-0", []string{"d", second + " " + first + " +0 6 2 role/r0 "}},
		"deleted with a version": {"7-0", []string{"d", second + " " + first + " -1 6 0 role/r"}},
		"references missing":     {"7-0", []string{"d", second + " " + first + " +1 6 3 role/r2 x"}},
		"no tail":                {"7-0", []string{"d", second + " " + first + " +1 6 0 role/r"}},
		"deleted with a tail":    {"7-0", []string{"d", second + " " + first + " -0 6 2 role/r0 "}},
		"no kind":                {"7-0", []string{"d", second + " " + first + " +1 2 2 /r0 "}},
		"numbers missing":        {"7-0", []string{"d", second + " " + first + " +1 6"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := redisstore.DecodeEntry(tt.id, tt.fields)
			require.Equal(t, fault.Internal, fault.KindOf(err))
			require.Error(t, err)
		})
	}
}

func TestDecodeRecord(t *testing.T) {
	got, err := redisstore.DecodeRecord("role/a/b", `3 12 10 ["role/r"]data `)
	require.NoError(t, err)
	require.Equal(t, store.Record{Key: store.Key{Kind: "role", ID: "a/b"}, Version: 3, Revision: 12, Data: []byte("data ")}, got)
	for _, broken := range []string{"", "3", "3 12", "3 12 0", "x 12 0 ", "0 12 0 ", "3 0 0 ", "3 12 1 ", "-3 12 0 "} {
		_, err := redisstore.DecodeRecord("role/r", broken)
		require.Error(t, err, "%q", broken)
	}
	_, err = redisstore.DecodeRecord("role", "3 12 0 data")
	require.Error(t, err)
}

func FuzzDecodeEntry(f *testing.F) {
	f.Add("7-0", secondID.String(), firstID.String(), "+3 10 7 profile/p10 a b+c-0 6 0 role/r")
	f.Add("1-0", secondID.String(), "", "")
	f.Fuzz(func(t *testing.T, id, commit, previous, changes string) {
		e, err := redisstore.DecodeEntry(id, []string{"d", commit + " " + previous + " " + changes})
		if err != nil {
			require.Equal(t, fault.Internal, fault.KindOf(err))
			return
		}
		size := 0
		for _, r := range e.Puts {
			require.Equal(t, e.Revision, r.Revision)
			require.NotZero(t, r.Version)
			size += len(r.Kind) + len(r.ID) + len(r.Data)
		}
		for _, k := range e.Deletions {
			size += len(k.Kind) + len(k.ID)
		}
		require.LessOrEqual(t, size, len(commit)+len(previous)+len(changes)+2, "it tells no more than there is")
	})
}

func FuzzDecodeRecord(f *testing.F) {
	f.Add("role/r", `3 12 10 ["role/r"]data`)
	f.Add("role/r", "1 1 0 ")
	f.Fuzz(func(t *testing.T, name, value string) {
		r, err := redisstore.DecodeRecord(name, value)
		if err != nil {
			require.Equal(t, fault.Internal, fault.KindOf(err))
			return
		}
		require.Equal(t, name, r.Kind+"/"+r.ID)
		require.LessOrEqual(t, len(r.Data), len(value))
	})
}
