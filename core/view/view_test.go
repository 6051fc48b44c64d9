package view_test

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

// Whatever the order in which a node hears of its own events, the log brings all of them to the same end, and what readers see on the way
// is always the whole of one revision.
func TestAnyInterleavingOfOfferAndApply(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyHistory(t)
		var heads []store.Head
		v := view.New(func(head store.Head) { heads = append(heads, head) })
		seen := func() {
			s := v.Listed()
			require.Equal(t, h.want[s.Head.Revision], observe(s))
		}
		seen()
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			step(t, v, h)
			seen()
		}
		require.NoError(t, v.Apply(h.events[v.State().Head.Revision:]))
		seen()
		require.Equal(t, h.head(), v.State().Head)

		require.True(t, slices.IsSortedFunc(heads, func(a, b store.Head) int { return int(a.Revision) - int(b.Revision) }), "heads were told out of order")
		require.Len(t, slices.Compact(slices.Clone(heads)), len(heads), "a head was told twice")
		if n := len(h.events); n > 0 {
			require.Equal(t, h.head(), heads[len(heads)-1])
		}
	})
}

// step hands the view something: events from the log, one of this node's own, or one of a history that never was.
func step(t *rapid.T, v *view.View, h *history) {
	if len(h.events) == 0 {
		return
	}
	at := int(v.State().Head.Revision)
	switch rapid.IntRange(0, 5).Draw(t, "step") {
	case 0, 1:
		from := rapid.IntRange(0, at).Draw(t, "from")
		to := rapid.IntRange(from, len(h.events)).Draw(t, "to")
		require.NoError(t, v.Apply(h.events[from:to]))
	case 2:
		alien := h.events[rapid.IntRange(0, len(h.events)-1).Draw(t, "alien")]
		alien.CommitID, alien.Previous = uuid.New(), uuid.New()
		alien.Puts = []store.Record{{Key: record.IndexKey("alien"), Version: 1, Revision: alien.Revision}}
		v.Offer(alien)
	default:
		v.Offer(h.events[rapid.IntRange(0, len(h.events)-1).Draw(t, "offered")])
	}
}

func TestBuilderFromAnySnapshot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyHistory(t)
		// The records are read after the head was, each at a moment of its own.
		at := rapid.IntRange(0, len(h.events)).Draw(t, "at")
		b := view.NewBuilder(headAt(h, at))
		for _, key := range keysOf(h) {
			moment := rapid.IntRange(at, len(h.events)).Draw(t, "moment")
			if r, ok := recordAt(h, key, moment); ok {
				require.NoError(t, b.Put(r))
			}
		}
		require.NoError(t, b.Apply(h.events[at:]))
		require.Equal(t, h.head(), b.Head())

		v := view.New(nil)
		v.Adopt(b)
		require.Equal(t, h.head(), v.State().Head)
		require.Equal(t, h.want[len(h.events)], observe(v.Listed()))
	})
}

func headAt(h *history, revision int) store.Head {
	if revision == 0 {
		return store.Head{}
	}
	return h.events[revision-1].Head
}

func keysOf(h *history) []store.Key {
	var keys []store.Key
	for _, e := range h.events {
		for _, r := range e.Puts {
			if !slices.Contains(keys, r.Key) {
				keys = append(keys, r.Key)
			}
		}
	}
	return keys
}

func recordAt(h *history, key store.Key, revision int) (store.Record, bool) {
	var found store.Record
	there := false
	for _, e := range h.events[:revision] {
		for _, r := range e.Puts {
			if r.Key == key {
				found, there = r, true
			}
		}
		there = there && !slices.Contains(e.Deletions, key)
	}
	return found, there
}

