package embedded

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// lockRetry is the pause between two attempts to get a lock.
const lockRetry = 10 * time.Millisecond

// fileLock is this process's sole right to the file at a path, and to put another file there. It is a lock on a file beside it, which stays: a
// lock on the store's own file, as bbolt takes one too, would be left behind with the old file when a new one gets its name. What stands in
// the lock's file is the number of the process that had it last.
type fileLock struct{ file *os.File }

func lockName(path string) string { return path + ".lock" }

// takeLock waits for the lock, for some time. The error is ErrLocked when another process, or another DB of this one, still has it then.
func takeLock(path string, wait time.Duration) (*fileLock, error) {
	f, err := os.OpenFile(lockName(path), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(wait); ; {
		got, err := tryLock(f)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", f.Name(), err), f.Close())
		}
		if got {
			break
		}
		if !time.Now().Before(end) {
			return nil, errors.Join(lockedBy(f), f.Close())
		}
		<-time.After(lockRetry)
	}
	l := &fileLock{file: f}
	if err := l.sign(); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", f.Name(), err), l.release())
	}
	return l, nil
}

// sign writes down who has the lock. That is for people: a disk that is full must keep nobody from their records.
func (l *fileLock) sign() error {
	text := []byte(strconv.Itoa(os.Getpid()) + "\n")
	if _, err := l.file.WriteAt(text, 0); err != nil {
		return l.file.Truncate(0)
	}
	return l.file.Truncate(int64(len(text)))
}

// release gives the lock up, as the end of the process does.
func (l *fileLock) release() error { return l.file.Close() }

// lockedBy names the process that has a lock, if it left its number.
func lockedBy(f *os.File) error {
	b := make([]byte, 20)
	n, _ := f.ReadAt(b, 0)
	text, _, _ := strings.Cut(string(b[:n]), "\n")
	if pid, err := strconv.Atoi(text); err == nil && pid > 0 {
		return fmt.Errorf("%w (pid %d)", ErrLocked, pid)
	}
	return ErrLocked
}
