package core

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// oracle answers questions for the head one by one, as the test lets it.
type oracle struct {
	asked   atomic.Int64
	answers chan error
}

// ask answers the question's number.
func (o *oracle) ask(ctx context.Context) (store.Head, error) {
	n := o.asked.Add(1)
	select {
	case err := <-o.answers:
		return store.Head{Revision: uint64(n)}, err
	case <-ctx.Done():
		return store.Head{}, fault.As(ctx.Err())
	}
}

type answer struct {
	head store.Head
	err  error
}

func ask(ctx context.Context, r *readIndex) <-chan answer {
	c := make(chan answer, 1)
	go func() {
		h, err := r.head(ctx)
		c <- answer{h, err}
	}()
	return c
}

func TestReadersShareQuestions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &oracle{answers: make(chan error)}
		r := &readIndex{ask: o.ask}
		first := ask(t.Context(), r)
		synctest.Wait()
		var later []<-chan answer
		for range 50 {
			later = append(later, ask(t.Context(), r))
		}
		synctest.Wait()
		require.Equal(t, int64(1), o.asked.Load())

		o.answers <- nil
		require.Equal(t, answer{head: store.Head{Revision: 1}}, <-first)
		synctest.Wait()
		require.Equal(t, int64(2), o.asked.Load(), "one question for all who came while the first was under way")
		late := ask(t.Context(), r)
		synctest.Wait()
		o.answers <- nil
		for _, c := range later {
			require.Equal(t, answer{head: store.Head{Revision: 2}}, <-c)
		}
		synctest.Wait()
		require.Equal(t, int64(3), o.asked.Load(), "who came during the second waits for the third")
		o.answers <- nil
		require.Equal(t, answer{head: store.Head{Revision: 3}}, <-late)

		synctest.Wait()
		alone := ask(t.Context(), r)
		synctest.Wait()
		o.answers <- nil
		require.Equal(t, answer{head: store.Head{Revision: 4}}, <-alone, "who comes when all is quiet asks itself")
	})
}

func TestACanceledReaderFailsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &oracle{answers: make(chan error)}
		r := &readIndex{ask: o.ask}
		leading, cancelLeader := context.WithCancel(t.Context())
		leader := ask(leading, r)
		synctest.Wait()
		joining, cancelJoiner := context.WithCancel(t.Context())
		joiner, other := ask(joining, r), ask(t.Context(), r)
		synctest.Wait()

		cancelLeader()
		cancelJoiner()
		require.Equal(t, fault.Canceled, fault.KindOf((<-leader).err), "at once, though the store has not answered")
		require.Equal(t, fault.Canceled, fault.KindOf((<-joiner).err))
		o.answers <- nil
		require.Equal(t, answer{head: store.Head{Revision: 2}}, <-other)
	})
}

func TestAFailedQuestionFailsThoseWhoSharedIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &oracle{answers: make(chan error)}
		r := &readIndex{ask: o.ask}
		lost := errors.New("lost")
		first := ask(t.Context(), r)
		synctest.Wait()
		second, third := ask(t.Context(), r), ask(t.Context(), r)
		synctest.Wait()
		o.answers <- nil
		require.NoError(t, (<-first).err)
		o.answers <- lost
		require.ErrorIs(t, (<-second).err, lost)
		require.ErrorIs(t, (<-third).err, lost)
		synctest.Wait()
		again := ask(t.Context(), r)
		synctest.Wait()
		o.answers <- nil
		require.NoError(t, (<-again).err)
	})
}

func TestAStoreThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &oracle{answers: make(chan error)}
		r := &readIndex{ask: o.ask}
		start := time.Now()
		first := ask(t.Context(), r)
		synctest.Wait()
		second := ask(t.Context(), r)
		for i, c := range []<-chan answer{first, second} {
			err := (<-c).err
			require.Equal(t, fault.Unavailable, fault.KindOf(err), "the store's fault, not the caller's")
			require.Equal(t, time.Duration(i+1)*headTimeout, time.Since(start))
		}
		hurried, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		synctest.Wait()
		require.Equal(t, fault.DeadlineExceeded, fault.KindOf((<-ask(hurried, r)).err))
	})
}

// Linearizable with respect to acknowledged writes: the head that a reader gets is never older than what was acknowledged before it came.
func TestReadIndexIsLinearizable(t *testing.T) {
	var acknowledged, asked atomic.Int64
	r := &readIndex{ask: func(context.Context) (store.Head, error) {
		asked.Add(1)
		h := store.Head{Revision: uint64(acknowledged.Load())}
		for range 10 {
			runtime.Gosched() // the answer is under way
		}
		return h, nil
	}}
	const readers, reads = 32, 200
	var all sync.WaitGroup
	for i := range readers {
		all.Go(func() {
			for range reads {
				if i%4 == 0 {
					acknowledged.Add(1)
				}
				before := uint64(acknowledged.Load())
				h, err := r.head(t.Context())
				if err != nil || h.Revision < before {
					t.Errorf("got %d, %v; %d was acknowledged before", h.Revision, err, before)
					return
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d reads by %d questions", readers*reads, asked.Load())
	require.Less(t, asked.Load(), int64(readers*reads))
}

func BenchmarkReadIndex(b *testing.B) {
	for name, spin := range map[string]int{"instant answers": 0, "slow answers": 50} {
		b.Run(name, func(b *testing.B) {
			var asked atomic.Int64
			r := &readIndex{ask: func(context.Context) (store.Head, error) {
				asked.Add(1)
				for range spin {
					runtime.Gosched()
				}
				return store.Head{}, nil
			}}
			b.SetParallelism(32)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := r.head(b.Context()); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(asked.Load())/float64(b.N), "questions/op")
		})
	}
}
