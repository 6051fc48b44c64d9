package redisstore_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	redisstore "github.com/profilegate/profilegate/adapters/redis"
	"github.com/profilegate/profilegate/adapters/redis/redistest"
)

// trivial is the least that a script can do to create a record.
const trivial = `if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end redis.call('SET', KEYS[1], ARGV[1]) return 1`

// payload is about what a profile takes.
var payload = []byte(fmt.Sprintf(`{"name":"p","policies":[{"roleId":"default","restrictedTo":[%s{"index":"i"}]}]}`,
	`{"index":"some-index","collections":["one","two"]},{"index":"another","collections":["three"]},`))

// at runs a benchmark with so many callers at once.
func at(b *testing.B, callers int, call func() error) {
	b.Run(fmt.Sprint(callers), func(b *testing.B) {
		b.SetParallelism((callers + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0))
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := call(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
}

// BenchmarkCommit compares a create with one trivial script on the same driver; see also BenchmarkTrivialScript.
func BenchmarkCommit(b *testing.B) {
	server := redistest.Start(b)
	n := openNode(b, redisstore.Options{URL: server.URL(), PoolSize: 64})
	for _, callers := range []int{1, 16, 64} {
		at(b, callers, func() error {
			c := create(uuid.NewString())
			c.Changes[0].Data = payload
			_, err := n.Commit(b.Context(), c)
			return err
		})
	}
}

// BenchmarkTrivialScript is what BenchmarkCommit is held against.
func BenchmarkTrivialScript(b *testing.B) {
	server := redistest.Start(b)
	rdb := benchClient(b, server)
	script := redis.NewScript(trivial)
	for _, callers := range []int{1, 16, 64} {
		at(b, callers, func() error {
			return script.Run(b.Context(), rdb, []string{"profile/" + uuid.NewString()}, payload).Err()
		})
	}
}

// BenchmarkHead and BenchmarkGet compare the head with one GET.
func BenchmarkHead(b *testing.B) {
	server := redistest.Start(b)
	n := openNode(b, redisstore.Options{URL: server.URL(), PoolSize: 64})
	write(b, n)
	for _, callers := range []int{1, 16, 64} {
		at(b, callers, func() error {
			_, err := n.Head(b.Context())
			return err
		})
	}
}

// BenchmarkGet is what BenchmarkHead is held against.
func BenchmarkGet(b *testing.B) {
	server := redistest.Start(b)
	rdb := benchClient(b, server)
	require.NoError(b, rdb.Set(b.Context(), "k", "1:11111111-1111-4111-8111-111111111111", 0).Err())
	for _, callers := range []int{1, 16, 64} {
		at(b, callers, func() error { return rdb.Get(b.Context(), "k").Err() })
	}
}

func benchClient(b *testing.B, server *redistest.Server) *redis.Client {
	b.Helper()
	opt, err := redis.ParseURL(server.URL())
	require.NoError(b, err)
	opt.PoolSize, opt.Protocol, opt.DisableIdentity = 64, 2, true
	rdb := redis.NewClient(opt)
	b.Cleanup(func() { require.NoError(b, rdb.Close()) })
	return rdb
}
