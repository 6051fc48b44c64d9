package gateway

import (
	"context"
	"log/slog"

	"github.com/profilegate/profilegate/adapters/kuzzle"
	"github.com/profilegate/profilegate/adapters/rawjson"
	"github.com/profilegate/profilegate/core"
)

// messages joins the transports of JSON messages to the dialect that speaks in them.
type messages struct {
	api    *kuzzle.API
	log    *slog.Logger
	tenant *core.Tenant // of every connection; nil: it stands in the connection's context, as the upgrade request brought it
}

// Open gives a connection its tenant and the dialect's session.
func (m *messages) Open(ctx context.Context, c *rawjson.Conn) (context.Context, error) {
	if m.tenant != nil {
		ctx = core.WithTenant(ctx, m.tenant)
	}
	if _, err := core.TenantFrom(ctx); err != nil {
		return nil, err
	}
	c.Session = &kuzzle.Session{Protocol: c.Protocol, ID: c.ID, Header: c.Header, Notify: func(notice []byte) {
		// What could not be sent has nobody to miss it: the connection has ended, or ends because it is too slow.
		if err := c.Send(notice); err != nil {
			m.log.DebugContext(ctx, "a notice was not sent", "conn", c.ID, "error", err)
		}
	}}
	return ctx, nil
}

// Message hands one message to the dialect.
func (m *messages) Message(ctx context.Context, c *rawjson.Conn, payload []byte) ([]byte, rawjson.Later) {
	session, ok := c.Session.(*kuzzle.Session)
	if !ok {
		return nil, nil
	}
	reply, later := m.api.Message(ctx, session, payload)
	return reply, later
}

// Close ends what the session does on its own.
func (m *messages) Close(c *rawjson.Conn) {
	if session, ok := c.Session.(*kuzzle.Session); ok {
		session.Close()
	}
}
