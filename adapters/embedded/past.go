package embedded

import (
	"context"

	"github.com/profilegate/profilegate/core/store"
)

var _ store.Past = (*handle)(nil)

// At implements store.Past.
func (h *handle) At(_ context.Context, revision uint64) (store.Head, error) {
	if err := h.usable(); err != nil {
		return store.Head{}, err
	}
	return h.t.log.made(revision)
}

// made gives the point of the history that a revision made.
func (l *log) made(revision uint64) (store.Head, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch newest := l.start.Revision + uint64(l.n); {
	case revision == 0 || revision < l.start.Revision || revision > newest:
		return store.Head{}, store.ErrHistory
	default:
		return l.pointBefore(int(revision - l.start.Revision)), nil
	}
}
