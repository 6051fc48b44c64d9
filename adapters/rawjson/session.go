package rawjson

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"sync"
)

var (
	errDraining = errors.New("rawjson: shutting down")
	errRefused  = errors.New("rawjson: connection refused")
)

// message is one message on its way in or out.
type message struct {
	payload []byte
	to      address
	answer  bool // it holds one of the places that MaxInFlight limits
}

// address is where the answer to an MQTT request goes; WebSocket has none.
type address struct {
	topic       string
	correlation []byte
}

// link is what a session needs of its transport.
type link interface {
	// write gives one message to the peer. It is called by one goroutine at a time; an error ends the session.
	write(message) error
	// abort ends the connection because of an error of either side. It does not block.
	abort(reason string)
}

// session is the work of one connection: requests in, answers out. It has no goroutine while nothing is to be done.
//
// The transport's reader calls submit; a lane goroutine takes the requests in order; a Later has a goroutine of its own. Who has
// something to send when nobody is writing writes all that comes meanwhile. A request holds its place from submit until its answer is written, so a client that does not
// read is not read from either.
type session struct {
	base

	// work is the Handler's context for Message, wait for Later; wait ends when the client leaves, both with cancel.
	work, wait context.Context
	leave      context.CancelFunc
	cancel     context.CancelFunc
	tasks      sync.WaitGroup

	mu       sync.Mutex
	change   sync.Cond // inFlight, bytes, gone or draining changed
	inFlight int
	requests []message
	begun    bool // the lane runs
	outbox   []message
	bytes    int  // in outbox and in the writer's hands
	notices  int  // messages that are no answers, in outbox and in the writer's hands
	writing  bool // the writer runs
	gone     bool // nothing can be written any more
	draining bool
	drained  chan struct{}
}

// base is what a session is made of.
type base struct {
	conn    *Conn
	handler Handler
	limits  Limits
	log     *slog.Logger
	count   *counters
	link    link
}

// newSession prepares a session; open comes next.
func newSession(b base) *session {
	s := &session{base: b, drained: make(chan struct{})}
	s.change.L = &s.mu
	return s
}

// open opens the connection at the handler. If there is no error, end must be called.
func (s *session) open(ctx context.Context) error {
	work, cancel := context.WithCancel(ctx)
	err := errRefused
	s.guarded(func() { work, err = s.handler.Open(work, s.conn) })
	if err != nil {
		cancel()
		return err
	}
	s.work, s.cancel = work, cancel
	s.wait, s.leave = context.WithCancel(work)
	return nil
}

// submit hands over one request. It blocks while as many as allowed are in flight. The error is ErrClosed or errDraining; the request
// was then not begun.
func (s *session) submit(m message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.takePlace(); err != nil {
		return err
	}
	m.answer = true
	s.requests = append(s.requests, m)
	if !s.begun {
		s.begun = true
		s.tasks.Go(s.runLane)
	}
	return nil
}

// reply sends an answer that needed no handler. It blocks and fails as submit does.
func (s *session) reply(payload []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.takePlace(); err != nil {
		return err
	}
	return s.post(message{payload: payload, answer: true})
}

// hold makes submit and reply refuse what comes from now on.
func (s *session) hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = true
	s.changed()
}

// drain waits, after hold, until all requests that were taken are answered, or nobody is there to take the answers.
func (s *session) drain(ctx context.Context) {
	select {
	case <-s.drained:
	case <-ctx.Done():
	}
}

// end is the reader's last call: it finishes the requests that have arrived, without their waiting, and closes the connection at the handler.
func (s *session) end() {
	s.mu.Lock()
	s.discard()
	s.mu.Unlock()
	s.leave()
	s.tasks.Wait()
	s.guarded(func() { s.handler.Close(s.conn) })
	s.cancel()
}

// busy tells whether something is being worked on or written.
func (s *session) busy() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inFlight > 0 || s.writing
}

// isGone tells whether the connection has ended or is ending.
func (s *session) isGone() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gone
}

func (s *session) takePlace() error {
	for s.inFlight >= s.limits.MaxInFlight && !s.gone && !s.draining {
		s.change.Wait()
	}
	switch {
	case s.gone:
		return ErrClosed
	case s.draining:
		return errDraining
	}
	s.inFlight++
	s.count.inFlight.Add(1)
	return nil
}

func (s *session) freePlace() {
	s.inFlight--
	s.count.inFlight.Add(-1)
}

// runLane begins requests in order until there is none.
func (s *session) runLane() {
	for {
		m, ok := s.nextRequest()
		if !ok {
			return
		}
		s.begin(m)
	}
}

func (s *session) nextRequest() (message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.bytes > s.limits.QueueBytes/2 && !s.gone {
		s.change.Wait()
	}
	if len(s.requests) == 0 {
		s.requests, s.begun = nil, false
		return message{}, false
	}
	m := s.requests[0]
	s.requests[0] = message{}
	s.requests = s.requests[1:]
	return m, true
}

func (s *session) begin(m message) {
	out := message{to: m.to, answer: true}
	var later Later
	if s.work.Err() == nil {
		s.count.requests.Add(1)
		s.guarded(func() { out.payload, later = s.handler.Message(s.work, s.conn, m.payload) })
	}
	if later == nil {
		s.answer(out)
		return
	}
	s.tasks.Go(func() {
		out.payload = nil
		s.guarded(func() { out.payload = later(s.wait) })
		s.answer(out)
	})
}

// guarded keeps a panic of the handler from ending more than its connection.
func (s *session) guarded(call func()) {
	defer func() {
		if cause := recover(); cause != nil {
			s.count.panics.Add(1)
			s.log.Error("handler panicked", "conn", s.conn.ID, "protocol", s.conn.Protocol, "cause", cause, "stack", string(debug.Stack()))
			s.link.abort("internal error")
		}
	}()
	call()
}
