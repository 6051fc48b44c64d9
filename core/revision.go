package core

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
	"github.com/profilegate/profilegate/core/view"
)

// Revision is a point of a tenant's history as callers know it. Its text, "120-9f86d081884c4a32", is the revision's number and the beginning of
// the id of the commit that made it, so that it names a point of one history and of no other. A caller may also say a bare number, which
// is compared by number alone. The zero Revision is none.
type Revision struct {
	number uint64
	mark   uint64 // of the commit; 0: a bare number
	given  bool
}

// markDigits is how many hexadecimal digits a mark has.
const markDigits = 16

// RevisionOf is a point of the history as callers are told of it.
func RevisionOf(h store.Head) Revision {
	return Revision{number: h.Revision, mark: view.Mark(h.CommitID), given: true}
}

// ParseRevision reads the text of a revision, or a bare number. The fault is Invalid invalid_argument, its path "revision".
func ParseRevision(text string) (Revision, error) {
	digits, mark, exact := strings.Cut(text, "-")
	r := Revision{given: true}
	var err error
	if r.number, err = strconv.ParseUint(digits, 10, 64); err != nil {
		return Revision{}, badRevision(text)
	}
	if !exact {
		return r, nil
	}
	if r.mark, err = strconv.ParseUint(mark, 16, 64); err != nil || len(mark) != markDigits || r.mark == 0 || r.number == 0 {
		return Revision{}, badRevision(text)
	}
	return r, nil
}

func badRevision(text string) error {
	return fault.Invalidf(fault.CodeInvalidArgument,
		fault.Field{Path: "revision", Expected: "a revision as an earlier answer told it, or its number"},
		"%q is no revision: one looks like 120-9f86d081884c4a32, or is a number.", text)
}

// IsZero tells whether it is none at all.
func (r Revision) IsZero() bool { return !r.given }

// isExact tells whether it names a point of one history.
func (r Revision) isExact() bool { return r.mark != 0 }

// standing tells how it stands to what a state has. Of a bare number only the number counts.
func (r Revision) standing(s *view.State) view.Standing {
	if !r.isExact() && r.number <= s.Head.Revision {
		return view.Within
	}
	return s.StandingOf(r.number, r.mark)
}

// String is the text that ParseRevision reads.
func (r Revision) String() string {
	if r.mark == 0 {
		return strconv.FormatUint(r.number, 10)
	}
	b := make([]byte, 0, 20+1+markDigits)
	b = append(strconv.AppendUint(b, r.number, 10), '-')
	return string(appendHex(b, r.mark))
}

func appendHex(b []byte, mark uint64) []byte {
	const digits = "0123456789abcdef"
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, digits[mark>>shift&0xf])
	}
	return b
}

// historyChanged says that a revision is of a history that the store has no more.
func historyChanged(r Revision) error {
	return &fault.Error{
		Kind: fault.Precondition, Code: fault.CodeHistoryChanged, Subject: fault.Subject{Kind: "revision", ID: r.String()},
		Message: fmt.Sprintf("The store's history went back before the revision %s. Read again without it.", r),
	}
}

// revisionTooOld says that nobody can tell any more of which history a revision is.
func revisionTooOld(r Revision) error {
	return &fault.Error{
		Kind: fault.Precondition, Code: fault.CodeRevisionTooOld, Subject: fault.Subject{Kind: "revision", ID: r.String()},
		Message: fmt.Sprintf("The log does not reach back to the revision %s, so it cannot be checked. Read again without it, or with its number alone.", r),
	}
}
