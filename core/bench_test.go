package core_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/store/storetest"
)

func BenchmarkCreateProfile(b *testing.B) {
	for name, one := range map[string]func(n int64) core.Draft{
		"policies": func(n int64) core.Draft { return &core.PolicyDraft{ID: fmt.Sprint("p", n), Definition: plain} },
		"spec":     func(int64) core.Draft { return &core.SpecDraft{Name: "p", Spec: value(b, heat)} },
	} {
		b.Run(name, func(b *testing.B) {
			mem := storetest.NewMemory()
			mem.KeepLog(256) // its log is searched from end to end at each commit
			tenant := open(b, mem, nil)
			c := member(b, tenant, "P")
			var n atomic.Int64
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := tenant.CreateProfile(b.Context(), c, one(n.Add(1))); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

func BenchmarkProfile(b *testing.B) {
	tenant := open(b, storetest.NewMemory(), nil)
	c := member(b, tenant, "P")
	for name, r := range map[string]core.Read{"linearizable": {}, "local": {Local: true}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := tenant.Profile(b.Context(), c, profile.StylePolicies, "admin", r); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
