package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// ErrExists says that a file is there already, and was not to be replaced.
var ErrExists = errors.New("the file exists already")

// Backup copies the store at a path, as it stands at one instant, into another file. A process that has the store open is asked for the copy by
// its socket (ServeBackups); else the file is read under its lock. The copy is checked and synced before it gets its name. The error is ErrExists
// where there is a file of that name, unless it may be replaced; ErrLocked when the process that has the store open serves no backups; and
// ErrDamaged when the copy is not sound: then there is none.
func Backup(ctx context.Context, path, to string, replace bool, opts *Options) (Report, error) {
	o := opts.withDefaults()
	if err := refuseExisting(to, replace); err != nil {
		return Report{}, err
	}
	if _, err := os.Stat(path); err != nil {
		return Report{}, fmt.Errorf("back up: %w", err)
	}
	lock, err := takeLock(path, 0)
	switch {
	case err == nil:
		r, err := writeBackup(to, replace, &o, func(w io.Writer) error { return copyStore(path, w, &o) })
		return r, errors.Join(err, lock.release())
	case errors.Is(err, ErrLocked):
		return writeBackup(to, replace, &o, func(w io.Writer) error { return fetchBackup(ctx, path, w, err) })
	}
	return Report{}, fmt.Errorf("back up %s: %w", path, err)
}

func refuseExisting(path string, replace bool) error {
	_, err := os.Lstat(path)
	switch {
	case err == nil && !replace:
		return fmt.Errorf("%s: %w", path, ErrExists)
	case err == nil || errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return err
}

// copyStore writes a store that nobody has open.
func copyStore(path string, w io.Writer, o *Options) error {
	if p, err := inspectPages(path); err != nil {
		return fmt.Errorf("back up %s: %w", path, err)
	} else if !p.Sound() {
		return fmt.Errorf("back up %s: %w: %s", path, ErrDamaged, p.Problems[0])
	}
	db, err := openBolt(path, &bbolt.Options{ReadOnly: true, Timeout: o.LockTimeout})
	if err != nil {
		return fmt.Errorf("back up %s: %w", path, err)
	}
	err = guarded(func() error {
		return db.View(func(tx *bbolt.Tx) error {
			_, err := tx.WriteTo(w)
			return err
		})
	})
	return errors.Join(err, db.Close())
}

// writeBackup makes a checked backup of what copies writes.
func writeBackup(to string, replace bool, o *Options, copies func(io.Writer) error) (r Report, err error) {
	name, err := makeBeside(to, func(name string) error {
		if err := writeFile(name, copies); err != nil {
			return err
		}
		if r, err = inspect(name, o); err != nil {
			return err
		}
		return r.err()
	})
	if err != nil {
		return r, err
	}
	if replace {
		return r, moveTo(name, to)
	}
	return r, linkTo(name, to)
}

func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_TRUNC, 0o600) //nolint:gosec // a file of our own making
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// linkTo gives a complete file its name, unless somebody else has taken that meanwhile. On a file system without links the name is looked at first.
func linkTo(name, path string) error {
	err := os.Link(name, path)
	if err == nil {
		return errors.Join(os.Remove(name), syncDir(filepath.Dir(path)))
	}
	if errors.Is(err, fs.ErrExist) {
		return errors.Join(fmt.Errorf("%s: %w", path, ErrExists), os.Remove(name))
	}
	if err := refuseExisting(path, false); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return moveTo(name, path)
}
