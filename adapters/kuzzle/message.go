package kuzzle

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// The protocols that messages come over.
const (
	ProtocolWebSocket = "websocket"
	ProtocolMQTT      = "mqtt"
)

// notAnObject is what Kuzzle says of a message that is JSON and no object.
const notAnObject = "Input request data must be a non-null object"

// Session is the connection that a message comes over.
type Session struct {
	Protocol string      // ProtocolWebSocket or ProtocolMQTT
	ID       string      // the connection's
	Header   http.Header // of the upgrade; its cookie counts for every message. Nil over MQTT

	// Notify sends the connection a message that answers no request; nil: it cannot be sent any.
	Notify func([]byte)

	logins  loginCount
	expiry  tokenWatch
	counted *statistics // that the connection counts in, from its first message on; guarded by expiry.mu
}

// Message answers one JSON message. The request is carried out before Message returns, its write included, so messages of one connection take
// effect in the order in which they are handed in. Where the answer has to wait for other nodes, later is not nil, and its result is the answer.
// A nil reply without later means that there is none.
func (a *API) Message(ctx context.Context, s *Session, payload []byte) (reply []byte, later func(context.Context) []byte) {
	a.meet(ctx, s)
	v, err := jsonvalue.Parse(payload, jsonvalue.Limits{MaxDepth: a.limits.JSONDepth})
	if err != nil {
		return s.unreadable(err), nil
	}
	v = inJavaScript(v)
	if v.IsNull() && s.Protocol == ProtocolWebSocket {
		return nil, nil
	}
	if v.Kind() != jsonvalue.KindObject {
		return s.refusal(v, bareError(http.StatusBadRequest, notAnObject)), nil
	}
	c := &call{Request: Request{cookie: cookieToken(s.Header)}, session: s}
	e := messageEnvelope(v)
	if err := c.fill(&e); err != nil {
		return s.refusal(v, translate(err)), nil
	}
	if c.ID == "" {
		c.ID = uuid.NewString()
	}
	ans, err := a.execute(ctx, c)
	if err != nil {
		return s.failed(ctx, a, c, err), nil
	}
	if !ans.waits {
		return s.answer(c, ans, true), nil
	}
	return nil, func(ctx context.Context) []byte {
		confirmed, err := a.confirm(ctx, c.tenant, ans)
		if err != nil {
			return s.failed(ctx, a, c, err)
		}
		return s.answer(c, ans, confirmed)
	}
}

// answer is the envelope of a request that was carried out. What the gateway has to tell beyond Kuzzle it tells to who asked for the revision.
func (s *Session) answer(c *call, ans answer, confirmed bool) []byte {
	rep := reply{
		request: &c.Request, id: jsonvalue.String(c.ID), answer: ans, failure: ans.failure, room: s.Protocol == ProtocolWebSocket,
	}
	if c.asked {
		rep.revision, rep.unconfirmed = ans.revision(), !confirmed
	}
	return rep.appendTo(make([]byte, 0, 512))
}

// failed is the envelope of a request that was refused.
func (s *Session) failed(ctx context.Context, a *API, c *call, err error) []byte {
	return s.answer(c, answer{failure: a.refuse(ctx, &c.Request, err)}, true)
}

// unreadable answers what is no JSON.
func (s *Session) unreadable(err error) []byte {
	id := idWebSocket
	if s.Protocol == ProtocolMQTT {
		id = idMQTT
	}
	return reply{id: jsonvalue.String(uuid.NewString()), failure: kerrorText(id, err.Error())}.appendTo(nil)
}

// refusal answers a message of which no request could be made. Over WebSocket it repeats the message's own request id, whatever its type; over
// MQTT the error is told as that protocol's, with an id that is made up.
func (s *Session) refusal(message jsonvalue.Value, k *kuzzleError) []byte {
	id := message.Get("requestId")
	if s.Protocol == ProtocolMQTT {
		k, id = kerrorText(idMQTT, k.message), jsonvalue.Value{}
	}
	if !truthy(id) {
		id = jsonvalue.String(uuid.NewString())
	}
	return reply{id: id, failure: k}.appendTo(nil)
}
