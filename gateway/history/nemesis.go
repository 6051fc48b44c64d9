package history

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// Fault is something that goes wrong for a while.
type Fault struct {
	Name   string
	Strike func(ctx context.Context) error
	Heal   func(ctx context.Context) error
}

// Nemesis lets faults strike, one after the other, in an order and for times that follow from a seed. What goes wrong with a fault itself (a process
// that does not come back) ends it, and Run tells.
type Nemesis struct {
	Name   string
	Faults []Fault
	Least  time.Duration // the shortest and the longest time that a fault lasts, and that passes between two of them
	Most   time.Duration

	mu  sync.Mutex
	log []string
}

// healWithin bounds the healing of one fault, the start of processes on a busy machine included.
const healWithin = 90 * time.Second

// Run lets faults strike until ctx ends. All are healed when it returns, or it tells why not.
func (n *Nemesis) Run(ctx context.Context, seed uint64, now func() time.Duration) error {
	dice := rand.New(rand.NewPCG(seed, uint64(len(n.Name)))) //nolint:gosec // to be repeated, not to be kept secret
	for pause(ctx, n.span(dice)) {
		f := n.Faults[dice.IntN(len(n.Faults))]
		lasts := n.span(dice)
		n.note(now(), "%s for %s", f.Name, lasts.Round(time.Millisecond))
		err := f.Strike(ctx)
		if err == nil {
			pause(ctx, lasts)
		}
		healing, cancel := context.WithTimeout(context.WithoutCancel(ctx), healWithin)
		err = errors.Join(err, f.Heal(healing))
		cancel()
		if err != nil {
			n.note(now(), "%s: %s", f.Name, err)
			return fmt.Errorf("%s: %s: %w", n.Name, f.Name, err)
		}
		n.note(now(), "%s is healed", f.Name)
	}
	return nil
}

func (n *Nemesis) span(dice *rand.Rand) time.Duration {
	return n.Least + time.Duration(dice.Int64N(int64(n.Most-n.Least)+1))
}

func (n *Nemesis) note(at time.Duration, format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.log = append(n.log, fmt.Sprintf("%9s %s: %s", at.Round(time.Millisecond), n.Name, fmt.Sprintf(format, args...)))
}

// Log is what was done when, a line each.
func (n *Nemesis) Log() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.log, "\n")
}

// Kills is the fault of a gateway that is killed and started again.
func Kills(g *Gateway) Fault {
	return Fault{
		Name:   "kill -9 " + g.Name,
		Strike: func(context.Context) error { return g.Kill() },
		Heal:   g.Start,
	}
}

// Pauses is the fault of a gateway that stands still.
func Pauses(g *Gateway) Fault {
	return Fault{
		Name:   "SIGSTOP " + g.Name,
		Strike: func(context.Context) error { return g.Pause() },
		Heal:   func(context.Context) error { return g.Resume() },
	}
}

// Stalls is the fault of a gateway that cannot reach its store: nothing passes. It is noted as a cut.
func Stalls(g *Gateway, k *Link, r *Recorder) Fault {
	over := func() {}
	return Fault{
		Name: "stall the link of " + g.Name,
		Strike: func(context.Context) error {
			k.Stall()
			over = r.CutOff(g.Name)
			return nil
		},
		Heal: func(context.Context) error {
			over()
			k.Restore()
			return nil
		},
	}
}

// Slows is the fault of a link on which everything takes its time.
func Slows(g *Gateway, k *Link, by time.Duration) Fault {
	return Fault{
		Name:   "slow the link of " + g.Name,
		Strike: func(context.Context) error { k.Delay(by); return nil },
		Heal:   func(context.Context) error { k.Restore(); return nil },
	}
}

// Cuts is the fault of connections that end.
func Cuts(g *Gateway, k *Link) Fault {
	return Fault{
		Name:   "cut the connections of " + g.Name,
		Strike: func(context.Context) error { k.Cut(); return nil },
		Heal:   func(context.Context) error { return nil },
	}
}
