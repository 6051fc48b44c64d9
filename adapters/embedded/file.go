package embedded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// The errors of Open.
var (
	ErrLocked = errors.New("another process has the store's file open")
	ErrFormat = errors.New("not a store file that this version can read")
)

// formatVersion is raised when an older program could not read what a newer one writes.
const formatVersion = 1

// The file holds a bucket that says what it is and one bucket per tenant, whose name has a prefix.
const (
	metaBucket   = "profilegate"
	formatKey    = "format"
	tenantPrefix = "tenant:"
)

func bucketName(tenant string) []byte { return []byte(tenantPrefix + tenant) }

// openFile opens the file for this process alone. The data of the file stay as they are, whatever is wrong with them.
func openFile(path string, o *Options) (*bbolt.DB, os.FileInfo, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := create(path, o); err != nil {
			return nil, nil, fmt.Errorf("create %s: %w", path, err)
		}
	}
	if err := inspect(path, o); err != nil {
		return nil, nil, fmt.Errorf("open %s: %w", path, err)
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: o.LockTimeout, MaxSize: o.MaxFileBytes, FreelistType: bbolt.FreelistMapType,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("open %s: %w", path, openError(err))
	}
	info, err := os.Stat(path)
	if err == nil {
		err = db.View(checkFormat)
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	return db, info, nil
}

// create makes a complete file under another name and then links it to its path, so that neither a kill nor a loss of power leaves half a
// file there. A file that another process put there meanwhile is kept.
func create(path string, o *Options) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, filepath.Base(path)+".*.new")
	if err != nil {
		return err
	}
	err = f.Close()
	if err == nil {
		err = initialize(f.Name(), o)
	}
	if err == nil {
		err = link(f.Name(), path, o)
	}
	return errors.Join(err, os.Remove(f.Name()), syncDir(dir))
}

// link gives the complete file its name. On a file system without links the file is made in place.
func link(from, path string, o *Options) error {
	err := os.Link(from, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	return initialize(path, o)
}

// initialize makes a store of an empty file.
func initialize(path string, o *Options) error {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: o.LockTimeout})
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte(metaBucket))
		if err != nil {
			return err
		}
		return b.Put([]byte(formatKey), binary.AppendUvarint(nil, formatVersion))
	})
	return errors.Join(err, db.Close())
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // the operator's own directory
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// inspect looks at the file before anything in it is trusted: bbolt would follow a page that a cut file does not have any more, and crash.
func inspect(path string, o *Options) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%w: not a regular file", ErrFormat)
	}
	if info.Size() == 0 {
		return fmt.Errorf("%w: the file is empty", ErrFormat)
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: o.LockTimeout})
	if err != nil {
		return openError(err)
	}
	err = db.View(func(tx *bbolt.Tx) error {
		if info, err = os.Stat(path); err != nil {
			return err
		}
		if tx.Size() > info.Size() {
			return fmt.Errorf("%w: it is cut short, at %d of %d bytes", ErrFormat, info.Size(), tx.Size())
		}
		return checkFormat(tx)
	})
	return errors.Join(err, db.Close())
}

// checkFormat holds the version that the file was written with against ours.
func checkFormat(tx *bbolt.Tx) error {
	b := tx.Bucket([]byte(metaBucket))
	if b == nil {
		return fmt.Errorf("%w: it is the file of another program", ErrFormat)
	}
	version, n := binary.Uvarint(b.Get([]byte(formatKey)))
	if n <= 0 {
		return fmt.Errorf("%w: it does not say its version", ErrFormat)
	}
	if version != formatVersion {
		return fmt.Errorf("%w: it has format %d, this program reads %d", ErrFormat, version, formatVersion)
	}
	return nil
}

// openError tells bbolt's errors apart: the lock, the operating system, and what is no bbolt file.
func openError(err error) error {
	var path *fs.PathError
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return ErrLocked
	case errors.As(err, &path):
		return err
	}
	return fmt.Errorf("%w: %w", ErrFormat, err)
}
