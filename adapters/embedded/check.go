package embedded

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"go.etcd.io/bbolt"

	"github.com/profilegate/profilegate/adapters/embedded/pages"
	"github.com/profilegate/profilegate/core/store"
)

// maxProblems bounds how many problems a report lists.
const maxProblems = 100

// Report is what a file holds, and what is wrong with it.
type Report struct {
	Size      int64 // bytes, of the file
	FreeBytes int64 // of those, how many hold nothing
	Tenants   []TenantReport
	Problems  []string // where, and what; the first hundred
	Untold    int      // problems beyond those
	Rolled    bool     // one of the two meta pages is damaged, and all else was read by the other one, which may be one transaction behind
}

// TenantReport is what a file holds of one tenant.
type TenantReport struct {
	Name    string
	Head    store.Head
	Records int
	Bytes   int64          // of the records and their keys
	Kinds   map[string]int // records by kind
}

// Sound tells whether nothing is wrong.
func (r *Report) Sound() bool { return len(r.Problems) == 0 }

// err is the first problem as an error.
func (r *Report) err() error {
	if r.Sound() {
		return nil
	}
	text := r.Problems[0]
	if more := len(r.Problems) - 1 + r.Untold; more > 0 {
		text = fmt.Sprintf("%s (and %d more)", text, more)
	}
	return fmt.Errorf("%w: %s", ErrDamaged, text)
}

func (r *Report) problem(format string, args ...any) {
	if len(r.Problems) == maxProblems {
		r.Untold++
		return
	}
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

// Check reads a whole file: its pages, then every record, reference and head. What is wrong with it is in the report. The error says why there is none:
// the file cannot be read, is ErrLocked by a process that has it open, or is ErrFormat, no file of ours. Nothing is written.
func Check(path string, opts *Options) (r Report, err error) {
	o := opts.withDefaults()
	if _, err := os.Stat(lockName(path)); err == nil {
		lock, err := takeLock(path, o.LockTimeout)
		if err != nil {
			return Report{}, fmt.Errorf("check %s: %w", path, err)
		}
		defer func() { err = errors.Join(err, lock.release()) }()
	}
	r, err = inspect(path, &o)
	if err != nil {
		return Report{}, fmt.Errorf("check %s: %w", path, err)
	}
	return r, nil
}

// requireSound is inspect where nothing may be wrong.
func requireSound(path string, o *Options) error {
	r, err := inspect(path, o)
	if err != nil {
		return err
	}
	return r.err()
}

// inspect is Check for who has the lock.
func inspect(path string, o *Options) (Report, error) {
	p, err := inspectPages(path)
	if err != nil {
		return Report{}, err
	}
	r := Report{Size: p.size, FreeBytes: int64(p.Free) * p.PageSize, Untold: p.Untold, Rolled: p.Rolled}
	for _, problem := range p.Problems {
		r.Problems = append(r.Problems, problem.String())
	}
	if p.readable() {
		err = inspectRecords(path, &r, o)
	}
	return r, err
}

// pageReport is what was found in the pages of a file of some size.
type pageReport struct {
	pages.Report
	size int64
}

// readable tells whether bbolt can be let into the file: nothing is wrong but, at most, that one of the two meta pages is lost.
func (r *pageReport) readable() bool {
	return r.Sound() || r.Rolled && len(r.Problems) == 1 && r.Pages > 0
}

// inspectPages reads the pages, which has to come first: bbolt would believe whatever stands in them.
func inspectPages(path string) (pageReport, error) {
	info, err := os.Stat(path)
	if err != nil {
		return pageReport{}, err
	}
	if !info.Mode().IsRegular() {
		return pageReport{}, fmt.Errorf("%w: not a regular file", ErrFormat)
	}
	if info.Size() == 0 {
		return pageReport{}, fmt.Errorf("%w: the file is empty", ErrFormat)
	}
	f, err := os.Open(path) //nolint:gosec // the operator's own file
	if err != nil {
		return pageReport{}, err
	}
	r, err := pages.Check(f, info.Size())
	err = errors.Join(err, f.Close())
	if errors.Is(err, pages.ErrForeign) {
		err = fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return pageReport{Report: r, size: info.Size()}, err
}

// inspectRecords reads all that stands in a file whose pages are sound.
func inspectRecords(path string, r *Report, o *Options) error {
	db, err := openBolt(path, &bbolt.Options{ReadOnly: true, Timeout: o.LockTimeout})
	if err != nil {
		return err
	}
	err = guarded(func() error {
		return db.View(func(tx *bbolt.Tx) error {
			if err := checkFormat(tx); err != nil {
				return err
			}
			return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
				r.bucket(name, b)
				return nil
			})
		})
	})
	if errors.Is(err, ErrDamaged) {
		r.problem("%v", err)
		err = nil
	}
	return errors.Join(err, db.Close())
}

// bucket reads one of the file's buckets.
func (r *Report) bucket(name []byte, b *bbolt.Bucket) {
	if string(name) == metaBucket {
		return
	}
	tenant, ok := bytes.CutPrefix(name, []byte(tenantPrefix))
	if !ok {
		r.problem("bucket %q: no bucket of ours", name)
		return
	}
	a := audit{report: r, tenant: TenantReport{Name: string(tenant), Kinds: map[string]int{}}}
	a.run(b)
	r.Tenants = append(r.Tenants, a.tenant)
}
