package history

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is what an operation does.
type Kind string

// The kinds. Policy profiles take all but Set, spec profiles Create, Set, Delete, Get and Search, roles Create, Delete and Get.
const (
	Create  Kind = "create"  // a new record with a value
	Replace Kind = "replace" // a new record, or one in the place of the old one, with a value and no marks
	Update  Kind = "update"  // adds a mark to the record there is
	Set     Kind = "set"     // gives the record there is a value
	Delete  Kind = "delete"
	Get     Kind = "get"    // by id
	Search  Kind = "search" // what this node finds
)

// writes tells whether an operation of this kind may change something.
func (k Kind) writes() bool { return k != Get && k != Search }

// Result is what an answer says.
type Result string

// The results.
const (
	OK      Result = "ok"
	Exists  Result = "exists"  // not created: there is one
	Missing Result = "missing" // there is none
	NoRole  Result = "no_role" // not written: the role does not exist
	InUse   Result = "in_use"  // not deleted: it is referred to
	Refused Result = "refused" // nothing was done, and nothing said about what there is
	Unknown Result = "unknown" // it may have been done, or be done yet
)

// Key names a record: a style, a slash, an id.
type Key string

// The styles.
const (
	Policy = "policy"
	Spec   = "spec"
	Role   = "role"
)

// KeyOf makes a key.
func KeyOf(style, id string) Key { return Key(style + "/" + id) }

// Style is what kind of record the key names.
func (k Key) Style() string { style, _, _ := strings.Cut(string(k), "/"); return style }

// ID is the record's id.
func (k Key) ID() string { _, id, _ := strings.Cut(string(k), "/"); return id }

// State is what a record is seen as: absent (the zero State), or a value, which is the number of the operation that wrote it, and the marks
// that updates left on it since, as ascending numbers with a comma before each.
type State struct {
	Exists bool   `json:"exists"`
	Value  int    `json:"value,omitempty"`
	Marks  string `json:"marks,omitempty"`
}

// Present is a record with a value and marks.
func Present(value int, marks ...int) State {
	slices.Sort(marks)
	var text strings.Builder
	for _, m := range marks {
		text.WriteString("," + strconv.Itoa(m))
	}
	return State{Exists: true, Value: value, Marks: text.String()}
}

// Has tells whether an update left its mark.
func (s State) Has(mark int) bool { return slices.Contains(s.marks(), mark) }

// Marked is the state with one more mark.
func (s State) Marked(mark int) State { return Present(s.Value, append(s.marks(), mark)...) }

func (s State) marks() []int {
	var marks []int
	for text := range strings.SplitSeq(strings.TrimPrefix(s.Marks, ","), ",") {
		if m, err := strconv.Atoi(text); err == nil {
			marks = append(marks, m)
		}
	}
	return marks
}

func (s State) String() string {
	if !s.Exists {
		return "absent"
	}
	if s.Marks == "" {
		return strconv.Itoa(s.Value)
	}
	return strconv.Itoa(s.Value) + "+" + s.Marks[1:]
}

// Answer is what an operation was told.
type Answer struct {
	Result      Result        `json:"result"`
	State       State         `json:"state"`                 // of the key, where the answer shows it
	ID          string        `json:"id,omitempty"`          // that the server chose for a new record
	Found       map[Key]State `json:"found,omitempty"`       // what a search found of the keys that were watched
	Revision    uint64        `json:"revision,omitempty"`    // that a write made, where it was told
	Unconfirmed bool          `json:"unconfirmed,omitempty"` // the write stands, and not every node confirmed it
	Told        string        `json:"told,omitempty"`        // what was said, where that is not OK
}

// Operation is one call and its answer. Times count from the start of the recording, on one monotonic clock.
type Operation struct {
	Number int    `json:"number"` // also the value or mark that it writes
	Client string `json:"client"` // "websocket at gateway 2"
	Node   string `json:"node"`
	Kind   Kind   `json:"kind"`
	Key    Key    `json:"key,omitempty"`
	Name   string `json:"name,omitempty"`  // of a new spec profile, or that a search of them asks for
	Role   string `json:"role,omitempty"`  // that a policy profile is given, or that a search asks for
	Watch  []Key  `json:"watch,omitempty"` // what a search is to be judged by
	Wait   bool   `json:"wait,omitempty"`  // for every node
	Final  bool   `json:"final,omitempty"` // when all is healed

	Begin  time.Duration `json:"begin"`
	End    time.Duration `json:"end"`
	Answer Answer        `json:"answer"`
}

// acked tells whether a write was acknowledged.
func (o *Operation) acked() bool { return o.Kind.writes() && o.Answer.Result == OK }

// mayWrite tells whether a write was carried out, or may have been.
func (o *Operation) mayWrite() bool {
	return o.Kind.writes() && (o.Answer.Result == OK || o.Answer.Result == Unknown)
}

// until is when the operation was over at the latest.
func (o *Operation) until() time.Duration {
	if o.Answer.Result == Unknown {
		return never
	}
	return o.End
}

const never = time.Duration(1<<62 - 1)

func (o *Operation) String() string {
	text := fmt.Sprintf("#%d %s %s", o.Number, o.Kind, o.Key)
	if o.Wait {
		text += " wait_for"
	}
	answer := string(o.Answer.Result)
	if o.Answer.State.Exists {
		answer += " " + o.Answer.State.String()
	}
	if o.Answer.Told != "" {
		answer += " (" + o.Answer.Told + ")"
	}
	return fmt.Sprintf("%s by %s at %s for %s: %s", text, o.Client, o.Begin.Round(time.Microsecond), (o.End - o.Begin).Round(time.Microsecond), answer)
}
