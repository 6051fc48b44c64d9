package history

import (
	"slices"
	"sync"
	"time"
)

// Recorder notes operations. Its methods may be called from many goroutines.
type Recorder struct {
	started time.Time

	mu   sync.Mutex
	last int
	ops  []Operation
	cuts []Cut
}

// NewRecorder starts the clock.
func NewRecorder() *Recorder { return &Recorder{started: time.Now()} }

// Now is the time since the start of the recording.
func (r *Recorder) Now() time.Duration { return time.Since(r.started) }

// Do notes an operation that call carries out. It gets its number, and the value that it writes, before it begins.
func (r *Recorder) Do(o Operation, call func(*Operation) Answer) Operation {
	r.mu.Lock()
	r.last++
	o.Number = r.last
	r.mu.Unlock()

	o.Begin = r.Now()
	o.Answer = call(&o)
	o.End = r.Now()
	if o.Answer.ID != "" && o.Key.ID() == "" {
		o.Key = KeyOf(o.Key.Style(), o.Answer.ID)
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	r.ops = append(r.ops, o)
	return o
}

// Cut is a time in which a node could not reach its store, whatever it tried.
type Cut struct {
	Node string        `json:"node"`
	From time.Duration `json:"from"`
	To   time.Duration `json:"to"`
}

// CutOff notes that a node is cut off from now on. What it gives is called before it is not any more.
func (r *Recorder) CutOff(node string) (over func()) {
	from := r.Now()
	return func() {
		to := r.Now()
		r.mu.Lock()
		defer r.mu.Unlock()
		r.cuts = append(r.cuts, Cut{Node: node, From: from, To: to})
	}
}

// History is what was noted so far, in the order in which operations began.
func (r *Recorder) History() History {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := History{Operations: slices.Clone(r.ops), Cuts: slices.Clone(r.cuts)}
	slices.SortStableFunc(h.Operations, func(a, b Operation) int { return int(a.Begin - b.Begin) })
	return h
}

// History is a recording.
type History struct {
	Operations []Operation
	Cuts       []Cut
}

// keys groups what concerns one record, in order. What a server would have called a record that nobody knows of is left out.
func (h *History) keys() map[Key][]*Operation {
	keys := map[Key][]*Operation{}
	for i := range h.Operations {
		if o := &h.Operations[i]; o.Key.ID() != "" {
			keys[o.Key] = append(keys[o.Key], o)
		}
	}
	return keys
}
