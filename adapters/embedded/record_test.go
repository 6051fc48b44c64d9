package embedded

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/profilegate/profilegate/core/store"
)

func keys() *rapid.Generator[store.Key] {
	return rapid.Custom(func(t *rapid.T) store.Key {
		return store.Key{Kind: rapid.StringMatching(`[a-z0-9_-]{1,8}`).Draw(t, "kind"), ID: rapid.StringN(1, 40, 1024).Draw(t, "id")}
	})
}

func TestRecordsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		version, revision := rapid.Uint64Min(1).Draw(t, "version"), rapid.Uint64().Draw(t, "revision")
		refs, data := rapid.SliceOf(keys()).Draw(t, "refs"), rapid.SliceOf(rapid.Byte()).Draw(t, "data")
		key := rapid.SliceOf(rapid.Byte()).Draw(t, "key")
		encoded, refPart, dataPart := encodeRecord(key, version, revision, refs, data)
		e, err := readEntry(key, encoded)
		require.NoError(t, err)
		require.Equal(t, version, e.version)
		require.Equal(t, revision, e.revision)
		require.True(t, bytes.Equal(data, e.data))
		require.True(t, bytes.Equal(dataPart, e.data))
		require.True(t, bytes.Equal(refPart, e.refs))
		var got []store.Key
		for ref := range e.refs.all() {
			k, err := decodeKey(ref)
			require.NoError(t, err)
			got = append(got, k)
		}
		require.True(t, slices.Equal(refs, got))
		v, r, err := decodeVersion(encoded)
		require.NoError(t, err)
		require.Equal(t, version, v)
		require.Equal(t, revision, r)
	})
}

func TestKeysKeepTheirOrderAndDiffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := keys().Draw(t, "a"), keys().Draw(t, "b")
		ea, eb := appendKey(nil, recordTag, a), appendKey(nil, recordTag, b)
		require.Equal(t, a == b, bytes.Equal(ea, eb))
		got, err := decodeKey(ea[1:])
		require.NoError(t, err)
		require.Equal(t, a, got)
	})
}

func TestHeadsComeBack(t *testing.T) {
	want := store.Head{Revision: 1<<63 + 7, CommitID: uuid.New()}
	wantContent := content{records: 3, sums: 1 << 60}
	got, gotContent, err := decodeHead(encodeHead(nil, want, wantContent))
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Equal(t, wantContent, gotContent)
	for _, n := range []int{0, 24, 39, 41} {
		_, _, err := decodeHead(make([]byte, n))
		require.ErrorIs(t, err, ErrDamaged)
	}
}

func FuzzDecodeEntry(f *testing.F) {
	whole, _, _ := encodeRecord(nil, 3, 1<<40, []store.Key{{Kind: "role", ID: "r"}, {Kind: "role", ID: strings.Repeat("x", 200)}}, []byte(`{"a":1}`))
	for n := range whole {
		f.Add(whole[:n])
	}
	f.Add(whole)
	f.Add([]byte{0, 0, 0, 0, 1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Add([]byte{0, 0, 0, 0, 1, 1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := decodeEntry(b)
		if err != nil {
			require.ErrorIs(t, err, ErrDamaged)
			return
		}
		var refs []store.Key
		for ref := range e.refs.all() {
			k, err := decodeKey(ref)
			require.NoError(t, err)
			refs = append(refs, k)
		}
		encoded, _, _ := encodeRecord(nil, e.version, e.revision, refs, e.data)
		again, err := decodeEntry(encoded)
		require.NoError(t, err)
		require.Equal(t, e.version, again.version)
		require.Equal(t, e.revision, again.revision)
		require.True(t, bytes.Equal(e.data, again.data))
	})
}
