package redistest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/adapters/redis/redistest"
)

func TestKilledAndRestarted(t *testing.T) {
	s := redistest.Start(t, redistest.Durable()...)
	rdb := s.Client()
	defer func() { require.NoError(t, rdb.Close()) }()
	require.NoError(t, rdb.Set(t.Context(), "k", "v", 0).Err())

	require.NoError(t, s.Kill())
	require.Error(t, rdb.Ping(t.Context()).Err())
	require.NoError(t, s.Kill(), "killing what is gone is no error")

	redistest.Restart(t, s)
	require.Equal(t, "v", rdb.Get(t.Context(), "k").Val())
	require.Error(t, s.Start(t.Context()), "it is running")
}

func TestFrozen(t *testing.T) {
	s := redistest.Start(t)
	rdb := s.Client()
	defer func() { require.NoError(t, rdb.Close()) }()
	require.NoError(t, s.Freeze())
	answered := make(chan error, 1)
	go func() { answered <- rdb.Ping(t.Context()).Err() }()
	require.Empty(t, answered)
	require.NoError(t, s.Thaw())
	require.NoError(t, <-answered)
}

func TestBadConfigTold(t *testing.T) {
	_, err := redistest.Launch(t.Context(), t.TempDir(), "no-such-setting 1")
	require.ErrorContains(t, err, "no-such-setting")
}
