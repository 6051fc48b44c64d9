package redisstore

import (
	"context"
	"strings"
	"sync"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// hint is what this node has been told about how far a tenant's log goes. It decides only when to look; what there is, the log tells.
type hint struct {
	mu        sync.Mutex
	now       hinted
	told      store.Head // the latest head that came with its commit id
	published uint64     // the latest revision that came over the subscription, or was read since it began
	begun     bool       // something was read since the subscription began
	looked    uint64     // the looks for which the log was read
	changed   chan struct{}
}

// hinted is the state of a hint: a revision, how often there was reason to look whatever the revision, and how many messages came.
type hinted struct {
	revision uint64
	looks    uint64
	messages uint64
}

func (h *hint) init() { h.changed = make(chan struct{}) }

func (h *hint) state() hinted {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// reached notes a point that exists.
func (h *hint) reached(point store.Head) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.note(point)
}

// asked notes the head that Redis told, when seen was the state before the question. All that was known then is at or before the head, unless
// the history went back.
func (h *hint) asked(head store.Head, seen hinted) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if head.Revision < seen.revision && h.now.looks == seen.looks {
		h.now.revision, h.told = head.Revision, head
		h.now.looks++
		h.tell()
		return
	}
	h.note(head)
}

// note takes over a point with its commit id. One that was known with another id is of another history. The caller holds mu.
func (h *hint) note(point store.Head) {
	strange := point.Revision == h.told.Revision && point != h.told
	if point.Revision >= h.told.Revision {
		h.told = point
	}
	if strange {
		h.now.looks++
	}
	if strange || point.Revision > h.now.revision {
		h.now.revision = max(h.now.revision, point.Revision)
		h.tell()
	}
}

// heard notes a revision that was published. One server publishes them in order, so one that does not rise is of another history.
func (h *hint) heard(rev uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now.messages++
	if rev <= h.published {
		h.now.revision = rev
		h.now.looks++
		h.tell()
	} else if rev > h.now.revision {
		h.now.revision = rev
		h.tell()
	}
	h.published = rev
}

// look makes everybody who waits look again, as a subscription began and messages may have been missed before it.
func (h *hint) look() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.begun = false
	h.now.looks++
	h.tell()
}

// read notes that a revision was found in the log, and nothing behind it. The first such finding of a subscription is what the messages have to
// rise above. It returns false when it cannot be told whether those that came since the reading began do.
func (h *hint) read(rev uint64, seen hinted) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.looked = seen.looks
	if h.begun {
		return true
	}
	if h.now.looks != seen.looks || h.now.messages != seen.messages {
		return false
	}
	h.begun, h.published = true, max(h.published, rev)
	return true
}

// quiet tells that there is nothing to look for after a revision: the log was read since there was last reason to look whatever the revision, and
// nothing beyond has been heard of since.
func (h *hint) quiet(after uint64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.begun && h.looked == h.now.looks && h.now.revision <= after
}

func (h *hint) tell() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// wait blocks until there is reason to look for something after a revision that was not there when seen was the state.
func (h *hint) wait(ctx context.Context, closed <-chan struct{}, after uint64, seen hinted) error {
	if !h.read(after, seen) {
		return nil
	}
	for {
		h.mu.Lock()
		now, changed := h.now, h.changed
		h.mu.Unlock()
		if now.looks != seen.looks || now.revision > max(after, seen.revision) {
			return nil
		}
		select {
		case <-changed:
		case <-closed:
			return closedFault()
		case <-ctx.Done():
			return fault.As(ctx.Err())
		}
	}
}

// heed takes one message: "c <tenant> <revision>" for a commit, "a <tenant> <node> <revision> <epoch>" for what a node has
// applied, "m <tenant>" for a change of a tenant's nodes.
func (c *Client) heed(message string) {
	words := strings.Split(message, " ")
	if len(words) < 2 {
		return
	}
	t := c.tenant(words[1])
	if t == nil {
		return
	}
	switch {
	case words[0] == "c" && len(words) == 3:
		if rev, err := parseUint(words[2]); err == nil {
			t.hint.heard(rev)
		}
	case words[0] == "a" && len(words) == 5:
		if rev, err := parseUint(words[3]); err == nil {
			t.members.heard(words[2], rev, words[4])
		}
	case words[0] == "m" && len(words) == 2:
		t.members.doubt()
		c.reports.add(t, taskRefresh)
	}
}
