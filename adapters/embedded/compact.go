package embedded

import (
	"errors"
	"fmt"
	"os"

	"go.etcd.io/bbolt"
)

// compactBytes is how much is copied in one transaction: in memory until it is written.
const compactBytes = 16 << 20

// Compacted is what Compact did.
type Compacted struct {
	Before, After int64 // bytes, of the file
}

// Compact writes the store at a path anew, without the pages that hold nothing, and puts it in place in one step when it is synced and was found to hold
// the same. The error is ErrLocked while a process has the store open, and ErrDamaged when it is not sound; with salvage, a store of which one meta page is
// lost, and nothing else, goes on from the other one: then the last transaction may be missing.
func Compact(path string, salvage bool, opts *Options) (Compacted, error) {
	o := opts.withDefaults()
	if _, err := os.Stat(path); err != nil {
		return Compacted{}, fmt.Errorf("compact: %w", err)
	}
	lock, err := takeLock(path, o.LockTimeout)
	if err != nil {
		return Compacted{}, fmt.Errorf("compact %s: %w", path, err)
	}
	c, err := compactLocked(path, salvage, &o)
	if err != nil {
		err = fmt.Errorf("compact %s: %w", path, err)
	}
	return c, errors.Join(err, lock.release())
}

func compactLocked(path string, salvage bool, o *Options) (Compacted, error) {
	if err := removeHalves(path); err != nil {
		return Compacted{}, err
	}
	was, err := inspect(path, o)
	if err != nil {
		return Compacted{}, err
	}
	if salvageable := salvage && was.Rolled && len(was.Problems) == 1; !salvageable && !was.Sound() {
		return Compacted{}, was.err()
	}
	var is Report
	name, err := makeBeside(path, func(name string) error {
		if err := compactInto(path, name, o); err != nil {
			return err
		}
		if is, err = inspect(name, o); err != nil {
			return err
		}
		return errors.Join(is.err(), requireSame(was.Tenants, is.Tenants))
	})
	if err != nil {
		return Compacted{}, err
	}
	return Compacted{Before: was.Size, After: is.Size}, moveTo(name, path)
}

// compactInto copies all buckets, keys and values.
func compactInto(path, name string, o *Options) error {
	from, err := openBolt(path, &bbolt.Options{ReadOnly: true, Timeout: o.LockTimeout})
	if err != nil {
		return err
	}
	to, err := openBolt(name, &bbolt.Options{Timeout: o.LockTimeout})
	if err != nil {
		return errors.Join(err, from.Close())
	}
	err = guarded(func() error { return bbolt.Compact(to, from, compactBytes) })
	return errors.Join(err, to.Close(), from.Close())
}

// requireSame holds what two files have of their tenants against each other. That every record is the one that was written, their checksums have told.
func requireSame(was, is []TenantReport) error {
	if len(was) != len(is) {
		return fmt.Errorf("the new file has %d tenants, the old one %d", len(is), len(was))
	}
	for i := range was {
		a, b := &was[i], &is[i]
		if a.Name != b.Name || a.Head != b.Head || a.Records != b.Records || a.Bytes != b.Bytes {
			return fmt.Errorf("tenant %q differs between the new file and the old one", a.Name)
		}
	}
	return nil
}
