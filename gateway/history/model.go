package history

import (
	"fmt"
	"slices"

	"github.com/anishathalye/porcupine"
)

// model says what one record may answer: the sequential specification to which concurrent histories are compared.
var model = porcupine.Model{
	Init: func() any { return State{} },
	Step: func(state, input, output any) (bool, any) {
		s, _ := state.(State)
		o, _ := input.(*Operation)
		a, _ := output.(Answer)
		legal, next := step(s, o, a)
		return legal, next
	},
	DescribeOperation: func(input, output any) string {
		o, _ := input.(*Operation)
		a, _ := output.(Answer)
		text := fmt.Sprintf("%s %d: %s", o.Kind, o.Number, a.Result)
		if a.State.Exists {
			text += " " + a.State.String()
		}
		return text
	},
	DescribeState: func(state any) string { return fmt.Sprint(state) },
}

// step tells whether a record in a state can answer so to an operation, and its state after that.
func step(s State, o *Operation, a Answer) (legal bool, next State) {
	switch a.Result {
	case Exists, InUse:
		return s.Exists, s
	case Missing:
		return !s.Exists, s
	case NoRole, Refused:
		return true, s
	case Unknown:
		if after, can := effect(s, o); can {
			return true, after
		}
		return true, s
	case OK:
	}
	if o.Kind == Get {
		return a.State == s, s
	}
	next, can := effect(s, o)
	if o.Kind == Update && a.State != next { // the one write whose answer shows what it made of what it found
		can = false
	}
	return can, next
}

// effect is what a write makes of a state, if it can be carried out on it.
func effect(s State, o *Operation) (next State, can bool) {
	switch o.Kind {
	case Create:
		return written(o), !s.Exists
	case Replace:
		return written(o), true
	case Set:
		return written(o), s.Exists
	case Update:
		return s.Marked(o.Number), s.Exists
	case Delete:
		return State{}, s.Exists
	case Get, Search:
	}
	return s, true
}

// written is the state that a write of a whole record leaves. Roles have no values.
func written(o *Operation) State {
	if o.Key.Style() == Role {
		return Present(0)
	}
	return Present(o.Number)
}

// porcupineOps writes the operations on one record as Porcupine wants them, without those that say nothing. A write that may be carried out yet
// returns after everything else: put at the end, it is one that never was.
func porcupineOps(ops []*Operation) []porcupine.Operation {
	clients := map[string]int{}
	var all []porcupine.Operation
	for _, o := range ops {
		silent := o.Answer.Result == Refused || o.Answer.Result == NoRole || !o.Kind.writes() && o.Answer.Result == Unknown
		if o.Kind == Search || silent {
			continue
		}
		if _, known := clients[o.Client]; !known {
			clients[o.Client] = len(clients)
		}
		all = append(all, porcupine.Operation{
			ClientId: clients[o.Client], Input: o, Call: int64(o.Begin), Output: o.Answer, Return: int64(o.until()),
		})
	}
	return slices.Clip(all)
}
