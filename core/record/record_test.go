package record_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"
	"pgregory.net/rapid"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/catalog"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
)

// alike compares records by what they hold: an empty list and none are the same, and so is a rendering that was kept.
var alike = cmp.Options{cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(profile.Profile{})}

func anyTime(t *rapid.T, label string) time.Time {
	if rapid.IntRange(0, 3).Draw(t, label+" is zero") == 0 {
		return time.Time{}
	}
	return time.UnixMilli(rapid.Int64Range(-1e14, 1e14).Draw(t, label)).UTC()
}

func stored(k store.Key, version, revision uint64, data []byte) store.Record {
	return store.Record{Key: k, Version: version, Revision: revision, Data: data}
}

func TestSpecProfilesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := func(label string) string { return rapid.String().Draw(t, label) }
		want := &profile.Profile{
			ID: "id", Version: rapid.Uint64().Draw(t, "version"), Revision: rapid.Uint64().Draw(t, "revision"),
			CreatedAt: anyTime(t, "created"), UpdatedAt: anyTime(t, "updated"),
			Body: &profile.Spec{
				Name: text("name"), Type: text("type"), Project: text("project"), User: text("user"), Domain: text("domain"),
				Spec: rapid.SliceOf(rapid.Byte()).Draw(t, "spec"), Metadata: rapid.SliceOf(rapid.Byte()).Draw(t, "metadata"),
			},
		}
		got, err := record.DecodeProfile(stored(record.ProfileKey(want.Style(), want.ID), want.Version, want.Revision, record.EncodeProfile(want)))
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(want, got, alike))
	})
}

func anyPolicies(t *rapid.T) jsonvalue.Value {
	name := rapid.StringMatching(`[a-zé"\\ ]{0,5}`)
	var policies []jsonvalue.Value
	for range rapid.IntRange(1, 4).Draw(t, "policies") {
		members := []jsonvalue.Member{{Name: "roleId", Value: jsonvalue.String(name.Draw(t, "role"))}}
		if rapid.Bool().Draw(t, "restricted") {
			var restrictions []jsonvalue.Value
			for range rapid.IntRange(0, 3).Draw(t, "restrictions") {
				r := []jsonvalue.Member{{Name: "index", Value: jsonvalue.String(name.Draw(t, "index"))}}
				if rapid.Bool().Draw(t, "with collections") {
					var cs []jsonvalue.Value
					for _, c := range rapid.SliceOfN(name, 0, 3).Draw(t, "collections") {
						cs = append(cs, jsonvalue.String(c))
					}
					r = append(r, jsonvalue.Member{Name: "collections", Value: jsonvalue.Array(cs...)})
				}
				restrictions = append(restrictions, jsonvalue.Object(r...))
			}
			members = append(members, jsonvalue.Member{Name: "restrictedTo", Value: jsonvalue.Array(restrictions...)})
		}
		policies = append(policies, jsonvalue.Object(members...))
	}
	return jsonvalue.Object(
		jsonvalue.Member{Name: "policies", Value: jsonvalue.Array(policies...)},
		jsonvalue.Member{Name: "rateLimit", Value: jsonvalue.Int(rapid.Int64Range(0, 1<<53).Draw(t, "rate"))},
		jsonvalue.Member{Name: "tags", Value: jsonvalue.Array(jsonvalue.String(name.Draw(t, "tag")))},
	)
}

type anythingGoes struct{}

func (anythingGoes) HasRole(string) bool               { return true }
func (anythingGoes) HasIndex(string) bool              { return true }
func (anythingGoes) HasCollection(string, string) bool { return true }

func TestPolicyProfilesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body, err := profile.ParsePolicies("p", anyPolicies(t), false, anythingGoes{})
		require.NoError(t, err)
		body.Author, body.Updater = rapid.String().Draw(t, "author"), rapid.String().Draw(t, "updater")
		want := &profile.Profile{ID: "p", Version: 2, Revision: 7, CreatedAt: anyTime(t, "created"), UpdatedAt: anyTime(t, "updated"), Body: body}
		got, err := record.DecodeProfile(stored(record.ProfileKey(want.Style(), want.ID), 2, 7, record.EncodeProfile(want)))
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(want, got, alike))
	})
}

func TestRolesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		source := fmt.Sprintf(`{"controllers":{"*":{"actions":{%q:%v}}},"own":1}`, rapid.StringMatching("[a-z]*").Draw(t, "action"), rapid.Bool().Draw(t, "allowed"))
		definition, err := jsonvalue.Parse([]byte(source), jsonvalue.Limits{})
		require.NoError(t, err)
		rights, err := access.Grants(definition)
		require.NoError(t, err)
		want := &access.Role{
			ID: "r", Version: 3, Revision: 9, CreatedAt: anyTime(t, "created"), UpdatedAt: anyTime(t, "updated"),
			Author: rapid.String().Draw(t, "author"), Updater: rapid.String().Draw(t, "updater"), Rights: rights, Source: []byte(source),
		}
		got, err := record.DecodeRole(stored(record.RoleKey("r"), 3, 9, record.EncodeRole(want)))
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(want, got, alike))
	})
}

// A later version may write fields that this one does not know, of any wire type.
func TestUnknownFieldsAreSkipped(t *testing.T) {
	want := &profile.Profile{ID: "i", CreatedAt: time.UnixMilli(1).UTC(), Body: &profile.Spec{Name: "n", Spec: []byte("{}"), Metadata: []byte("{}")}}
	var more []byte
	more = protowire.AppendVarint(protowire.AppendTag(more, 900, protowire.VarintType), 1<<60)
	more = protowire.AppendFixed32(protowire.AppendTag(more, 901, protowire.Fixed32Type), 7)
	more = protowire.AppendFixed64(protowire.AppendTag(more, 902, protowire.Fixed64Type), 7)
	more = protowire.AppendString(protowire.AppendTag(more, 903, protowire.BytesType), "later")
	more = protowire.AppendGroup(protowire.AppendTag(more, 904, protowire.StartGroupType), 904,
		protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 1))
	data := record.EncodeProfile(want)
	for name, d := range map[string][]byte{"behind": append(append([]byte{}, data...), more...), "in front": append(append([]byte{}, more...), data...)} {
		t.Run(name, func(t *testing.T) {
			got, err := record.DecodeProfile(stored(record.ProfileKey(profile.StyleSpec, "i"), 0, 0, d))
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(want, got, alike))
		})
	}
}

// The numbers of fields are on disk for good: this is what the first version wrote.
func TestWhatWasWrittenStaysReadable(t *testing.T) {
	spec := stored(record.ProfileKey(profile.StyleSpec, "i"), 1, 1,
		[]byte("\x08\xd0\x0f"+"\x10\xa0\x1f"+"\x2a\x02{}"+"\x82\x01\x01n"+"\x8a\x01\x01t"+"\x92\x01\x01p"+"\x9a\x01\x01u"+"\xa2\x01\x01d"+"\xaa\x01\x04null"))
	got, err := record.DecodeProfile(spec)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(&profile.Profile{
		ID: "i", Version: 1, Revision: 1, CreatedAt: time.UnixMilli(1000).UTC(), UpdatedAt: time.UnixMilli(2000).UTC(),
		Body: &profile.Spec{Name: "n", Type: "t", Project: "p", User: "u", Domain: "d", Spec: []byte("{}"), Metadata: []byte("null")},
	}, got, alike))

	policies := `{"policies":[{"roleId":"r"}],"rateLimit":3}`
	got, err = record.DecodeProfile(stored(record.ProfileKey(profile.StylePolicies, "i"), 1, 1, []byte("\x1a\x01a\x22\x01b\x2a"+string(rune(len(policies)))+policies)))
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(&profile.Profile{ID: "i", Version: 1, Revision: 1, Body: &profile.Policies{
		RateLimit: 3, Policies: []profile.Policy{{RoleID: "r"}}, Author: "a", Updater: "b", Source: []byte(policies),
	}}, got, alike))
}

func TestDecodersSayWhatTheyCannotRead(t *testing.T) {
	good := protowire.AppendString(protowire.AppendTag(nil, 5, protowire.BytesType), `{"policies":[]}`)
	cases := map[string][]byte{
		"bad tag":          {0xff},
		"cut":              good[:len(good)-1],
		"no document":      {},
		"no JSON":          protowire.AppendString(protowire.AppendTag(nil, 5, protowire.BytesType), `{`),
		"another document": protowire.AppendString(protowire.AppendTag(nil, 5, protowire.BytesType), `{"policies":1,"controllers":1}`),
	}
	for name, data := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := record.DecodeProfile(stored(record.ProfileKey(profile.StylePolicies, "the-id"), 1, 1, data))
			require.ErrorContains(t, err, `profile "the-id"`)
			_, err = record.DecodeRole(stored(record.RoleKey("the-id"), 1, 1, data))
			require.ErrorContains(t, err, `role "the-id"`)
		})
	}
	_, err := record.DecodeProfile(stored(record.ProfileKey(profile.StyleSpec, "the-id"), 1, 1, []byte{0xff}))
	require.ErrorContains(t, err, `spec "the-id"`)
}

