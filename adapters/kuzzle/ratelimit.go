package kuzzle

import (
	"sync"
	"time"
)

// maxKeptUsers is the size from which the table of a second is not kept for the next.
const maxKeptUsers = 1 << 12

// rateLimiter counts the requests of each user on this node. As with Kuzzle, one table holds the counts of a second and is emptied with the
// next; a second begins with the first request that is counted in it. So the table holds the users whose requests were limited and carried
// out within a second, and no more.
type rateLimiter struct {
	mu     sync.Mutex
	since  time.Time
	counts map[limited]int64
}

// limited is whom a limit is for.
type limited struct{ tenant, user string }

// allow counts one request of a user and tells whether it is within the limit of a second.
func (l *rateLimiter) allow(who limited, limit int64, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if age := now.Sub(l.since); age < 0 || age >= time.Second {
		l.empty(now)
	}
	count := l.counts[who] + 1
	if count > limit {
		return false
	}
	l.counts[who] = count
	return true
}

func (l *rateLimiter) empty(now time.Time) {
	l.since = now
	if l.counts == nil || len(l.counts) > maxKeptUsers {
		l.counts = make(map[limited]int64)
		return
	}
	clear(l.counts)
}

// loginCount counts the logins that a connection tries in a second. Its messages come one after the other.
type loginCount struct{ second, count int64 }

// limitLogins refuses a login beyond the limit of what a connection may try in a second. Over HTTP, where there is no session, none is refused here: how many
// passwords are checked at a time is bounded in any case.
func (s *Session) limitLogins(now time.Time, limit int64) error {
	if s == nil {
		return nil
	}
	if second := now.Unix(); second != s.logins.second {
		s.logins = loginCount{second: second}
	}
	if s.logins.count++; s.logins.count > limit {
		return kerror(idTooManyLogins)
	}
	return nil
}