func TestApplyRefusesAnotherHistory(t *testing.T) {
	h, other := newHistory(), newHistory()
	for _, id := range []string{"r1", "r2", "admin"} {
		h.add(putRole(id, true))
		other.add(putRole(id, false))
	}
	cases := map[string][]store.Event{
		"a gap":                       h.events[2:],
		"another commit at the head":  other.events[1:2],
		"the next of another history": other.events[2:],
		"a head that went on alone":   {{Head: store.Head{Revision: 3, CommitID: uuid.New()}}},
	}
	for name, events := range cases {
		t.Run(name, func(t *testing.T) {
			v := view.New(nil)
			applied := 2
			if name == "a gap" {
				applied = 1
			}
			require.NoError(t, v.Apply(h.events[:applied]))
			require.ErrorIs(t, v.Apply(events), store.ErrHistory)
			require.Equal(t, h.events[applied-1].Head, v.State().Head)
			require.Equal(t, h.want[applied], observe(v.Listed()))
		})
	}
}

func TestApplyKeepsWhatWasGoodBeforeABadEvent(t *testing.T) {
	h := newHistory()
	h.add(putRole("r1", true))
	h.add(putRole("r2", true))
	bad := h.add(putRole("admin", true))
	// The first record of the event is good, the second is not: neither may be seen.
	bad.Puts = append(bad.Puts, store.Record{Key: record.RoleKey("broken"), Version: 1, Revision: 3, Data: []byte{0xff}})

	v := view.New(nil)
	err := v.Apply([]store.Event{h.events[0], h.events[1], bad})
	require.Error(t, err)
	require.NotErrorIs(t, err, store.ErrHistory)
	require.Equal(t, h.events[1].Head, v.State().Head)
	require.Equal(t, h.want[2], observe(v.Listed()))

	require.NoError(t, v.Apply(h.events[2:]), "the view goes on once the event can be read")
	require.Equal(t, h.want[3], observe(v.Listed()))
}

// A newer version may write records of a kind that this one does not know, while the nodes of a deployment are replaced one by one.
func TestUnknownKind(t *testing.T) {
	r := store.Record{Key: store.Key{Kind: "gadget", ID: "x"}, Version: 1, Revision: 1}
	require.NoError(t, view.NewBuilder(store.Head{}).Put(r))
	v := view.New(nil)
	e := store.Event{Head: store.Head{Revision: 1, CommitID: uuid.New()}, Puts: []store.Record{r}}
	require.NoError(t, v.Apply([]store.Event{e}))
	require.Equal(t, e.Head, v.State().Head, "the view goes on behind it")
}

func TestAnEarlyEventThatDoesNotFitIsForgotten(t *testing.T) {
	h := newHistory()
	for _, id := range []string{"r1", "r2", "admin"} {
		h.add(putRole(id, true))
	}
	v := view.New(nil)
	misfit := store.Event{Head: store.Head{Revision: 2, CommitID: uuid.New()}, Previous: uuid.New()}
	v.Offer(misfit)
	require.NoError(t, v.Apply(h.events[:1]), "what another handed in is no fault of the log")
	require.Equal(t, uint64(1), v.State().Head.Revision)
	require.NoError(t, v.Apply(h.events))
	require.Equal(t, h.want[3], observe(v.Listed()))
}

func TestEarlyEventsAreBounded(t *testing.T) {
	h := newHistory()
	const n = 1500
	for range n {
		h.write(putRole("r1", true))
	}
	v := view.New(nil)
	for _, e := range h.events[1:] {
		v.Offer(e)
	}
	v.Offer(h.events[0])
	require.Equal(t, uint64(1+1024), v.State().Head.Revision, "the first 1024 early events were kept")
	require.NoError(t, v.Apply(h.events))
	require.Equal(t, describe(h.model), observe(v.Listed()))
}

func TestAdoptStartsOver(t *testing.T) {
	h, other := newHistory(), newHistory()
	for range 5 {
		h.add(putRole("r1", true))
	}
	other.add(putRole("r2", true))
	var heads []uint64
	v := view.New(func(head store.Head) { heads = append(heads, head.Revision) })
	require.NoError(t, v.Apply(h.events[:3]))
	v.Offer(h.events[4])

	b := view.NewBuilder(store.Head{})
	require.NoError(t, b.Apply(other.events))
	v.Adopt(b)
	require.Equal(t, other.head(), v.State().Head, "a history that went back is shown as it is")
	require.Equal(t, other.want[1], observe(v.Listed()))
	require.Equal(t, []uint64{3, 1}, heads)

	other.add(putRole("r2", false))
	require.NoError(t, v.Apply(other.events))
	require.Equal(t, other.want[2], observe(v.Listed()), "early events of the old history are forgotten")
}

