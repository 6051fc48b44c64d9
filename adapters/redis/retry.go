package redisstore

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/profilegate/profilegate/core/fault"
)

// outcome is what an error tells about one attempt at a call.
type outcome uint8

const (
	lost    outcome = iota // it may have been carried out: the connection failed after it was (perhaps) sent
	unsent                 // it was not carried out, and may be later: no connection, a server that is loading or no master
	refused                // it was not carried out, and trying again will not help
)

// outcomeOf judges the error of one attempt. What it does not know counts as lost: the only judgement that is never wrong.
func outcomeOf(err error) outcome {
	var answer redis.Error
	var dial *dialError
	var short *shortError
	switch {
	case errors.As(err, &short) && short.unwritten:
		return unsent
	case errors.As(err, &answer):
		return outcomeOfAnswer(answer.Error())
	case errors.As(err, &dial), errors.Is(err, redis.ErrPoolTimeout), errors.Is(err, redis.ErrPoolExhausted):
		return unsent
	case errors.Is(err, redis.ErrClosed):
		return refused
	}
	return lost
}

// outcomeOfAnswer judges what the server itself said. Scripts check before they write, so an error of theirs means that they wrote nothing.
func outcomeOfAnswer(text string) outcome {
	for _, prefix := range []string{
		"LOADING", "READONLY", "CLUSTERDOWN", "TRYAGAIN", "MOVED ", "ASK ", "MASTERDOWN", "BUSY ", "NOREPLICAS", "MISCONF",
		"ERR max number of clients",
	} {
		if strings.HasPrefix(text, prefix) {
			return unsent
		}
	}
	return refused
}

// patience spaces the attempts at one call, with jitter, until the time for them is over.
type patience struct {
	until time.Time
	delay time.Duration
}

const (
	firstDelay = 10 * time.Millisecond
	mostDelay  = 250 * time.Millisecond
)

func (c *Client) patience() patience {
	return patience{until: time.Now().Add(c.opt.RetryFor), delay: firstDelay}
}

// pause waits before the next attempt. It returns false when there is to be none: ctx ended, the store was closed, or time is over.
func (p *patience) pause(ctx context.Context, closed <-chan struct{}) bool {
	wait := p.delay/2 + rand.N(p.delay) //nolint:gosec // jitter is no secret
	p.delay = min(2*p.delay, mostDelay)
	if time.Now().Add(wait).After(p.until) {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-closed:
	}
	return false
}

// again carries out a call that may be repeated freely until it succeeds, is refused, or there is no time left.
func (c *Client) again(ctx context.Context, closed <-chan struct{}, call func(ctx context.Context) error) error {
	p := c.patience()
	var trouble error
	for {
		if err := ctx.Err(); err != nil {
			return ended(err, trouble)
		}
		err := call(ctx)
		if err == nil || errors.As(err, new(*fault.Error)) {
			return err
		}
		if outcomeOf(err) == refused {
			return unreachable(err)
		}
		if !isTimeout(err) {
			trouble = err
		}
		if !p.pause(ctx, closed) {
			return c.gaveUp(ctx, err, trouble)
		}
	}
}

// gaveUp is the fault of a call that wrote nothing and was not answered in time.
func (c *Client) gaveUp(ctx context.Context, last, trouble error) error {
	deadline, bounded := ctx.Deadline()
	switch {
	case ctx.Err() != nil:
		return ended(ctx.Err(), trouble)
	case bounded && isTimeout(last) && !time.Now().Before(deadline):
		return ended(context.DeadlineExceeded, trouble) // the socket's clock may be a little ahead of the context's
	}
	return unreachable(last)
}

// ended is the fault of a call whose context ended. Where Redis could not be reached, that is the reason to tell.
func ended(err, trouble error) error {
	if trouble != nil && errors.Is(err, context.DeadlineExceeded) {
		return unreachable(trouble)
	}
	return fault.As(err)
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.As(err, &n) && n.Timeout()
}

func unreachable(err error) error {
	return fault.Unavailablef(err, "The store cannot be reached.")
}

func closedFault() error { return fault.Unavailablef(nil, "The store is closed.") }
