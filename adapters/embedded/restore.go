package embedded

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Restored is what Restore did.
type Restored struct {
	Report Report // of the store that is in place now
	Kept   string // where the file is that was there before; empty if there was none
}

// Restore puts a copy of a backup at a path. The copy is made beside it, checked and synced, and only then gets the name; the file that was there before keeps
// another one, with the time in it. At every instant there is the old store or the new one. The error is ErrExists where there is a store,
// unless it may be replaced; ErrLocked while a process has it open; and ErrDamaged or ErrFormat when the backup is not sound.
func Restore(from, path string, replace bool, now time.Time, opts *Options) (Restored, error) {
	o := opts.withDefaults()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return Restored{}, err
	}
	lock, err := takeLock(path, o.LockTimeout)
	if err != nil {
		return Restored{}, fmt.Errorf("restore %s: %w", path, err)
	}
	r, err := restoreLocked(from, path, replace, now, &o)
	return r, errors.Join(err, lock.release())
}

func restoreLocked(from, path string, replace bool, now time.Time, o *Options) (done Restored, err error) {
	if err := errors.Join(refuseExisting(path, replace), removeHalves(path)); err != nil {
		return Restored{}, err
	}
	if err := refuseSame(from, path); err != nil {
		return Restored{}, err
	}
	name, err := makeBeside(path, func(name string) error {
		if err := copyFile(from, name); err != nil {
			return err
		}
		if done.Report, err = inspect(name, o); err == nil {
			err = done.Report.err()
		}
		if err != nil {
			return fmt.Errorf("the backup %s: %w", from, err)
		}
		return nil
	})
	if err != nil {
		return Restored{}, err
	}
	if done.Kept, err = keep(path, now); err != nil {
		return Restored{}, errors.Join(err, os.Remove(name))
	}
	return done, moveTo(name, path)
}

// refuseSame keeps a store from being its own backup: it would be copied while it may be changed.
func refuseSame(from, path string) error {
	a, err := os.Stat(from)
	if err != nil {
		return err
	}
	if b, err := os.Stat(path); err == nil && os.SameFile(a, b) {
		return fmt.Errorf("%s is the store itself, not a backup of it", from)
	}
	return nil
}

func copyFile(from, to string) error {
	f, err := os.Open(from) //nolint:gosec // the operator's own file
	if err != nil {
		return err
	}
	err = writeFile(to, func(w io.Writer) error {
		_, err := io.Copy(w, f)
		return err
	})
	return errors.Join(err, f.Close())
}

// keep gives the file at a path a second name, which it has when the first goes to another file. On a file system without links it is copied.
func keep(path string, now time.Time) (string, error) {
	kept := path + ".before-" + now.UTC().Format("20060102T150405.000Z")
	err := os.Link(path, kept)
	switch {
	case err == nil:
		return kept, syncDir(filepath.Dir(path))
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case errors.Is(err, fs.ErrExist):
		return "", fmt.Errorf("%s: %w", kept, ErrExists)
	}
	return kept, replaceFile(kept, func(name string) error { return copyFile(path, name) })
}
