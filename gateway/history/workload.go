package history

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Workload has many clients work on a few records at a time. A record is given up for a new one after so many operations, which keeps the
// histories of single records short enough to be judged.
type Workload struct {
	Recorder *Recorder
	Gateways []*Gateway
	Seed     uint64
	Slots    int           // policy profiles, and spec profiles, that are worked on at a time; 0: 3
	Uses     int           // operations on one record; 0: 30
	Timeout  time.Duration // for one answer; 0: 4 s
	Think    time.Duration // at most, between two operations of a client; 0: 8 ms

	mu       sync.Mutex
	policies []slot
	specs    []slot
	races    slot // a role that comes and goes, and a profile that is given it
	used     map[Key]string
}

// slot is a place for records that follow each other.
type slot struct {
	key  Key    // without an id: a spec profile that is yet to be made
	name string // of a spec profile
	role string // of a policy profile
	uses int
	era  int
}

// Run works until ctx ends. The roles must exist: Prepare.
func (w *Workload) Run(ctx context.Context) {
	w.mu.Lock()
	if w.used == nil {
		w.used = map[Key]string{}
	}
	for i := range w.slots() {
		w.policies = append(w.policies, slot{key: KeyOf(Policy, fmt.Sprintf("p%d-0", i)), role: team(i)})
		w.specs = append(w.specs, slot{key: KeyOf(Spec, ""), name: fmt.Sprintf("s%d-0", i)})
	}
	w.races = raceSlot(0)
	w.mu.Unlock()
	var working sync.WaitGroup
	for n, g := range w.Gateways {
		for m, c := range Clients(g.Addresses) {
			dice := rand.New(rand.NewPCG(w.Seed, uint64(100*n+m))) //nolint:gosec // to be repeated, not to be kept secret
			working.Go(func() {
				defer c.Close()
				for ctx.Err() == nil {
					think := w.think()
					if w.once(ctx, g, c, dice).Answer.Result == Refused {
						think *= 8 // it is likely to be so for a while
					}
					pause(ctx, time.Duration(dice.Int64N(int64(think))+1))
				}
			})
		}
	}
	working.Wait()
}

func (w *Workload) slots() int {
	if w.Slots == 0 {
		return 3
	}
	return w.Slots
}

func (w *Workload) think() time.Duration {
	if w.Think == 0 {
		return 8 * time.Millisecond
	}
	return w.Think
}

func team(slot int) string { return fmt.Sprintf("team-%d", slot) }

func raceSlot(era int) slot {
	role := fmt.Sprintf("race-%d", era)
	return slot{key: KeyOf(Policy, "of-"+role), role: role, era: era}
}

// Prepare makes the roles that profiles are given, before anything goes wrong.
func (w *Workload) Prepare(ctx context.Context) error {
	c := newKuzzleHTTP(w.Gateways[0].Addresses)
	defer c.Close()
	for i := range w.slots() {
		o := w.do(ctx, w.Gateways[0].Name, c, Operation{Kind: Create, Key: KeyOf(Role, team(i)), Wait: true})
		if o.Answer.Result != OK {
			return fmt.Errorf("making a role: %s", &o)
		}
	}
	return nil
}

// do carries one operation out. An answer is waited for whether ctx ends or not: else every run would end with operations of which nobody knows.
func (w *Workload) do(ctx context.Context, node string, c Client, o Operation) Operation {
	timeout := w.Timeout
	if timeout == 0 {
		timeout = 4 * time.Second
	}
	o.Node, o.Client = node, c.Name()+" at "+node
	return w.Recorder.Do(o, func(o *Operation) Answer {
		calling, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
		defer cancel()
		return c.Do(calling, o)
	})
}

// once chooses an operation and carries it out.
func (w *Workload) once(ctx context.Context, g *Gateway, c Client, dice *rand.Rand) Operation {
	if c.Style() == Spec {
		return w.onceSpec(ctx, g, c, dice)
	}
	if slices.Contains(c.Kinds(), Update) && dice.IntN(6) == 0 {
		return w.do(ctx, g.Name, c, w.raceOperation(dice))
	}
	i := dice.IntN(w.slots())
	s := w.take(&w.policies[i], func(s *slot) { s.key = KeyOf(Policy, fmt.Sprintf("p%d-%d", i, s.era)) })
	o := Operation{Kind: choose(dice, c.Kinds()), Key: s.key, Role: s.role, Wait: dice.IntN(3) == 0}
	if o.Kind == Search {
		o.Key, o.Watch, o.Wait = "", []Key{s.key}, false
	}
	o.Wait = o.Wait && o.Kind.writes()
	return w.do(ctx, g.Name, c, o)
}

// weights say how often an operation is chosen.
var weights = map[Kind]int{Create: 4, Replace: 1, Update: 4, Set: 4, Delete: 1, Get: 5, Search: 5}

func choose(dice *rand.Rand, kinds []Kind) Kind {
	sum := 0
	for _, k := range kinds {
		sum += weights[k]
	}
	at := dice.IntN(sum)
	for _, k := range kinds {
		if at -= weights[k]; at < 0 {
			return k
		}
	}
	return Get
}

// raceOperation has a role come and go while a profile is given it.
func (w *Workload) raceOperation(dice *rand.Rand) Operation {
	s := w.take(&w.races, func(s *slot) { *s = raceSlot(s.era) })
	role := KeyOf(Role, s.role)
	w.mu.Lock()
	w.used[role] = ""
	w.mu.Unlock()
	switch dice.IntN(5) {
	case 0:
		return Operation{Kind: Create, Key: role}
	case 1:
		return Operation{Kind: Delete, Key: role}
	case 2:
		return Operation{Kind: Delete, Key: s.key}
	default:
		return Operation{Kind: Create, Key: s.key, Role: s.role}
	}
}

// onceSpec works on a spec profile. Its id is the server's choice: whoever finds a slot without one makes it, under a name of its own.
func (w *Workload) onceSpec(ctx context.Context, g *Gateway, c Client, dice *rand.Rand) Operation {
	i := dice.IntN(w.slots())
	s := w.take(&w.specs[i], func(s *slot) { s.key, s.name = KeyOf(Spec, ""), fmt.Sprintf("s%d-%d", i, s.era) })
	if s.key.ID() == "" {
		o := w.do(ctx, g.Name, c, Operation{Kind: Create, Key: s.key, Name: s.name, Wait: dice.IntN(3) == 0})
		if o.Answer.Result == OK {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.used[o.Key] = ""
			if at := &w.specs[i]; at.era == s.era {
				at.key = o.Key
			}
		}
		return o
	}
	o := Operation{Kind: choose(dice, []Kind{Set, Set, Delete, Get, Search}), Key: s.key, Wait: dice.IntN(3) == 0}
	if o.Kind == Search {
		o.Key, o.Name, o.Watch = "", s.name, []Key{s.key}
	}
	o.Wait = o.Wait && o.Kind.writes()
	return w.do(ctx, g.Name, c, o)
}

// take counts a use of a slot's record and, when it has had its uses, puts a new one into its place.
func (w *Workload) take(at *slot, renew func(*slot)) slot {
	uses := w.Uses
	if uses == 0 {
		uses = 30
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if at.uses++; at.uses > uses {
		at.era++
		at.uses = 1
		renew(at)
	}
	if at.key.ID() != "" {
		w.used[at.key] = at.role
	}
	return *at
}