func TestBuilderRefusesABrokenChain(t *testing.T) {
	h := newHistory()
	h.add(putRole("r1", true))
	h.add(putRole("r2", true))
	b := view.NewBuilder(store.Head{})
	require.ErrorIs(t, b.Apply(h.events[1:]), store.ErrHistory)
	require.NoError(t, b.Apply(h.events))
	require.Error(t, b.Put(store.Record{Key: record.RoleKey("x"), Data: []byte("{")}))
}

// A state is a picture: what comes after does not reach it, whether it was taken before or while others write.
func TestStatesNeverChange(t *testing.T) {
	h := newHistory()
	for i := range 200 {
		id := policyIDs[i%len(policyIDs)]
		if i%7 == 6 {
			h.add(store.Change{Key: record.ProfileKey(2, id), Delete: true}, put(specProfile(specIDs[i%5], names[i%3], projects[i%2], i)))
			continue
		}
		h.add(put(policyProfile(id, roleIDs[i%3], roleIDs[i%2])), store.Change{Key: record.IndexKey(indexes[i%3]), Delete: i%2 == 0})
	}
	v := view.New(nil)
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			var states []*view.Listed
			for open := true; open; {
				select {
				case <-done:
					open = false
				default:
				}
				s := v.Listed()
				if h.want[s.Head.Revision] != observe(s) {
					t.Errorf("revision %d was seen in part", s.Head.Revision)
					return
				}
				states = append(states, s)
				runtime.Gosched()
			}
			for _, s := range states[:min(len(states), 50)] {
				if h.want[s.Head.Revision] != observe(s) {
					t.Errorf("revision %d changed after it was read", s.Head.Revision)
					return
				}
			}
		})
	}
	var writers sync.WaitGroup
	for w := range 3 {
		writers.Go(func() {
			for i := w; i < len(h.events); i += 3 {
				v.Offer(h.events[i])
			}
		})
	}
	writers.Wait()
	close(done)
	readers.Wait()
	require.Equal(t, h.want[200], observe(v.Listed()))
}

func TestLookups(t *testing.T) {
	h := newHistory()
	h.add(
		put(policyProfile("a", "r1")), put(specProfile("11110000", "p", "P", 1)), putRole("r1", true),
		store.Change{Key: record.IndexKey("forum")}, store.Change{Key: store.Key{Kind: record.KindCollection, ID: "forum/posts"}},
	)
	v := view.New(nil)
	require.NoError(t, v.Apply(h.events))
	s := v.State()

	p, ok := s.PolicyProfile("a")
	require.True(t, ok)
	require.Equal(t, "a", p.ID)
	_, ok = s.PolicyProfile("11110000")
	require.False(t, ok, "the styles have id spaces of their own")
	_, ok = s.SpecProfile("11110000")
	require.True(t, ok)
	_, ok = s.SpecProfile("1111")
	require.False(t, ok)
	require.Equal(t, 1, s.CountPolicyProfiles())
	require.True(t, s.HasRole("r1"))
	require.False(t, s.HasRole("r2"))
	r, ok := s.Role("r1")
	require.True(t, ok)
	require.True(t, r.Rights.Allows("any", "thing"))
	require.True(t, s.HasIndex("forum"))
	require.False(t, s.HasIndex("for"))
	require.True(t, s.HasCollection("forum", "posts"))
	require.False(t, s.HasCollection("forum", "post"))
	require.False(t, s.HasCollection("forum-2", "posts"))
}

