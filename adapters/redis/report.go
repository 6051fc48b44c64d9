package redisstore

import (
	"context"
	"errors"
	"sync"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/profilegate/profilegate/core/store"
)

// task is something that the background does for a tenant. Tasks add up.
type task uint8

const (
	taskReport  task = 1 << iota // tell the others what this node has applied
	taskRefresh                  // read the members
	taskJoin                     // register this node again
	taskLeave                    // sign this node off
)

// reports hands tasks to the server that a tenant is on.
type reports struct{}

func (reports) add(t *Tenant, what task) {
	if s := t.server.Load(); s != nil {
		s.queue.add(t, what)
	}
}

// queue holds what is to be done in the background. However often a tenant is added before the next pass, it is done once.
type queue struct {
	mu    sync.Mutex
	tasks map[*Tenant]task
	wake  chan struct{} // holds one
}

func newQueue() queue { return queue{tasks: map[*Tenant]task{}, wake: make(chan struct{}, 1)} }

func (q *queue) add(t *Tenant, what task) {
	q.mu.Lock()
	q.tasks[t] |= what
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *queue) take() map[*Tenant]task {
	q.mu.Lock()
	defer q.mu.Unlock()
	tasks := q.tasks
	q.tasks = map[*Tenant]task{}
	return tasks
}

func (q *queue) empty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.tasks) == 0
}

// work does the tasks of a server's tenants, pass after pass. A pass begins when the one before is done, so under load each takes along all
// that came in between. Each server has its own, so that one which hangs holds up nobody else's.
func (s *server) work() {
	for delay := firstDelay; ; {
		select {
		case <-s.queue.wake:
		case <-s.ctx.Done():
			s.handOver()
			return
		}
		err := s.pass(s.ctx, s.queue.take())
		if err == nil {
			delay = firstDelay
			continue
		}
		s.c.noteTrouble(s.ctx, err)
		if s.ctx.Err() == nil {
			s.c.log.Warn("a report to the other nodes failed; trying again", "server", s.addr, "error", err)
		}
		s.pauseFor(delay)
		delay = min(2*delay, mostDelay)
	}
}

// handOver gives the tasks that are left to the servers that the tenants are on now.
func (s *server) handOver() {
	for t, what := range s.queue.take() {
		if t.server.Load() != s {
			s.c.reports.add(t, what)
		}
	}
}

// attendAtOnce bounds how many tenants are attended to at the same time: after an outage all have to be, and one after the other would take long.
const attendAtOnce = 16

// pass does what is to be done; what fails is added again.
func (s *server) pass(ctx context.Context, tasks map[*Tenant]task) error {
	var mu sync.Mutex
	var errs []error
	var reporting []*Tenant
	var attending errgroup.Group
	attending.SetLimit(attendAtOnce)
	for t, what := range tasks {
		attending.Go(func() error {
			rest, err := t.attend(ctx, what)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				s.c.reports.add(t, rest)
				errs = append(errs, err)
			} else if what&taskReport != 0 && !t.isClosed() {
				reporting = append(reporting, t)
			}
			return nil
		})
	}
	_ = attending.Wait() // the errors are in errs
	return errors.Join(append(errs, s.sendReports(ctx, reporting))...)
}

// attend does all tasks of a tenant but the report, and returns those that are left when one fails.
func (t *Tenant) attend(ctx context.Context, what task) (rest task, err error) {
	if t.isClosed() {
		if what&taskLeave != 0 {
			err = t.signOff(ctx)
		}
		return taskLeave, err
	}
	if what&taskJoin != 0 {
		err = t.join(ctx) // which reads the members as well
	} else if what&taskRefresh != 0 {
		err = t.refresh(ctx)
	}
	if err == nil && (t.members.speak() || what&taskJoin != 0 && !t.members.vouched()) {
		t.c.reports.add(t, taskReport)
	}
	if err == nil && t.members.standing(store.Head{}).doubted {
		t.c.reports.add(t, taskRefresh) // it changed again in the meantime
	}
	return what, err
}

// sendReports tells the others what this node has applied, of many tenants in one pipeline to their server.
func (s *server) sendReports(ctx context.Context, tenants []*Tenant) error {
	if len(tenants) == 0 {
		return nil
	}
	pipe := s.rdb.Pipeline()
	sent := make([]report, len(tenants))
	for i, t := range tenants {
		sent[i] = t.newReport()
		sent[i].via(ctx, pipe, s.c.scripts.report.EvalSha)
	}
	_, _ = pipe.Exec(ctx) // each answer holds its own error
	var errs []error
	for i := range sent {
		if redis.HasErrorPrefix(sent[i].answer.Err(), "NOSCRIPT") {
			sent[i].via(ctx, s.c.rdb, s.c.scripts.report.Run)
		}
		errs = append(errs, sent[i].done())
	}
	return errors.Join(errs...)
}

// What report.lua answers besides 0, to a node that is not registered.
const (
	reportNoted   = 1
	reportStrange = 2 // the log does not know the commit
)

// report is what one tenant tells the others, under the name by which this node is registered.
type report struct {
	t      *Tenant
	name   string
	own    store.Head
	answer *redis.Cmd
}

func (t *Tenant) newReport() report {
	name, own := t.members.registration()
	return report{t: t, name: name, own: own}
}

type runScript func(ctx context.Context, c redis.Scripter, keys []string, args ...any) *redis.Cmd

func (r *report) via(ctx context.Context, to redis.Scripter, run runScript) {
	k := &r.t.keys
	message := "a " + r.t.name + " " + r.name + " " + formatUint(r.own.Revision) + " "
	r.answer = run(ctx, to, []string{k.applied, k.epoch, k.commits},
		r.name, formatUint(r.own.Revision), idText(r.own), r.t.channel, message)
}

func (r *report) done() error {
	answer, err := r.answer.Int()
	if err != nil {
		r.t.c.reports.add(r.t, taskReport)
		return err
	}
	switch answer {
	case reportNoted:
		r.t.members.reported(r.name, r.own)
	case reportStrange:
		r.t.strange(r.own)
	default:
		r.t.removed(r.name)
	}
	return nil
}
