package embedded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// The errors of Open, Check, Backup, Restore and Compact.
var (
	ErrLocked  = errors.New("another process has the store's file open")
	ErrFormat  = errors.New("not a store file that this version can read")
	ErrDamaged = errors.New("the store's file is damaged")
)

// formatVersion is raised when an older program could not read what a newer one writes. 2 has checksums.
const formatVersion = 2

// The file holds a bucket that says what it is and one bucket per tenant, whose name has a prefix.
const (
	metaBucket   = "profilegate"
	formatKey    = "format"
	tenantPrefix = "tenant:"
)

// mappedBytes is how much address space the file is mapped to from the start, on systems where that takes no memory. When the file outgrows its
// mapping, the writer waits until nobody reads, and so it would wait for a backup to end.
const mappedBytes = 1 << 30

func bucketName(tenant string) []byte { return []byte(tenantPrefix + tenant) }

// openedFile is a file that this process has for itself.
type openedFile struct {
	bolt *bbolt.DB
	lock *fileLock
	fd   *os.File    // bbolt's own
	info os.FileInfo // of the file as it was opened
}

// close gives up the file.
func (f *openedFile) close() error { return errors.Join(f.bolt.Close(), f.lock.release()) }

// abandon gives up the file where bbolt cannot: its locks are lost to a panic. What bbolt has mapped stays so.
func (f *openedFile) abandon() error { return errors.Join(f.fd.Close(), f.lock.release()) }

// openFile opens the file for this process alone. The data of the file stay as they are, whatever is wrong with them.
func openFile(path string, o *Options) (*openedFile, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	lock, err := takeLock(path, o.LockTimeout)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	f, err := openLocked(path, o)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), lock.release())
	}
	f.lock = lock
	return f, nil
}

// openLocked opens the file under the lock, or makes it.
func openLocked(path string, o *Options) (*openedFile, error) {
	if err := removeHalves(path); err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := create(path, o); err != nil {
			return nil, err
		}
	}
	if err := requireSound(path, o); err != nil {
		return nil, err
	}
	f := &openedFile{}
	bolt, err := openBolt(path, &bbolt.Options{
		Timeout: o.LockTimeout, MaxSize: o.MaxFileBytes, FreelistType: bbolt.FreelistMapType, InitialMmapSize: mapped(),
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			fd, err := os.OpenFile(name, flag, mode) //nolint:gosec // the operator's own file
			f.fd = fd
			return fd, err
		},
	})
	if err != nil {
		return nil, err
	}
	f.bolt = bolt
	if f.info, err = f.fd.Stat(); err != nil {
		return nil, errors.Join(err, bolt.Close())
	}
	return f, nil
}

// mapped is how much to map from the start. Windows would make the file as long.
func mapped() int {
	if runtime.GOOS == "windows" || strconv.IntSize < 64 {
		return 0
	}
	return mappedBytes
}

// openBolt opens a bbolt file.
func openBolt(path string, o *bbolt.Options) (db *bbolt.DB, err error) {
	err = guarded(func() (err error) {
		db, err = bbolt.Open(path, 0o600, o)
		return err
	})
	return db, openError(err)
}

// create makes a complete file under another name and then gives it its own, so that neither a kill nor a loss of power leaves half a file there.
func create(path string, o *Options) error {
	return replaceFile(path, func(name string) error { return initialize(name, o) })
}

// initialize makes a store of an empty file.
func initialize(path string, o *Options) error {
	db, err := openBolt(path, &bbolt.Options{Timeout: o.LockTimeout})
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

// checkFormat holds the version that the file was written with against ours.
func checkFormat(tx *bbolt.Tx) error {
	b := tx.Bucket([]byte(metaBucket))
	if b == nil {
		return fmt.Errorf("%w: it is the file of another program", ErrFormat)
	}
	version, n := binary.Uvarint(b.Get([]byte(formatKey)))
	switch {
	case n <= 0:
		return fmt.Errorf("%w: it does not say its version", ErrFormat)
	case version > formatVersion:
		return fmt.Errorf("%w: made by a newer profilegate (format %d, this one reads up to %d)", ErrFormat, version, formatVersion)
	case version < formatVersion:
		return fmt.Errorf("%w: made by a profilegate from before the first release (format %d, this one reads %d)", ErrFormat, version, formatVersion)
	}
	return nil
}

// openError tells bbolt's errors apart: the lock, the operating system, and what is no bbolt file.
func openError(err error) error {
	var path *fs.PathError
	switch {
	case err == nil, errors.As(err, &path), errors.Is(err, ErrDamaged):
		return err
	case errors.Is(err, berrors.ErrTimeout):
		return ErrLocked
	}
	return fmt.Errorf("%w: %w", ErrFormat, err)
}
