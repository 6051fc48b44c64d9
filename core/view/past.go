package view

import (
	"encoding/binary"
	"sync"

	"github.com/google/uuid"

	"github.com/profilegate/profilegate/core/planted"
	"github.com/profilegate/profilegate/core/store"
)

// maxPast is how many recent revisions a view remembers: 16 KiB for a tenant that has had as many.
const maxPast = 2048

// Standing is how a point of some history stands to what a state has.
type Standing uint8

// The standings.
const (
	Within    Standing = iota // the state has it: it is the state's own head or lies before it
	Beyond                    // it is newer than the state; of which history it is cannot be told yet
	Elsewhere                 // the state's history has another commit there
	Forgotten                 // it lies so far back that the view does not remember which commit was there
)

// Mark is what a view remembers of a commit id: its first eight bytes, which random ids hardly ever share.
func Mark(id uuid.UUID) uint64 { return binary.BigEndian.Uint64(id[:8]) }

// past is what is remembered of the history that a view follows: which commits made its recent revisions. It belongs to one history: a view that
// starts over gets another one, and states keep theirs.
type past struct {
	mu     sync.RWMutex
	ring   []uint64 // the mark of revision r at r modulo the length
	oldest uint64   // the first revision that is remembered; 0 while none is
	newest uint64
}

func newPast(at store.Head) *past {
	p := &past{}
	if at.Revision > 0 {
		p.add(at)
	}
	return p
}

// add remembers the next revision. The ring grows with the commits that come, and no further than maxPast.
func (p *past) add(h store.Head) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.oldest == 0 {
		p.oldest = h.Revision
	}
	if held := h.Revision - p.oldest; held == uint64(len(p.ring)) {
		if held < maxPast {
			p.grow()
		} else {
			p.oldest++
		}
	}
	p.ring[h.Revision%uint64(len(p.ring))] = Mark(h.CommitID)
	p.newest = h.Revision
}

func (p *past) grow() {
	ring := make([]uint64, max(8, 2*len(p.ring)))
	if len(p.ring) > 0 {
		for r := p.oldest; r <= p.newest; r++ {
			ring[r%uint64(len(ring))] = p.ring[r%uint64(len(p.ring))]
		}
	}
	p.ring = ring
}

// standing compares with what is remembered; the revision is not beyond it.
func (p *past) standing(revision, mark uint64) Standing {
	p.mu.RLock()
	defer p.mu.RUnlock()
	switch {
	case p.oldest == 0 || revision < p.oldest:
		return Forgotten
	case p.ring[revision%uint64(len(p.ring))] == mark, planted.On(planted.NumbersOnly):
		return Within
	default:
		return Elsewhere
	}
}

// Standing tells whether the state has a point of the history. The empty history is the beginning of every other.
func (s *State) Standing(h store.Head) Standing {
	if h == s.Head {
		return Within
	}
	return s.StandingOf(h.Revision, Mark(h.CommitID))
}

// StandingOf is Standing of a commit of which no more than the mark is known.
func (s *State) StandingOf(revision, mark uint64) Standing {
	switch {
	case revision == 0:
		return Within
	case revision > s.Head.Revision:
		return Beyond
	default:
		return s.past.standing(revision, mark)
	}
}
