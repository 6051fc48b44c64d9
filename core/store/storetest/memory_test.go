package storetest_test

import (
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemoryKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Harness {
		return memoryHarness(func(m *storetest.Memory) store.Store { return m })
	})
}

func TestFaultyIsTransparent(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Harness {
		return memoryHarness(func(m *storetest.Memory) store.Store { return storetest.NewFaulty(m) })
	})
}

func memoryHarness(wrap func(m *storetest.Memory) store.Store) storetest.Harness {
	var mu sync.Mutex
	tenants := map[string]*storetest.Memory{}
	open := func(name string) *storetest.Memory {
		mu.Lock()
		defer mu.Unlock()
		if tenants[name] == nil {
			tenants[name] = storetest.NewMemory()
		}
		return tenants[name].Share()
	}
	return storetest.Harness{
		Open:   func(_ *testing.T, name string) store.Store { return wrap(open(name)) },
		Shared: true,
		ShortLog: func(_ *testing.T, name string) store.Store {
			m := open(name)
			m.KeepLog(100)
			return wrap(m)
		},
	}
}
