package history

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// counted is a fault that counts how often it struck and was healed.
func counted(strikes, heals *int) Fault {
	return Fault{
		Name:   "fault",
		Strike: func(context.Context) error { *strikes++; return nil },
		Heal:   func(context.Context) error { *heals++; return nil },
	}
}

func TestNemesisRepeatsASeedAndHeals(t *testing.T) {
	play := func(seed uint64) string {
		var log string
		synctest.Test(t, func(t *testing.T) {
			var strikes, heals int
			other := counted(&strikes, &heals)
			other.Name = "other"
			n := &Nemesis{Name: "n", Faults: []Fault{counted(&strikes, &heals), other}, Rests: Span{time.Second, 3 * time.Second}, Lasts: Span{time.Second, 3 * time.Second}}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			start := time.Now()
			require.NoError(t, n.Run(ctx, seed, func() time.Duration { return time.Since(start) }))
			require.Positive(t, strikes)
			require.Equal(t, strikes, heals)
			log = n.Log()
		})
		return log
	}
	require.Equal(t, play(1), play(1))
	require.NotEqual(t, play(1), play(2))
}

func TestNemesisTellsWhatDoesNotHeal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken for good")
		n := &Nemesis{Name: "n", Rests: Span{time.Second, time.Second}, Lasts: Span{time.Second, time.Second}, Faults: []Fault{{
			Name:   "fault",
			Strike: func(context.Context) error { return nil },
			Heal:   func(context.Context) error { return broken },
		}}}
		require.ErrorIs(t, n.Run(t.Context(), 1, func() time.Duration { return 0 }), broken)
		require.Contains(t, n.Log(), "broken for good")
	})
}
