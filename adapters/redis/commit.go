package redisstore

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/store"
)

// maxCommitBytes bounds one commit as a whole. Redis itself drops connections that send a gigabyte.
const maxCommitBytes = 256 << 20

// attemptArg is where the number of the attempt stands among the arguments of commit.lua, counted from 0.
const attemptArg = 1

// Commit runs one script. When its answer is lost, or too few replicas confirm it, it is sent again, marked as such, until an answer comes or
// there is no time left: the script finds the commit by its id if it stands, so it is never carried out twice.
func (t *Tenant) Commit(ctx context.Context, c store.Commit) (store.Event, error) {
	if t.isClosed() {
		return store.Event{}, closedFault()
	}
	if err := c.Check(); err != nil {
		return store.Event{}, err
	}
	args, err := t.commitArgs(&c)
	if err != nil {
		return store.Event{}, err
	}
	seen := t.hint.state()
	ctx, by := withRoute(ctx)
	reply, err := t.send(ctx, c.ID, args)
	if err == nil && t.moved(by) {
		t.rejoin() // before the epoch of the answer is believed
	}
	if err != nil {
		if fault.KindOf(err) == fault.Uncertain {
			t.c.reports.add(t, taskRefresh) // which finds what became of it, should nobody have been told
		}
		return store.Event{}, err
	}
	e, epoch, err := readCommit(reply, &c)
	if err != nil {
		return store.Event{}, err
	}
	if _, fresh := reply.(string); fresh && len(c.Changes) > 0 {
		// What was known before the commit is before it.
		t.hint.asked(store.Head{Revision: e.Revision - 1, CommitID: e.Previous}, seen)
	}
	t.committed(e, epoch, len(c.Changes) > 0)
	return e, nil
}

// committed notes what an answer tells besides the event.
func (t *Tenant) committed(e store.Event, epoch string, written bool) {
	if !t.members.vouch(e.Head, epoch) {
		t.members.doubt()
		t.c.reports.add(t, taskRefresh)
	}
	if written {
		t.recent.add(e)
		t.hint.reached(e.Head)
	}
}

// send gets the script's answer, sending it as often as need be.
func (t *Tenant) send(ctx context.Context, id uuid.UUID, args []any) (any, error) {
	names := []string{t.keys.head, t.keys.records, t.keys.refs, t.keys.log, t.keys.commits, t.keys.resent + id.String(), t.keys.epoch}
	p := t.c.patience()
	attempt := 0 // how often an answer may have been lost: after the first, "not written" cannot be said any more
	var trouble error
	for {
		if err := ctx.Err(); err != nil {
			return nil, unsure(attempt, err, ended(err, trouble))
		}
		args[attemptArg] = strconv.Itoa(attempt)
		reply, err := t.c.script(ctx, t.c.scripts.commit, names, args...)
		if err == nil {
			again, isVoid := voidOf(reply)
			if !isVoid {
				return reply, nil
			}
			attempt = again + 1 // somebody sent this commit again while we did not know
			continue
		}
		err = ofRefusal(reply, err)
		switch {
		case brokeInside(err):
			return nil, uncertain(err)
		case outcomeOf(err) == refused:
			return nil, unsure(attempt, err, unreachable(err))
		case outcomeOf(err) == lost:
			attempt++
		}
		trouble = err
		if !p.pause(ctx, t.closed) {
			return nil, unsure(attempt, err, t.c.gaveUp(ctx, err, trouble))
		}
	}
}

// ofRefusal notes with an answer that too few replicas confirmed whether it was that nothing was written.
func ofRefusal(reply any, err error) error {
	var short *shortError
	if text, ok := reply.(string); ok && errors.As(err, &short) {
		short.unwritten = strings.HasPrefix(text, "no ") || strings.HasPrefix(text, "at ") || strings.HasPrefix(text, "void ")
	}
	return err
}

// brokeInside tells a script that stopped in its middle from one that never ran. The commit script does not do so as long as nobody else
// writes to its keys.
func brokeInside(err error) bool {
	var answer redis.Error
	return errors.As(err, &answer) && strings.Contains(answer.Error(), "script:") &&
		(strings.HasPrefix(answer.Error(), "ERR") || strings.HasPrefix(answer.Error(), "WRONGTYPE"))
}

// unsure turns a failure into Uncertain when an earlier attempt may have been carried out.
func unsure(attempt int, cause, otherwise error) error {
	if attempt == 0 {
		return otherwise
	}
	return uncertain(cause)
}

func uncertain(cause error) error {
	return &fault.Error{
		Kind: fault.Uncertain, Code: fault.CodeCommitUncertain, Message: "The write may or may not stand.", Cause: cause,
	}
}

// commitArgs lays a commit out as commit.lua wants it.
func (t *Tenant) commitArgs(c *store.Commit) ([]any, error) {
	args := make([]any, 0, 10+3*len(c.Conditions)+5*len(c.Changes))
	args = append(args, c.ID.String(), "0", formatUint(c.Since), t.channel, t.commitMessage, t.logLength, t.trimEvery,
		t.members.lonely(), t.c.fenceArg, strconv.Itoa(len(c.Conditions)))
	for i := range c.Conditions {
		cond := &c.Conditions[i]
		args = append(args, requirementCode(cond.Require), field(cond.Key), versionArg(cond))
	}
	size := 0
	for i := range c.Changes {
		ch := &c.Changes[i]
		name := field(ch.Key)
		if ch.Delete {
			args = append(args, "d", name, frame(name, 0), "", "")
			continue
		}
		refs, err := encodeRefs(ch.Refs)
		if err != nil {
			return nil, err
		}
		tail := recordTail(refs, ch.Data)
		size += len(tail) + len(refs)
		args = append(args, "p", name, frame(name, len(tail)), tail, refs)
	}
	if size > maxCommitBytes {
		return nil, fault.InvalidArgument("changes", "at most 256 MiB in one commit")
	}
	return args, nil
}

// frame is what stands before a change's tail in a log entry, but for the version.
func frame(name string, tail int) string {
	return strconv.Itoa(len(name)) + " " + strconv.Itoa(tail) + " " + name
}

// recordTail is what of a stored record the sender knows: all but version and revision.
func recordTail(refs string, data []byte) []byte {
	tail := make([]byte, 0, len(refs)+len(data)+8)
	tail = strconv.AppendInt(tail, int64(len(refs)), 10)
	tail = append(tail, ' ')
	tail = append(tail, refs...)
	return append(tail, data...)
}

// versionArg is how the record must begin that a condition asks for.
func versionArg(c *store.Condition) string {
	if c.Revision == 0 {
		return formatUint(c.Version) + " "
	}
	return formatUint(c.Version) + " " + formatUint(c.Revision) + " "
}

func requirementCode(r store.Requirement) string {
	switch r {
	case store.Absent:
		return "a"
	case store.Exists:
		return "e"
	case store.AtVersion:
		return "v"
	case store.Unreferenced:
	}
	return "u"
}

// encodeRefs writes references as a JSON array of fields, which a script can take apart at the speed of C.
func encodeRefs(refs []store.Key) (string, error) {
	if len(refs) == 0 {
		return "", nil
	}
	fields := make([]string, len(refs))
	for i, k := range refs {
		fields[i] = field(k)
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return "", fault.Internalf("redis: encoding references: %w", err)
	}
	return string(text), nil
}
