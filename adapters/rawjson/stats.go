package rawjson

import "sync/atomic"

// Stats counts what a transport has done since it was made; Open and InFlight are of the moment.
type Stats struct {
	Open     int64 // connections
	InFlight int64 // requests read and not yet answered on the wire

	Accepted uint64 // connections taken
	Refused  uint64 // connections refused: too many, shutting down, or the Handler said no
	Requests uint64 // messages given to the Handler
	Sent     uint64 // messages written: answers, pongs of the {"p":1} form, Conn.Send
	Unheard  uint64 // answers nobody could take: the client had left, was not subscribed, or accepts only smaller packets
	Idle     uint64 // connections closed because nothing came
	Slow     uint64 // connections closed because of a slow reader or a message that took too long to arrive
	TooLarge uint64 // connections closed because of a message over the limit
	Misused  uint64 // MQTT connections closed because of a forbidden topic
	Panics   uint64 // of the Handler or the broker library; each ended its connection only
}

type counters struct {
	inFlight                                                                          atomic.Int64
	accepted, refused, requests, sent, unheard, idle, slow, tooLarge, misused, panics atomic.Uint64
}

func (c *counters) snapshot(open int) Stats {
	return Stats{
		Open: int64(open), InFlight: c.inFlight.Load(),
		Accepted: c.accepted.Load(), Refused: c.refused.Load(), Requests: c.requests.Load(), Sent: c.sent.Load(), Unheard: c.unheard.Load(),
		Idle: c.idle.Load(), Slow: c.slow.Load(), TooLarge: c.tooLarge.Load(), Misused: c.misused.Load(), Panics: c.panics.Load(),
	}
}
