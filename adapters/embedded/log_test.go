package embedded

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/profilegate/profilegate/core/store"
)

// TestLogAgainstAList holds the ring against the list of all events.
func TestLogAgainstAList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		maxEvents, maxBytes := rapid.IntRange(1, 40).Draw(t, "events"), rapid.IntRange(1, 20000).Draw(t, "bytes")
		l := newLog(store.Head{}, maxEvents, maxBytes)
		heads := []store.Head{{}}
		var all []store.Event
		for _, size := range rapid.SliceOfN(rapid.IntRange(0, 3000), 1, 80).Draw(t, "sizes") {
			e := store.Event{
				Head:     store.Head{Revision: uint64(len(heads)), CommitID: uuid.New()},
				Previous: heads[len(heads)-1].CommitID, Puts: []store.Record{{Data: make([]byte, size)}},
			}
			heads, all = append(heads, e.Head), append(all, e)
			l.append([]store.Event{e})
		}
		kept := 0
		for i, h := range heads {
			events, moving, err := l.after(h, 1000)
			_, found := l.find(h.CommitID)
			switch {
			case i == len(all):
				require.NotNil(t, moving)
				require.True(t, found)
			case err == nil:
				require.Equal(t, all[i:], events)
				require.Equal(t, kept > 0, found)
				kept++
			default:
				require.ErrorIs(t, err, store.ErrHistory)
				require.Zero(t, kept, "what is kept is the newest")
				require.False(t, found)
			}
		}
		require.Equal(t, l.n, kept)
		require.GreaterOrEqual(t, kept, 1)
		require.LessOrEqual(t, kept, maxEvents)
		require.True(t, kept == 1 || l.bytes <= maxBytes)
		require.Len(t, l.byID, kept)

		l.forget()
		_, moving, err := l.after(heads[len(heads)-1], 1)
		require.NoError(t, err)
		require.NotNil(t, moving)
		_, _, err = l.after(store.Head{}, 1)
		require.ErrorIs(t, err, store.ErrHistory)
	})
}
