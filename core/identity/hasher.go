package identity

import (
	"context"
	"runtime"
	"sync/atomic"

	"github.com/profilegate/profilegate/core/fault"
)

// waitersPerSlot is how many callers may wait for each hash that can be computed at a time. The last of them waits for some seconds.
const waitersPerSlot = 64

// Hasher computes password hashes, a few at a time: each takes 19 MiB and some ten milliseconds of a core, so that without a bound a
// flood of logins would take the process down. One is shared by all tenants of a process.
type Hasher struct {
	slots   chan struct{}
	waiting atomic.Int64
	unknown Hash // of nobody's password
}

// NewHasher makes a hasher that computes as many hashes at a time as it is told; 0: one for each two cores.
func NewHasher(parallel int) *Hasher {
	if parallel <= 0 {
		parallel = max(1, runtime.GOMAXPROCS(0)/2)
	}
	return &Hasher{slots: make(chan struct{}, parallel), unknown: argonHash("", make([]byte, saltBytes), current, keyBytes)}
}

// enter waits for a free slot.
func (h *Hasher) enter(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	default:
	}
	defer h.waiting.Add(-1)
	if h.waiting.Add(1) > int64(waitersPerSlot*cap(h.slots)) {
		return &fault.Error{
			Kind: fault.Unavailable, Code: fault.CodeOverloaded, Message: "Too many passwords are being checked at the moment; try again.",
		}
	}
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fault.As(ctx.Err())
	}
}

func (h *Hasher) leave() { <-h.slots }

// Hash hashes a password.
func (h *Hasher) Hash(ctx context.Context, p Password) (Hash, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	return newHash(p), nil
}

// Verify tells whether a password is the one of a hash, and whether it had better be hashed anew. Without a hash it takes as long and says
// no, so that nobody learns from the time which names exist.
func (h *Hasher) Verify(ctx context.Context, p Password, known Hash) (ok, stale bool, err error) {
	hash := known
	if hash == "" {
		hash = h.unknown
	}
	verify, err := verifier(hash)
	if err != nil {
		return false, false, fault.Internalf("identity: stored credentials: %w", err)
	}
	if err := h.enter(ctx); err != nil {
		return false, false, err
	}
	defer h.leave()
	return verify(p) && known != "", !isCurrent(hash), nil
}
