package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// halfSuffix ends the names of files that are being made. What has such a name is no store yet, and no backup.
const halfSuffix = ".new"

// makeBeside makes a complete file in the directory of path, synced, under a name of its own, and removes it again where that fails. The lock of
// path is held, or nobody else makes files for that path.
func makeBeside(path string, write func(name string) error) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*"+halfSuffix)
	if err != nil {
		return "", err
	}
	err = f.Close()
	if err == nil {
		err = write(f.Name())
	}
	if err == nil {
		err = syncFile(f.Name())
	}
	if err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// replaceFile puts a new file at a path in one step: at every instant there is the old one or the whole new one.
func replaceFile(path string, write func(name string) error) error {
	name, err := makeBeside(path, write)
	if err != nil {
		return err
	}
	return moveTo(name, path)
}

// moveTo gives a complete file its name, for good.
func moveTo(name, path string) error {
	if err := os.Rename(name, path); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return syncDir(filepath.Dir(path))
}

// removeHalves removes what makers that were killed have left behind. The lock of path is held, so none is at work.
func removeHalves(path string) error {
	names, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return err
	}
	for _, entry := range names {
		if isHalf(entry.Name(), filepath.Base(path)) && entry.Type().IsRegular() {
			if err := os.Remove(filepath.Join(filepath.Dir(path), entry.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// isHalf tells whether makeBeside gave this name to a file for base: base, a number, the suffix.
func isHalf(name, base string) bool {
	rest, ours := strings.CutPrefix(name, base+".")
	number, half := strings.CutSuffix(rest, halfSuffix)
	return ours && half && number != "" && strings.Trim(number, "0123456789") == ""
}

// syncFile makes a file's data durable.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // the operator's own file
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // the operator's own directory
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
