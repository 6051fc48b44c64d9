package kuzzle

import (
	"context"
	"strconv"

	"github.com/profilegate/profilegate/core"
	"github.com/profilegate/profilegate/core/identity"
)

// searchUsersByCredentials is security:searchUsersByCredentials.
func (a *API) searchUsersByCredentials(ctx context.Context, c *call) (answer, error) {
	if _, err := c.requiredText("strategy"); err != nil {
		return answer{}, err
	}
	q, err := c.credentialSearch()
	if err != nil {
		return answer{}, err
	}
	if err := c.strategy(); err != nil {
		return answer{}, err
	}
	found, err := c.tenant.SearchCredentials(ctx, c.caller, q, c.local())
	if err != nil {
		return answer{}, err
	}
	return answer{result: credentialHits{found.Hits, found.Total}}, nil
}

func (c *call) credentialSearch() (q core.Search, err error) {
	if q.Koncorde, err = c.speaksKoncorde(); err != nil {
		return q, err
	}
	if q.From, err = c.integer("from", 0); err != nil {
		return q, err
	}
	if q.Size, err = c.integer("size", defaultPage); err != nil {
		return q, err
	}
	if q.Size > maxFetch {
		return q, kerror(idFetchLimit)
	}
	q.Body = c.Body
	return q, nil
}

// credentialHits are credentials without what is secret of them, and how many there are in all.
type credentialHits struct {
	hits  []*identity.Credentials
	total int
}

// AppendTo implements encoder.
func (h credentialHits) AppendTo(dst []byte) []byte {
	dst = append(dst, `{"hits":[`...)
	for i, c := range h.hits {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = credentialsDocument(c).AppendTo(dst)
	}
	return append(strconv.AppendInt(append(dst, `],"total":`...), int64(h.total), 10), '}')
}