// A record outlives the buffer that the store read it into.
func TestDecodedRecordsKeepNothingOfTheBuffer(t *testing.T) {
	p := &profile.Profile{ID: "i", Body: &profile.Spec{Name: "n", Spec: []byte(`{"a":1}`), Metadata: []byte("{}")}}
	data := record.EncodeProfile(p)
	got, err := record.DecodeProfile(stored(record.ProfileKey(profile.StyleSpec, "i"), 0, 0, data))
	require.NoError(t, err)
	clear(data)
	require.Empty(t, cmp.Diff(p, got, alike))
}

func TestDeepDocumentsStayReadable(t *testing.T) {
	deep := strings.Repeat(`[`, 5000) + strings.Repeat(`]`, 5000)
	body := &profile.Policies{Source: []byte(`{"policies":[{"roleId":"r"}],"rateLimit":0,"own":` + deep + `}`)}
	_, err := record.DecodeProfile(stored(record.ProfileKey(profile.StylePolicies, "i"), 0, 0, record.EncodeProfile(&profile.Profile{ID: "i", Body: body})))
	require.NoError(t, err)
}

func TestKeysAndReferences(t *testing.T) {
	require.Equal(t, store.Key{Kind: "spec", ID: "x"}, record.ProfileKey(profile.StyleSpec, "x"))
	require.Equal(t, store.Key{Kind: "profile", ID: "x"}, record.ProfileKey(profile.StylePolicies, "x"))
	require.Equal(t, store.Key{Kind: "role", ID: "x"}, record.RoleKey("x"))
	require.Equal(t, store.Key{Kind: "index", ID: "x"}, record.IndexKey("x"))
	require.Equal(t, store.Key{Kind: "collection", ID: "x/y"}, record.CollectionKey(catalog.Collection{Index: "x", Name: "y"}))

	refs := record.ProfileRefs(&profile.Profile{Body: &profile.Policies{Policies: []profile.Policy{{RoleID: "b"}, {RoleID: "a"}, {RoleID: "b"}}}})
	require.Equal(t, []store.Key{record.RoleKey("b"), record.RoleKey("a")}, refs)
	require.Empty(t, record.ProfileRefs(&profile.Profile{Body: &profile.Spec{}}))
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(nil))
	f.Add([]byte{0xff, 0xff})
	f.Add(record.EncodeProfile(&profile.Profile{CreatedAt: time.UnixMilli(5), Body: &profile.Spec{Name: "n", Spec: []byte("{}")}}))
	f.Add(record.EncodeProfile(&profile.Profile{Body: &profile.Policies{Source: []byte(`{"policies":[{"roleId":"r","restrictedTo":[{"index":"i"}]}]}`)}}))
	f.Add(record.EncodeRole(&access.Role{Source: []byte(`{"controllers":{"*":{"actions":{"*":true}}}}`)}))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, style := range []profile.Style{profile.StyleSpec, profile.StylePolicies} {
			p, err := record.DecodeProfile(stored(record.ProfileKey(style, "i"), 1, 1, data))
			if err != nil {
				continue
			}
			again, err := record.DecodeProfile(stored(record.ProfileKey(style, "i"), 1, 1, record.EncodeProfile(p)))
			if err != nil {
				t.Fatalf("what was read cannot be written and read again: %v", err)
			}
			if diff := cmp.Diff(p, again, alike); diff != "" {
				t.Fatal(diff)
			}
		}
		if r, err := record.DecodeRole(stored(record.RoleKey("i"), 1, 1, data)); err == nil {
			again, err := record.DecodeRole(stored(record.RoleKey("i"), 1, 1, record.EncodeRole(r)))
			if err != nil {
				t.Fatalf("what was read cannot be written and read again: %v", err)
			}
			if diff := cmp.Diff(r, again, alike); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

func TestHoldsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := &profile.Hold{
			ProfileID: rapid.StringMatching(`[0-9a-f-]{1,36}`).Draw(t, "profile"), Holder: rapid.StringN(1, 20, 255).Draw(t, "holder"),
			User: rapid.String().Draw(t, "user"), CreatedAt: anyTime(t, "created"), Revision: 4,
		}
		require.NoError(t, profile.CheckHolder(want.Holder))
		got, err := record.DecodeHold(stored(record.HoldKey(want.ProfileID, want.Holder), 1, 4, record.EncodeHold(want)))
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
	for _, id := range []string{"", "p", "p/", "/h"} {
		_, err := record.DecodeHold(stored(store.Key{Kind: record.KindHold, ID: id}, 1, 1, nil))
		require.Error(t, err, id)
	}
	_, err := record.DecodeHold(stored(record.HoldKey("p", "h"), 1, 1, []byte{0xff}))
	require.ErrorContains(t, err, `hold "p/h"`)
}
