package profile

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/profilegate/profilegate/core/fault"
)

// Hold says that something outside the gateway uses a spec profile, which cannot be deleted meanwhile. It is known by its holder's name.
type Hold struct {
	ProfileID string
	Holder    string
	User      string // who placed it; empty: nobody in particular
	CreatedAt time.Time
	Revision  uint64
}

// MaxHolderBytes bounds a holder's name.
const MaxHolderBytes = 255

// ID is the record id of the hold. A profile's id holds no slash, so it is unambiguous.
func (h *Hold) ID() string { return h.ProfileID + "/" + h.Holder }

// ParseHoldID is the inverse of Hold.ID.
func ParseHoldID(id string) (profileID, holder string, ok bool) {
	profileID, holder, ok = strings.Cut(id, "/")
	return profileID, holder, ok && profileID != "" && holder != ""
}

// CheckHolder refuses names of holders that are empty, too long or no text.
func CheckHolder(name string) error {
	if name != "" && len(name) <= MaxHolderBytes && utf8.ValidString(name) {
		return nil
	}
	return &fault.Error{
		Kind: fault.Invalid, Code: fault.CodeInvalidArgument, Message: fmt.Sprintf("A holder's name has 1 to %d bytes of UTF-8.", MaxHolderBytes),
		Fields: []fault.Field{{Path: "holder", Expected: fmt.Sprintf("1 to %d bytes", MaxHolderBytes)}},
	}
}
