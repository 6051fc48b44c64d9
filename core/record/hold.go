package record

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/profilegate/profilegate/core/profile"
	"github.com/profilegate/profilegate/core/store"
)

// HoldKey is the key of a hold's record.
func HoldKey(profileID, holder string) store.Key {
	h := profile.Hold{ProfileID: profileID, Holder: holder}
	return store.Key{Kind: KindHold, ID: h.ID()}
}

// NameKey is the key of the record by which a spec profile claims its name in a project that wants names to be unique. Names may be longer than
// a key, so their digest stands for them.
func NameKey(project, name string) store.Key {
	digest := sha256.Sum256([]byte(name))
	return store.Key{Kind: KindSpecName, ID: project + "/" + hex.EncodeToString(digest[:])}
}

// EncodeHold gives the data of a hold's record.
func EncodeHold(h *profile.Hold) []byte {
	e := encoder{b: make([]byte, 0, 64)}
	e.time(fieldCreatedAt, h.CreatedAt)
	e.text(fieldUser, h.User)
	return e.b
}

// DecodeHold reads a record of the kind KindHold.
func DecodeHold(r store.Record) (*profile.Hold, error) {
	f, err := decode(r.Data)
	if err != nil {
		return nil, fmt.Errorf("hold %q: %w", r.ID, err)
	}
	profileID, holder, ok := profile.ParseHoldID(r.ID)
	if !ok {
		return nil, fmt.Errorf("hold %q: the id names no profile and holder", r.ID)
	}
	return &profile.Hold{
		ProfileID: profileID, Holder: holder, User: f.text(fieldUser), CreatedAt: f.time(fieldCreatedAt), Revision: r.Revision,
	}, nil
}
