package storetest

import (
	"context"

	"github.com/profilegate/profilegate/core/store"
)

var _ store.Past = (*Memory)(nil)

// At implements store.Past.
func (s *Memory) At(ctx context.Context, revision uint64) (store.Head, error) {
	if err := s.usable(ctx); err != nil {
		return store.Head{}, err
	}
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	if revision == 0 || revision <= s.m.start.Revision || revision > s.m.head().Revision {
		return store.Head{}, store.ErrHistory
	}
	return s.m.log[revision-s.m.start.Revision-1].Head, nil
}
