package main

import "go.etcd.io/bbolt"

// groupWriter puts values into a bbolt file. One goroutine takes all that is queued into one transaction and one sync.
type groupWriter struct {
	db    *bbolt.DB
	queue chan put
}

type put struct {
	key, value []byte
	done       chan error
}

var bucketName = []byte("b")

func openGroupWriter(file string) (*groupWriter, error) {
	db, err := bbolt.Open(file, 0o600, nil)
	if err != nil {
		return nil, err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(bucketName)
		return err
	})
	if err != nil {
		return nil, err
	}
	w := &groupWriter{db: db, queue: make(chan put, 1024)}
	go w.run()
	return w, nil
}

// put returns when the value is on the disk.
func (w *groupWriter) put(key, value []byte) error {
	p := put{key, value, make(chan error, 1)}
	w.queue <- p
	return <-p.done
}

func (w *groupWriter) run() {
	var group []put
	for first := range w.queue {
		group = w.waiting(append(group[:0], first))
		err := w.db.Update(func(tx *bbolt.Tx) error {
			b := tx.Bucket(bucketName)
			for _, p := range group {
				if err := b.Put(p.key, p.value); err != nil {
					return err
				}
			}
			return nil
		})
		for _, p := range group {
			p.done <- err
		}
	}
}

func (w *groupWriter) waiting(group []put) []put {
	for {
		select {
		case p := <-w.queue:
			group = append(group, p)
		default:
			return group
		}
	}
}
