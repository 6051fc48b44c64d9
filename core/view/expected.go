package view

import (
	"sync"

	"github.com/google/uuid"

	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/record"
	"github.com/profilegate/profilegate/core/store"
)

// expected holds the profiles that commits under way put. Whoever made the commit has the profile, so its record need not be decoded, whether
// the event is offered or the log brings it first.
type expected struct {
	mu       sync.Mutex
	byCommit map[uuid.UUID]*profile.Profile
}

// Expect says what profile a commit will put. Its style, id, times and body must not change until forget is called, and the body not after that;
// version and revision are the store's to tell. An event that comes when it is forgotten is decoded like any other.
func (v *View) Expect(commit uuid.UUID, p *profile.Profile) (forget func()) {
	x := &v.expected
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.byCommit == nil {
		x.byCommit = make(map[uuid.UUID]*profile.Profile)
	}
	x.byCommit[commit] = p
	return func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		delete(x.byCommit, commit)
	}
}

func (x *expected) of(commit uuid.UUID) *profile.Profile {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.byCommit[commit]
}

// decodeEvent decodes what an event puts; made, if not nil, is a profile among it.
func decodeEvent(puts []store.Record, made *profile.Profile) ([]decoded, error) {
	ds := make([]decoded, len(puts))
	for i, r := range puts {
		if made != nil && r.Key == record.ProfileKey(made.Style(), made.ID) {
			ds[i] = decoded{key: r.Key, profile: stored(made, r)}
			continue
		}
		var err error
		if ds[i], err = decode(r); err != nil {
			return nil, err
		}
	}
	return ds, nil
}

// stored is a profile as it was stored. It is another one than p, which its maker may still be filling in.
func stored(p *profile.Profile, r store.Record) *profile.Profile {
	return &profile.Profile{
		ID: p.ID, Version: r.Version, Revision: r.Revision, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt, Body: p.Body,
	}
}
