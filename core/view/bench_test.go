package view_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

func filled(b *testing.B, n int) *view.View {
	b.Helper()
	built := view.NewBuilder(store.Head{Revision: 1, CommitID: uuid.New()})
	for i := range n {
		p := policyProfile(fmt.Sprintf("profile-%06d", i), "r1")
		r := store.Record{Key: record.ProfileKey(profile.StylePolicies, p.ID), Version: 1, Revision: 1, Data: record.EncodeProfile(p)}
		if err := built.Put(r); err != nil {
			b.Fatal(err)
		}
	}
	v := view.New(nil)
	v.Adopt(built)
	return v
}

func BenchmarkApplyOneEvent(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		b.Run(fmt.Sprintf("profiles=%d", n), func(b *testing.B) {
			v := filled(b, n)
			head := v.State().Head
			p := policyProfile("new", "r1")
			data, key := record.EncodeProfile(p), record.ProfileKey(profile.StylePolicies, fmt.Sprintf("profile-%06d", n/2))
			b.ReportAllocs()
			for b.Loop() {
				e := store.Event{Head: store.Head{Revision: head.Revision + 1, CommitID: uuid.New()}, Previous: head.CommitID}
				e.Puts = []store.Record{{Key: key, Version: 2, Revision: e.Revision, Data: data}}
				if err := v.Apply([]store.Event{e}); err != nil {
					b.Fatal(err)
				}
				head = e.Head
			}
		})
	}
}

func BenchmarkState(b *testing.B) {
	v := filled(b, 100_000)
	b.Run("PolicyProfile", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, ok := v.State().PolicyProfile("profile-050000"); !ok {
				b.Fatal("not found")
			}
		}
	})
	b.Run("PolicyProfile/parallel", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				v.State().PolicyProfile("profile-050000")
			}
		})
	})
	b.Run("ten profiles with a role", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			n := 0
			for range v.State().PolicyProfilesWithRole("r1") {
				if n++; n == 10 {
					break
				}
			}
		}
	})
}