// Walks stop when the reader has enough.
func TestWalksStopEarly(t *testing.T) {
	h := newHistory()
	h.add(
		put(policyProfile("a", "r1")), put(policyProfile("b", "r1")), putRole("r1", true), putRole("r2", true),
		put(specProfile("11110000", "p", "P", 1)), put(specProfile("11111111", "p", "P", 1)),
		store.Change{Key: record.IndexKey("forum")}, store.Change{Key: record.IndexKey("shop")},
		store.Change{Key: store.Key{Kind: record.KindCollection, ID: "forum/posts"}},
		store.Change{Key: store.Key{Kind: record.KindCollection, ID: "forum/users"}},
	)
	v := view.New(nil)
	require.NoError(t, v.Apply(h.events))
	s := v.Listed()
	require.Equal(t, 1, firsts(s.PolicyProfiles()))
	require.Equal(t, 1, firsts(s.PolicyProfilesWithRole("r1")))
	require.Equal(t, 1, firsts(s.SpecProfiles(view.Listing{Scope: view.Scope{All: true}, By: view.ByName, Value: "p"})))
	require.Equal(t, 1, firsts(s.SpecProfilesWithPrefix(view.Scope{All: true}, "1111")))
	require.Equal(t, 1, firsts(s.SpecProfiles(view.Listing{Scope: view.Scope{Project: "P"}})))
	require.Equal(t, 1, firsts(s.SpecProfiles(view.Listing{Scope: view.Scope{All: true}})))
	require.Equal(t, 1, firsts(s.Roles()))
	require.Equal(t, 1, firsts(s.Indexes()))
	require.Equal(t, 1, firsts(s.Collections("forum")))
}

func firsts[T any](walk func(func(T) bool)) int {
	n := 0
	walk(func(T) bool {
		n++
		return false
	})
	return n
}

func TestWait(t *testing.T) {
	h := newHistory()
	h.add(putRole("r1", true))
	h.add(putRole("r2", true))

	t.Run("returns at once what is there", func(t *testing.T) {
		v := view.New(nil)
		require.NoError(t, v.Apply(h.events))
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		s, err := v.Wait(ended, 2)
		require.NoError(t, err)
		require.Equal(t, uint64(2), s.Head.Revision)
	})
	t.Run("blocks until it is there", func(t *testing.T) {
		v := view.New(nil)
		got := make(chan uint64)
		go func() {
			s, err := v.Wait(t.Context(), 2)
			if err != nil {
				t.Error(err)
				close(got)
				return
			}
			got <- s.Head.Revision
		}()
		v.Offer(h.events[0])
		v.Offer(h.events[1])
		require.Equal(t, uint64(2), <-got)
	})
	t.Run("ends with its context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := view.New(nil).Wait(ctx, 1)
		require.Equal(t, fault.Canceled, fault.KindOf(err))
		require.ErrorIs(t, err, context.Canceled)
	})
	t.Run("ends with the view", func(t *testing.T) {
		v := view.New(nil)
		failed := make(chan error)
		go func() {
			_, err := v.Wait(t.Context(), 1)
			failed <- err
		}()
		v.Close()
		v.Close()
		require.Equal(t, fault.Unavailable, fault.KindOf(<-failed))
		_, err := v.Wait(t.Context(), 1)
		require.Equal(t, fault.Unavailable, fault.KindOf(err))
		_, err = v.Wait(t.Context(), 0)
		require.NoError(t, err, "what is there stays readable")
	})
}

// A view that starts over from an earlier point must not answer those who wait for a later one with what it has then.
func TestWaitThroughAdopt(t *testing.T) {
	h := newHistory()
	for range 50 {
		h.add(putRole("r1", true))
	}
	v := view.New(nil)
	var waiters sync.WaitGroup
	for want := range uint64(51) {
		waiters.Go(func() {
			for range 20 {
				s, err := v.Wait(t.Context(), want)
				if err != nil || s.Head.Revision < want {
					t.Errorf("waited for %d, got %v, %v", want, s, err)
				}
			}
		})
	}
	for i := range h.events {
		require.NoError(t, v.Apply(h.events[v.State().Head.Revision:i+1]))
		b := view.NewBuilder(store.Head{})
		require.NoError(t, b.Apply(h.events[:i/2]))
		v.Adopt(b)
	}
	require.NoError(t, v.Apply(h.events[v.State().Head.Revision:]))
	waiters.Wait()
}
