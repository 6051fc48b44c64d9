package keystone

import (
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/sync/singleflight"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
)

// Authenticator finds the actors of one Keystone's tokens. It is safe for concurrent use.
type Authenticator struct {
	server  *client
	answers *answers
	options Options

	flights singleflight.Group // by digest
	ctx     context.Context    // of every question; ends at Close
	stop    context.CancelFunc

	mu     sync.Mutex // guards closed, so that no flight starts after Close began to wait
	closed bool
	flying sync.WaitGroup
}

// New builds an Authenticator. It asks Keystone nothing yet: a gateway starts whether or not Keystone can be reached.
func New(o Options) (*Authenticator, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	kept, err := newAnswers(o.CacheSize)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	return &Authenticator{server: newClient(o), answers: kept, options: o, ctx: ctx, stop: stop}, nil
}

// Close ends what is under way and gives up the connections. Tokens are then refused as while Keystone is away.
func (a *Authenticator) Close() error {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	a.stop()
	a.flying.Wait()
	a.server.close()
	return nil
}

// Authenticate finds whose token it is. The actor's domain is the one that the token is for, so it is empty for the token of a project; a
// token without a project gives an actor without one. The actor's lists are shared and must not be changed. The faults are Unauthenticated
// for a token that is no good, Unavailable with the code identity_unavailable where Keystone could not tell, and those of an ended ctx.
func (a *Authenticator) Authenticate(ctx context.Context, token string) (access.Actor, error) {
	token = strings.TrimSpace(token)
	if token == "" || !httpguts.ValidHeaderFieldValue(token) {
		return access.Actor{}, refusal()
	}
	key := digest(sha256.Sum256([]byte(token)))
	if actor, good, found := a.answers.find(key, a.options.Now()); found {
		if !good {
			return access.Actor{}, refusal()
		}
		return actor, nil
	}
	return a.ask(ctx, key, token)
}

// ask waits for the answer of a flight that may be shared. It is detached from ctx: others wait for it too.
func (a *Authenticator) ask(ctx context.Context, key digest, token string) (access.Actor, error) {
	flight := a.flights.DoChan(string(key[:]), func() (any, error) { return a.fly(key, token) })
	select {
	case landed := <-flight:
		if landed.Err != nil {
			return access.Actor{}, landed.Err
		}
		actor, _ := landed.Val.(access.Actor)
		return actor, nil
	case <-ctx.Done():
		return access.Actor{}, fault.As(ctx.Err())
	}
}

// fly asks Keystone and remembers what it said, unless another flight landed after the caller had looked for its answer. The time at which
// it began counts: the answer may be as old as that.
func (a *Authenticator) fly(key digest, token string) (access.Actor, error) {
	if !a.takeOff() {
		return access.Actor{}, unavailable(errors.New("keystone: closed"))
	}
	defer a.flying.Done()
	began := a.options.Now()
	if actor, good, found := a.answers.find(key, began); good {
		return actor, nil
	} else if found {
		return access.Actor{}, refusal()
	}
	ctx, cancel := context.WithTimeout(a.ctx, a.options.Timeout)
	defer cancel()
	bearer, err := a.server.validate(ctx, token)
	switch {
	case errors.Is(err, errUnknownToken):
		a.answers.refuse(key, began)
		return access.Actor{}, refusal()
	case err != nil:
		return access.Actor{}, unavailable(err)
	case !a.options.Now().Before(bearer.expires):
		return access.Actor{}, refusal()
	}
	a.answers.keep(key, bearer.actor, earlier(began.Add(a.options.CacheTTL), bearer.expires))
	return bearer.actor, nil
}

func (a *Authenticator) takeOff() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return false
	}
	a.flying.Add(1)
	return true
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func refusal() error {
	return &fault.Error{Kind: fault.Unauthenticated, Code: fault.CodeTokenInvalid, Message: "The token is not valid."}
}

func unavailable(cause error) error {
	return &fault.Error{
		Kind: fault.Unavailable, Code: fault.CodeIdentityUnavailable, Cause: cause,
		Message: "The Keystone service is temporarily unavailable.",
	}
}
