package core

import (
	"context"
	"crypto/rand"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/query"
	"github.com/profilegate/profilegate/core/view"
)

// The bounds of a tenant's scrolls.
const (
	maxScrolls    = 500              // open at a time, as the store behind Kuzzle has it
	maxScrolled   = 1 << 20          // hits that all of them hold
	maxScrollLife = time.Minute      // how long one is kept open between two pages
	scrollLife    = 15 * time.Second // how long it is where nobody says
)

// scrolls are a tenant's searches that can be read on page by page. Each holds the hits as they were when the search began: records are
// immutable, so later writes do not show. They live in this process alone: to another node, and after a restart, they do not exist.
type scrolls struct {
	mu   sync.Mutex
	open map[string]*scroll
	held int // hits that the open scrolls hold
}

type scroll struct {
	hits    any // a []T of the kind that was searched: scrolls of another kind do not exist to who asks for this one
	at      int
	size    int // of a page
	total   int
	expires time.Time   // by the tenant's clock
	timer   *time.Timer // lets go of the hits when nobody asks any more
	lapses  time.Time   // when it does
}

// keep lets the scroll live on for so long.
func (s *scroll) keep(now time.Time, life time.Duration) {
	s.expires, s.lapses = now.Add(life), time.Now().Add(life)
	s.timer.Reset(life)
}

// startScroll answers with the first page, and keeps the rest.
func startScroll[T comparable](
	ctx context.Context, t *Tenant, kind searchable[T], s *view.State, parsed *query.Search, q Search,
) (Hits[T], error) {
	life, err := parseScrollLife(q.Scroll)
	if err != nil {
		return Hits[T]{}, err
	}
	found, err := kind.find(ctx, s, parsed)
	if err != nil {
		return Hits[T]{}, err
	}
	first := min(q.Size, found.Total)
	kept := &scroll{hits: found.Hits, at: first, size: q.Size, total: found.Total}
	id, err := t.scrolls.add(kept, t.options.Now(), life)
	return Hits[T]{Hits: found.Hits[:first], Total: found.Total, Scroll: id}, err
}

// nextPage answers with the next page of a scroll. keep says how long it stays open from now on; where it says nothing that can be granted,
// the usual time. The fault of a scroll that does not exist, or no longer, is NotFound scroll_not_found; the last page is read only once.
func nextPage[T comparable](t *Tenant, id, keep string) (Hits[T], error) {
	life, err := parseScrollLife(keep)
	if err != nil {
		life = scrollLife
	}
	ss, now := &t.scrolls, t.options.Now()
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ss.dropExpired(now)
	s, ok := ss.open[id]
	if !ok {
		return Hits[T]{}, scrollNotFound()
	}
	hits, ok := s.hits.([]T)
	if !ok {
		return Hits[T]{}, scrollNotFound()
	}
	from := s.at
	s.at = min(s.at+s.size, s.total)
	if s.at >= s.total {
		ss.drop(id)
	} else {
		s.keep(now, life)
	}
	return Hits[T]{Hits: slices.Clip(hits[from:s.at]), Total: s.total, Scroll: id}, nil
}

func scrollNotFound() error {
	return fault.NotFoundf(fault.CodeScrollNotFound, fault.Subject{Kind: "scroll"}, "Non-existing or expired scroll identifier.")
}

// add opens a scroll and gives its id, which nobody can guess and any URL can carry.
func (ss *scrolls) add(s *scroll, now time.Time, life time.Duration) (string, error) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ss.dropExpired(now)
	if len(ss.open) >= maxScrolls || ss.held+s.total > maxScrolled && ss.held > 0 {
		return "", &fault.Error{
			Kind: fault.RateLimited, Code: fault.CodeTooManyScrolls,
			Message: "Trying to create too many scroll contexts. Must be less than or equal to: [" + strconv.Itoa(maxScrolls) + "].",
		}
	}
	if ss.open == nil {
		ss.open = make(map[string]*scroll)
	}
	id := rand.Text()
	s.timer = time.AfterFunc(life, func() { ss.lapse(id) })
	s.keep(now, life)
	ss.open[id] = s
	ss.held += s.total
	return id, nil
}

// lapse lets go of a scroll that nobody has asked for in time. It may come late, when the scroll has just been kept on.
func (ss *scrolls) lapse(id string) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if s, ok := ss.open[id]; ok && !time.Now().Before(s.lapses) {
		ss.drop(id)
	}
}

func (ss *scrolls) drop(id string) {
	if s, ok := ss.open[id]; ok {
		s.timer.Stop()
		ss.held -= s.total
		delete(ss.open, id)
	}
}

func (ss *scrolls) dropExpired(now time.Time) {
	for id, s := range ss.open {
		if !now.Before(s.expires) {
			ss.drop(id)
		}
	}
}

// close lets go of all scrolls.
func (ss *scrolls) close() {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	for id := range ss.open {
		ss.drop(id)
	}
}

// durationText is what JavaScript's library "ms", by which Kuzzle reads durations, takes for one.
var durationText = regexp.MustCompile(`(?i)^(-?(?:\d+)?\.?\d+) *(ms|msecs?|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?|y|yrs?|years?)?$`)

// parseScrollLife reads how long a scroll is to be kept. Kuzzle refuses what is longer than it allows, the store behind it all that is no whole
// number with a unit of its own.
func parseScrollLife(text string) (time.Duration, error) {
	parts := durationText.FindStringSubmatch(text)
	if parts == nil || len(text) > 100 {
		return 0, noScrollLife(text)
	}
	n, err := strconv.ParseFloat(parts[1], 64)
	if err != nil {
		return 0, noScrollLife(text)
	}
	life := n * float64(unitOf(parts[2]))
	if life > float64(maxScrollLife) {
		return 0, &fault.Error{
			Kind: fault.Invalid, Code: fault.CodeScrollTooLong, Message: "Scroll duration \"" + text + "\" is too great.",
			Fields: []fault.Field{{Path: "scroll", Expected: "at most " + maxScrollLife.String(), Values: []string{text}}},
		}
	}
	whole, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || whole <= 0 || !slices.Contains([]string{"ms", "s", "m", "h", "d"}, parts[2]) {
		return 0, noScrollLife(text)
	}
	return time.Duration(life), nil
}

func noScrollLife(text string) error {
	return badSearch("failed to parse setting [scroll] with value [%s] as a time value: unit is missing or unrecognized", text)
}

// unitOf gives a unit of time by its first letters.
func unitOf(name string) time.Duration {
	units := []struct {
		prefix string
		size   time.Duration
	}{
		{"ms", time.Millisecond},
		{"mil", time.Millisecond},
		{"s", time.Second},
		{"m", time.Minute},
		{"h", time.Hour},
		{"d", 24 * time.Hour},
		{"w", 7 * 24 * time.Hour},
		{"y", 365 * 24 * time.Hour},
	}
	for _, u := range units {
		if len(name) >= len(u.prefix) && strings.EqualFold(name[:len(u.prefix)], u.prefix) {
			return u.size
		}
	}
	return time.Millisecond
}
