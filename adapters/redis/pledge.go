package redisstore

import (
	"sync"

	"github.com/google/uuid"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// mostTold bounds what is remembered of the log while a snapshot is read.
const mostTold = 1 << 20

// pledge is what binds the records of a snapshot to the log. They were read from one server, as of its head when the last was read; were
// another to take over without that point, its log would continue the snapshot's first head just as well, and the two histories would mix. So what
// the log tells since that first head, and what it tells from then on, is held against the point at the end.
type pledge struct {
	mu    sync.Mutex
	scans map[*scan]struct{} // those whose records are being read
	point store.Head         // the head as of the last record of the latest, until Events has told it
}

// scan is the reading of a snapshot's records.
type scan struct {
	from store.Head           // the snapshot's first head
	told map[uint64]uuid.UUID // the commits that Events told since
}

// begin starts a snapshot after a head.
func (p *pledge) begin(from store.Head) *scan {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &scan{from: from, told: map[uint64]uuid.UUID{}}
	if p.scans == nil {
		p.scans = map[*scan]struct{}{}
	}
	p.scans[s] = struct{}{}
	return s
}

// end notes the head as of the last record. It returns ErrHistory when the log has told otherwise.
func (p *pledge) end(s *scan, at store.Head) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	told, known := s.told[at.Revision]
	switch {
	case at == s.from || known && told == at.CommitID:
		return nil
	case known || at.Revision <= s.from.Revision:
		return store.ErrHistory
	}
	p.point = at
	return nil
}

// drop forgets a scan that is over.
func (p *pledge) drop(s *scan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.scans, s)
}

// forget drops the open point: a snapshot is read anew.
func (p *pledge) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.point = store.Head{}
}

// open is the point that the log has yet to tell, or the zero head. It has to be asked for before the log is read, or the head.
func (p *pledge) open() store.Head {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.point
}

// tell holds events, read from the log after a point while another was open, against that. None is the end of the log.
func (p *pledge) tell(events []store.Event, after, open store.Head) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(events) == 0 && after.Revision < open.Revision {
		return store.ErrHistory
	}
	for i := range events {
		h := events[i].Head
		for s := range p.scans {
			if len(s.told) < mostTold {
				s.told[h.Revision] = h.CommitID
			}
		}
		if p.point.Revision == 0 || h.Revision != p.point.Revision {
			continue
		}
		if h != p.point {
			return store.ErrHistory
		}
		p.point = store.Head{}
	}
	return nil
}

// behind is the fault of a head that is told while a point beyond it is open: the history went back while a snapshot was read. It is an ErrHistory
// for whoever reads the snapshot.
func behind(head, open store.Head) error {
	if head.Revision >= open.Revision {
		return nil
	}
	return fault.Unavailablef(store.ErrHistory, "The store's history went back; try again.")
}
