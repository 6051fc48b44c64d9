package redisstore

import (
	"context"
	"errors"
	"sync"

	"github.com/redis/go-redis/v9"

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

// reports holds what is to be done in the background. However often a tenant is added before the next pass, it is done once.
type reports struct {
	mu    sync.Mutex
	tasks map[*Tenant]task
	wake  chan struct{} // holds one
}

func (r *reports) init() {
	r.tasks = map[*Tenant]task{}
	r.wake = make(chan struct{}, 1)
}

func (r *reports) add(t *Tenant, what task) {
	r.mu.Lock()
	r.tasks[t] |= what
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *reports) take() map[*Tenant]task {
	r.mu.Lock()
	defer r.mu.Unlock()
	tasks := r.tasks
	r.tasks = map[*Tenant]task{}
	return tasks
}

// report works the tasks off, pass after pass. A pass begins when the one before is done, so under load each takes along all that came
// in between.
func (c *Client) report() {
	for delay := firstDelay; ; {
		select {
		case <-c.reports.wake:
		case <-c.ctx.Done():
			return
		}
		err := c.pass(c.ctx, c.reports.take())
		if err == nil {
			delay = firstDelay
			continue
		}
		if c.ctx.Err() == nil {
			c.log.Warn("a report to the other nodes failed; trying again", "error", err)
		}
		c.pauseFor(delay)
		delay = min(2*delay, mostDelay)
	}
}

// pass does what is to be done; what fails is added again.
func (c *Client) pass(ctx context.Context, tasks map[*Tenant]task) error {
	var errs []error
	var reporting []*Tenant
	for t, what := range tasks {
		if rest, err := t.attend(ctx, what); err != nil {
			c.reports.add(t, rest)
			errs = append(errs, err)
		} else if what&taskReport != 0 && !t.isClosed() {
			reporting = append(reporting, t)
		}
	}
	return errors.Join(append(errs, c.sendReports(ctx, reporting))...)
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

// sendReports tells the others what this node has applied, of many tenants in one pipeline.
func (c *Client) sendReports(ctx context.Context, tenants []*Tenant) error {
	if len(tenants) == 0 {
		return nil
	}
	pipe := c.rdb.Pipeline()
	sent := make([]report, len(tenants))
	for i, t := range tenants {
		sent[i] = t.newReport()
		sent[i].via(ctx, pipe, c.scripts.report.EvalSha)
	}
	_, _ = pipe.Exec(ctx) // each answer holds its own error
	var errs []error
	for i := range sent {
		if redis.HasErrorPrefix(sent[i].answer.Err(), "NOSCRIPT") {
			sent[i].via(ctx, c.rdb, c.scripts.report.Run)
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
		r.name, formatUint(r.own.Revision), idText(r.own), r.t.c.channel, message)
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
