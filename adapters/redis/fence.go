package redisstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/profilegate/profilegate/core/planted"
)

// Fence says what an answer of Redis rests on besides the word of the server that gave it.
type Fence string

// The fences.
const (
	FenceNone     Fence = "none"     // nothing, the default: a master that was deposed without knowing it is believed
	FenceReplicas Fence = "replicas" // so many replicas that follow that server and have all that it had, see Options.Replicas
)

// shortError says that fewer replicas than asked for have confirmed an answer.
type shortError struct {
	held, want int
	unwritten  bool // the answer was to something that wrote nothing
}

func (e *shortError) Error() string {
	return fmt.Sprintf("redis: %d of %d replicas confirmed the answer", e.held, e.want)
}

func (c *Client) fenced() bool { return c.opt.Fence == FenceReplicas }

// patienceOfWait is how long the server waits for its replicas at one time: short of where the connection is given up.
func (c *Client) patienceOfWait() time.Duration { return max(c.opt.CallTimeout/2, time.Millisecond) }

// vouched sends commands to the master of a key, all on one connection and at once, and behind them a WAIT for the replicas. fill must add at
// least one command that writes: WAIT counts who has what this connection wrote last. The error is the first that is the connection's, the server's
// or, when too few replicas confirmed in time, a *shortError; fill's commands hold their answers, or errors, as well.
func (c *Client) vouched(ctx context.Context, key string, fill func(to redis.Pipeliner)) error {
	master, err := c.masterOf(ctx, key)
	asking := false
	for hops := 0; err == nil; hops++ {
		told := c.vouchedBy(ctx, master, asking, fill)
		if told == nil || hops == maxRedirections {
			return told
		}
		master, asking, err = c.redirected(ctx, told)
	}
	return err
}

func (c *Client) vouchedBy(ctx context.Context, master *redis.Client, asking bool, fill func(to redis.Pipeliner)) error {
	pipe := master.Pipeline()
	if asking {
		pipe.Do(ctx, "ASKING")
	}
	fill(pipe)
	wait := pipe.Do(ctx, "WAIT", c.opt.Replicas, c.patienceOfWait().Milliseconds())
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return err
	}
	held, err := wait.Int()
	if err != nil {
		return err
	}
	if held < c.opt.Replicas && !planted.On(planted.SkipReplicas) {
		return &shortError{held: held, want: c.opt.Replicas}
	}
	return nil
}

// redirected is the client of the server that an error names. Any other error is returned as it is.
func (c *Client) redirected(ctx context.Context, err error) (master *redis.Client, asking bool, _ error) {
	if cluster, ok := c.rdb.(*redis.ClusterClient); ok {
		master, asking = redirection(ctx, cluster, err)
	}
	if master == nil {
		return nil, false, err
	}
	return master, asking, nil
}

// script runs a script on the master of its first key, confirmed by the replicas where the fence asks for that. The script must write whatever it
// answers. With a *shortError the answer is there all the same.
func (c *Client) script(ctx context.Context, s *redis.Script, names []string, args ...any) (any, error) {
	if !c.fenced() {
		return s.Run(ctx, c.rdb, names, args...).Result()
	}
	var answer *redis.Cmd
	err := c.vouched(ctx, names[0], func(to redis.Pipeliner) { answer = s.EvalSha(ctx, to, names, args...) })
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		err = c.vouched(ctx, names[0], func(to redis.Pipeliner) { answer = s.Eval(ctx, to, names, args...) })
	}
	if answer == nil {
		return nil, err
	}
	return answer.Val(), err
}
