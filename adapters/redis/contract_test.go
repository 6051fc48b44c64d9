package redisstore_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	redisstore "github.com/profilegate/profilegate/adapters/redis"
	"github.com/profilegate/profilegate/adapters/redis/redistest"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/store/storetest"
)

// TestContract runs the suite on one server, on a Cluster and behind sentinels.
func TestContract(t *testing.T) {
	server := redistest.Start(t)
	runContract(t, func(prefix string) redisstore.Options { return redisstore.Options{URL: server.URL(), Prefix: prefix} })
}

func TestContractOnCluster(t *testing.T) {
	opt := clusterOptions(t)
	opt.RetryFor = 30 * time.Second // a machine that is slow for seconds has another master elected
	runContract(t, func(prefix string) redisstore.Options {
		opt.Prefix = prefix
		return opt
	})
}

func TestContractOnSentinel(t *testing.T) {
	opt := sentinelOptions(t)
	opt.RetryFor = 30 * time.Second // a machine that is slow for seconds has another master elected
	runContract(t, func(prefix string) redisstore.Options {
		opt.Prefix = prefix
		return opt
	})
}

// runContract runs the suite; each test gets a prefix of its own, each opening of a tenant a node of its own.
func runContract(t *testing.T, options func(prefix string) redisstore.Options) {
	t.Helper()
	storetest.Run(t, func(*testing.T) storetest.Harness {
		prefix := ownPrefix()
		return storetest.Harness{
			Open: func(t *testing.T, tenant string) store.Store {
				t.Helper()
				return openTenant(t, patient(options(prefix)), tenant)
			},
			ShortLog: func(t *testing.T, tenant string) store.Store {
				t.Helper()
				opt := patient(options(prefix))
				opt.LogLength = 100
				return openTenant(t, opt, tenant)
			},
			Shared: true,
		}
	})
}

// patient gives calls the time that the suite's largest commits take on a slow machine.
func patient(opt redisstore.Options) redisstore.Options {
	opt.CallTimeout, opt.RetryFor = 20*time.Second, time.Minute
	return opt
}

// ownPrefix keeps a test's keys apart from those of all others.
func ownPrefix() string { return "t" + strings.ReplaceAll(uuid.NewString(), "-", "") }

// node is a tenant on a client of its own, which ends with it.
type node struct {
	client *redisstore.Client
	*redisstore.Tenant
}

// openNode makes a node with the tenant acme open.
func openNode(t testing.TB, opt redisstore.Options) node {
	t.Helper()
	return openTenant(t, opt, "acme")
}

func openTenant(t testing.TB, opt redisstore.Options, name string) node {
	t.Helper()
	c := open(t, opt)
	s, err := c.Tenant(name)
	require.NoError(t, err)
	tenant, ok := s.(*redisstore.Tenant)
	require.True(t, ok)
	return node{c, tenant}
}

// open connects; the client ends with the test.
func open(t testing.TB, opt redisstore.Options) *redisstore.Client {
	t.Helper()
	c, err := redisstore.Open(t.Context(), opt)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// bounded gives a context that ends with the test, or when its patience does.
func bounded(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}
