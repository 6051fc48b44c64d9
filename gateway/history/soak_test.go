package history

import (
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSoak plays long rounds on all topologies in turn for as long as SOAK says ("10m"; `make soak` does). Each round has a seed of its own, which is
// printed: SEED plays it again.
func TestSoak(t *testing.T) {
	given := os.Getenv("SOAK")
	if given == "" {
		return // TestPromises plays short rounds
	}
	long, err := time.ParseDuration(given)
	require.NoError(t, err)
	names := slices.Sorted(maps.Keys(topologies))
	for n, end := 0, time.Now().Add(long); time.Now().Before(end); n++ {
		name := names[n%len(names)]
		t.Run(name, func(t *testing.T) {
			round(t, topologies[name], Span{300 * time.Millisecond, 4 * time.Second}, min(time.Minute, time.Until(end)), seedOf(t))
		})
	}
}
