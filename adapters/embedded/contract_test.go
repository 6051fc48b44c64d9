package embedded_test

import (
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/embedded"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/store/storetest"
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Harness {
		long := &backend{path: filepath.Join(t.TempDir(), "store.db")}
		short := &backend{path: filepath.Join(t.TempDir(), "short.db"), opts: &embedded.Options{LogEvents: 10}}
		t.Cleanup(func() {
			long.restart(t)
			short.restart(t)
		})
		return storetest.Harness{Open: long.open, Shared: true, Restart: long.restart, ShortLog: short.open}
	})
}

// backend opens its file when it is first asked for a tenant, and again after a restart.
type backend struct {
	path string
	opts *embedded.Options

	mu sync.Mutex
	db *embedded.DB
}

func (b *backend) open(t *testing.T, tenant string) store.Store {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.db == nil {
		b.db = mustOpen(t, b.path, b.opts)
	}
	s, err := b.db.Tenant(tenant)
	require.NoError(t, err)
	return s
}

func (b *backend) restart(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.db != nil {
		require.NoError(t, b.db.Close())
		b.db = nil
	}
}

func mustOpen(t testing.TB, path string, opts *embedded.Options) *embedded.DB {
	t.Helper()
	db, err := embedded.Open(path, opts)
	require.NoError(t, err)
	return db
}
