package rawjson

import "time"

// Limits bound what connections may cost. A field that is zero or less takes its default.
type Limits struct {
	MaxConns        int           // connections at a time; default 16384
	MaxInFlight     int           // requests of one connection begun and not yet answered, after which reading stops; default 64
	MaxMessageBytes int           // of one request; a larger one ends the connection; default 1 MiB
	QueueMessages   int           // messages of Conn.Send that wait to be written, after which the connection is closed; default 256
	QueueBytes      int           // bytes that wait to be written: past half of it no request is begun, past all of it the connection is closed; default 4 MiB
	ReadTimeout     time.Duration // from the start of a message to its last byte; default 10 s
	WriteTimeout    time.Duration // for one message to be taken by the peer's socket; default 10 s
}

func (l Limits) withDefaults() Limits {
	l.MaxConns = orDefault(l.MaxConns, 16384)
	l.MaxInFlight = orDefault(l.MaxInFlight, 64)
	l.MaxMessageBytes = orDefault(l.MaxMessageBytes, 1<<20)
	l.QueueMessages = orDefault(l.QueueMessages, 256)
	l.QueueBytes = orDefault(l.QueueBytes, 4<<20)
	l.ReadTimeout = orDefault(l.ReadTimeout, 10*time.Second)
	l.WriteTimeout = orDefault(l.WriteTimeout, 10*time.Second)
	return l
}

func orDefault[T int | time.Duration](value, fallback T) T {
	if value <= 0 {
		return fallback
	}
	return value
}
