package rawjson

// notify queues a message that answers nothing.
func (s *session) notify(m message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.post(m)
}

// answer sends what the handler returned; nil only frees the request's place. Unless another goroutine is writing, this one does: a
// writer of its own would cost a switch for every answer.
func (s *session) answer(m message) {
	if s.queueAnswer(m) {
		s.runWriter()
	}
}

// queueAnswer tells whether the caller is to be the writer.
func (s *session) queueAnswer(m message) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.payload == nil {
		s.freePlace()
		s.changed()
		return false
	}
	if err := s.enqueue(m); err != nil {
		s.count.unheard.Add(1)
		return false
	}
	return s.becomeWriter()
}

// post queues m for a writer goroutine, so that the caller need not wait for the peer.
func (s *session) post(m message) error {
	err := s.enqueue(m)
	if err == nil && s.becomeWriter() {
		s.tasks.Go(s.runWriter)
	}
	return err
}

func (s *session) becomeWriter() bool {
	if s.writing {
		return false
	}
	s.writing = true
	return true
}

// enqueue puts m into the outbox; if it cannot, the place of an answer is free again.
func (s *session) enqueue(m message) error {
	err := s.admit(m)
	if err != nil {
		if m.answer {
			s.freePlace()
			s.changed()
		}
		return err
	}
	s.outbox = append(s.outbox, m)
	s.bytes += len(m.payload)
	if !m.answer {
		s.notices++
	}
	return nil
}

func (s *session) admit(m message) error {
	if s.gone {
		return ErrClosed
	}
	tooMany := !m.answer && s.notices >= s.limits.QueueMessages
	tooMuch := s.bytes > 0 && s.bytes+len(m.payload) > s.limits.QueueBytes
	if tooMany || tooMuch {
		s.count.slow.Add(1)
		s.discard()
		s.link.abort("too much backpressure: client is too slow")
		return ErrSlow
	}
	return nil
}

// runWriter writes until nothing is left.
func (s *session) runWriter() {
	for {
		m, ok := s.nextMessage()
		if !ok {
			return
		}
		err := s.link.write(m)
		s.written(m, err)
	}
}

func (s *session) nextMessage() (message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.outbox) == 0 {
		s.outbox, s.writing = nil, false
		s.changed()
		return message{}, false
	}
	m := s.outbox[0]
	s.outbox[0] = message{}
	s.outbox = s.outbox[1:]
	return m, true
}

func (s *session) written(m message, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(m)
	if err != nil && !s.gone {
		s.log.Debug("message not written", "conn", s.conn.ID, "error", err)
		s.discard()
		s.link.abort("write failed")
	}
	s.changed()
}

// discard marks the peer as gone and drops what waits to be written.
func (s *session) discard() {
	s.gone = true
	for _, m := range s.outbox {
		s.forget(m)
	}
	s.outbox = nil
	s.changed()
}

// forget takes back what m counted for.
func (s *session) forget(m message) {
	s.bytes -= len(m.payload)
	if m.answer {
		s.freePlace()
	} else {
		s.notices--
	}
}

// changed wakes whoever waits for places, bytes or the end of a drain.
func (s *session) changed() {
	s.change.Broadcast()
	if !s.draining || !s.gone && (s.inFlight > 0 || s.writing) {
		return
	}
	select {
	case <-s.drained:
	default:
		close(s.drained)
	}
}
