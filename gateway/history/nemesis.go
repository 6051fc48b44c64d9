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
	Rests  Span // how long nothing happens, before each fault
	Lasts  Span // how long a fault lasts

	mu  sync.Mutex
	log []string
}

// Span is the shortest and the longest that something takes.
type Span struct{ Least, Most time.Duration }

func (s Span) draw(dice *rand.Rand) time.Duration {
	return s.Least + time.Duration(dice.Int64N(int64(s.Most-s.Least)+1))
}

// healWithin bounds one fault and its healing, the start of processes on a busy machine included.
const healWithin = 90 * time.Second

// Run lets faults strike until ctx ends. All are healed when it returns, or it tells why not.
func (n *Nemesis) Run(ctx context.Context, seed uint64, now func() time.Duration) error {
	dice := rand.New(rand.NewPCG(seed, uint64(len(n.Name)))) //nolint:gosec // to be repeated, not to be kept secret
	for pause(ctx, n.Rests.draw(dice)) {
		f := n.Faults[dice.IntN(len(n.Faults))]
		lasts := n.Lasts.draw(dice)
		n.note(now(), "%s for %s", f.Name, lasts.Round(time.Millisecond))
		if err := n.play(ctx, f, lasts); err != nil {
			n.note(now(), "%s: %s", f.Name, err)
			return fmt.Errorf("%s: %s: %w", n.Name, f.Name, err)
		}
		n.note(now(), "%s is healed", f.Name)
	}
	return nil
}

// play lets one fault strike and heals it. Neither is left undone when ctx ends; only the time between them becomes shorter.
func (n *Nemesis) play(ctx context.Context, f Fault, lasts time.Duration) error {
	sure, cancel := context.WithTimeout(context.WithoutCancel(ctx), healWithin)
	defer cancel()
	err := f.Strike(sure)
	if err == nil {
		pause(ctx, lasts)
	}
	return errors.Join(err, f.Heal(sure))
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
