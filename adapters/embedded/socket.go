package embedded

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// backupStall is how long a receiver of a backup may take nothing before it is given up: as long as it reads, pages that are replaced stay in the file.
const backupStall = 30 * time.Second

// sizeLine comes before the bytes of a backup. Who gets fewer bytes than it says has no backup.
const sizeLine = "profilegate backup of %d bytes\n"

func socketName(path string) string { return path + ".sock" }

// backupSocket gives everybody who connects to it one backup, one after the other.
type backupSocket struct {
	db       *DB
	log      *slog.Logger
	path     string
	listener net.Listener

	mu     sync.Mutex
	conn   net.Conn // the one that a backup goes to
	closed bool
}

// ServeBackups lets Backup in another process have a copy of the open store: on a socket beside the file, which the file's owner alone may
// use. It ends with the DB. The error says why there is no such socket; the DB goes on without it. A nil log discards.
func (db *DB) ServeBackups(log *slog.Logger) error {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed || db.socket != nil {
		return errors.New("serve backups: the store is closed, or serves them already")
	}
	path := socketName(db.bolt.Path())
	listener, err := listenSocket(path)
	if err != nil {
		return fmt.Errorf("serve backups: %w", err)
	}
	db.socket = &backupSocket{db: db, log: log, path: path, listener: listener}
	db.stopped.Go(db.socket.serve)
	return nil
}

// listenSocket makes the socket. The lock of the store is held, so one that is there already is a dead process's.
func listenSocket(path string) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	short, done, err := shortName(path)
	if err != nil {
		return nil, err
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"})
	if err != nil {
		return nil, errors.Join(err, done())
	}
	listener.SetUnlinkOnClose(false) // its short name ends before it does
	if err := errors.Join(os.Chmod(path, 0o600), done()); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return listener, nil
}

func (s *backupSocket) serve() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				s.log.Warn("backups are not served any more", "err", err)
			}
			return
		}
		if err := s.send(conn); err != nil {
			s.log.Warn("a backup failed", "err", err)
			continue
		}
		s.log.Info("a backup was taken")
	}
}

// send writes the file as it stands now. Writers go on meanwhile.
func (s *backupSocket) send(conn net.Conn) error {
	if !s.hold(conn) {
		return errors.Join(net.ErrClosed, conn.Close())
	}
	err := s.db.view(func(tx *bbolt.Tx) error {
		w := &stallingWriter{conn}
		if _, err := fmt.Fprintf(w, sizeLine, tx.Size()); err != nil {
			return err
		}
		_, err := tx.WriteTo(w)
		return err
	})
	s.hold(nil)
	return errors.Join(err, conn.Close())
}

// hold notes to whom a backup goes, unless the socket is closed.
func (s *backupSocket) hold(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn = conn
	return !s.closed
}

// close ends the backup under way, too.
func (s *backupSocket) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.conn != nil {
		_ = s.conn.Close() // its sender tells what became of it
	}
	return errors.Join(s.listener.Close(), os.Remove(s.path))
}

// stallingWriter gives up a receiver that takes nothing for long.
type stallingWriter struct{ conn net.Conn }

func (w *stallingWriter) Write(b []byte) (int, error) {
	if err := w.conn.SetWriteDeadline(time.Now().Add(backupStall)); err != nil {
		return 0, err
	}
	return w.conn.Write(b)
}

// fetchBackup has the process that holds the lock send its store. locked is the error that told of it.
func fetchBackup(ctx context.Context, path string, w io.Writer, locked error) error {
	short, done, err := shortName(socketName(path))
	if err != nil {
		return err
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", short)
	if err = errors.Join(err, done()); err != nil {
		return fmt.Errorf("back up %s: %w, and gives no backup: %w", path, locked, err)
	}
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })()
	err = receive(conn, w)
	if err != nil {
		err = fmt.Errorf("back up %s: the process that has it open stopped sending it: %w", path, err)
	}
	return errors.Join(err, ctx.Err(), conn.Close())
}

// receive copies exactly as much as was announced.
func receive(conn net.Conn, w io.Writer) error {
	r := bufio.NewReaderSize(conn, 1<<16)
	line, err := r.ReadString('\n')
	if err != nil {
		return err
	}
	var size int64
	if _, err := fmt.Sscanf(line, sizeLine, &size); err != nil {
		return fmt.Errorf("%q is not the beginning of a backup", line)
	}
	_, err = io.CopyN(w, r, size)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return err
}
