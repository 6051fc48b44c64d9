package embedded

import (
	"sync"

	"github.com/google/uuid"

	"github.com/profilegate/profilegate/core/store"
)

// eventOverhead is about what an event takes besides its keys and data.
const eventOverhead = 128

// log is the recent part of a tenant's history. Followers wait on a channel that is closed when there is more; what they wait for is
// compared again, so it does not matter how often it is closed.
type log struct {
	maxEvents, maxBytes int

	mu     sync.Mutex
	start  store.Head    // the point before the oldest event that is kept
	ring   []store.Event // the events, from first on, around the end
	first  int
	n      int
	bytes  int
	byID   map[uuid.UUID]uint64 // the revision of each commit that is kept
	moving chan struct{}        // nil while nobody waits
}

func newLog(head store.Head, maxEvents, maxBytes int) *log {
	return &log{maxEvents: maxEvents, maxBytes: maxBytes, start: head, byID: map[uuid.UUID]uint64{}}
}

// append adds events that follow the newest, and drops the oldest until the bounds hold again.
func (l *log) append(events []store.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range events {
		l.push(&events[i])
	}
	l.wake()
}

func (l *log) push(e *store.Event) {
	l.bytes += eventSize(e)
	for l.n > 0 && (l.n >= l.maxEvents || l.bytes > l.maxBytes) {
		l.drop()
	}
	if l.n == len(l.ring) {
		l.grow()
	}
	l.ring[(l.first+l.n)%len(l.ring)] = *e
	l.n++
	l.byID[e.CommitID] = e.Revision
}

func (l *log) drop() {
	e := l.at(0)
	l.start = e.Head
	l.bytes -= eventSize(e)
	delete(l.byID, e.CommitID)
	*e = store.Event{}
	l.first = (l.first + 1) % len(l.ring)
	l.n--
}

func (l *log) grow() {
	ring := make([]store.Event, min(max(16, 2*len(l.ring)), l.maxEvents))
	copied := copy(ring, l.ring[l.first:])
	copy(ring[copied:], l.ring[:l.first])
	l.ring, l.first = ring, 0
}

// at gives the i-th event that is kept.
func (l *log) at(i int) *store.Event { return &l.ring[(l.first+i)%len(l.ring)] }

func (l *log) wake() {
	if l.moving != nil {
		close(l.moving)
		l.moving = nil
	}
}

// find gives the event of a commit.
func (l *log) find(id uuid.UUID) (store.Event, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	revision, ok := l.byID[id]
	if !ok {
		return store.Event{}, false
	}
	return *l.at(int(revision - l.start.Revision - 1)), true
}

// after gives the events after a point or, where there are none yet, a channel that is closed when there are.
func (l *log) after(point store.Head, limit int) ([]store.Event, <-chan struct{}, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	newest := l.start.Revision + uint64(l.n)
	if point.Revision < l.start.Revision || point.Revision > newest {
		return nil, nil, store.ErrHistory
	}
	skip := int(point.Revision - l.start.Revision)
	if point != l.pointBefore(skip) {
		return nil, nil, store.ErrHistory
	}
	if skip == l.n {
		if l.moving == nil {
			l.moving = make(chan struct{})
		}
		return nil, l.moving, nil
	}
	events := make([]store.Event, min(limit, l.n-skip))
	from := (l.first + skip) % len(l.ring)
	copied := copy(events, l.ring[from:])
	copy(events[copied:], l.ring)
	return events, nil, nil
}

// pointBefore is the point of the history before the i-th event that is kept.
func (l *log) pointBefore(i int) store.Head {
	if i == 0 {
		return l.start
	}
	return l.at(i - 1).Head
}

// forget drops all events. Who follows from the newest goes on.
func (l *log) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.start = l.pointBefore(l.n)
	l.ring, l.first, l.n, l.bytes = nil, 0, 0, 0
	clear(l.byID)
}

func eventSize(e *store.Event) int {
	n := eventOverhead
	for i := range e.Puts {
		n += eventOverhead + len(e.Puts[i].ID) + len(e.Puts[i].Data)
	}
	for i := range e.Deletions {
		n += len(e.Deletions[i].Kind) + len(e.Deletions[i].ID)
	}
	return n
}

// findStaged looks among the events of the transaction under way.
func findStaged(staged []store.Event, id uuid.UUID) (store.Event, bool) {
	for i := range staged {
		if staged[i].CommitID == id {
			return staged[i], true
		}
	}
	return store.Event{}, false
}
