package history

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Round is one run of a workload with faults, and the verdict on it.
type Round struct {
	Workload *Workload
	Nemeses  []*Nemesis
	Lasts    time.Duration // how long faults strike and clients work
	Options  Options
}

// Run prepares, works while faults strike, heals, reads everything once more and checks. The error says that the deployment did not get well again,
// or logged what should not be there; promises that were broken are in the report.
func (r *Round) Run(ctx context.Context) (Report, error) {
	w := r.Workload
	if err := w.Prepare(ctx); err != nil {
		return Report{}, err
	}
	working, stop := context.WithTimeout(ctx, r.Lasts)
	defer stop()
	var running sync.WaitGroup
	failures := make([]error, len(r.Nemeses))
	for i, n := range r.Nemeses {
		running.Go(func() {
			// The clients go on until the last fault is healed.
			failures[i] = n.Run(working, w.Seed, w.Recorder.Now)
		})
	}
	clients, enough := context.WithCancel(ctx)
	var busy sync.WaitGroup
	busy.Go(func() { w.Run(clients) })
	<-working.Done()
	running.Wait()
	enough()
	busy.Wait()
	err := errors.Join(failures...)
	if err == nil {
		err = w.Settle(ctx)
	}
	for _, g := range w.Gateways {
		err = errors.Join(err, g.Alarms())
	}
	return Check(w.Recorder.History(), r.Options), err
}
