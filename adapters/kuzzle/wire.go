package kuzzle

import (
	"strconv"
	"time"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/profile"
)

// reply is all that an enveloped answer tells.
type reply struct {
	request *Request        // nil: none could be made, so no action is named
	id      jsonvalue.Value // the request's id
	answer  answer
	failure *kuzzleError
	status  int  // 0: the failure's, else 200
	room    bool // repeat the id as the room, as answers over WebSocket do

	revision    string // of what was written or read, told to who asked for it; empty: nothing to tell
	unconfirmed bool   // not every node has confirmed that searches find what was written
}

// statusCode is what the answer's status is.
func (r reply) statusCode() int {
	switch {
	case r.status != 0:
		return r.status
	case r.failure != nil:
		return r.failure.status
	default:
		return 200
	}
}

// appendTo writes the envelope, with its keys in Kuzzle's order.
func (r reply) appendTo(dst []byte) []byte {
	if r.answer.bareType != "" {
		return r.appendBare(dst)
	}
	q := r.request
	if q == nil {
		q = &Request{}
	}
	dst = appendName(append(dst, `{"action":`...), q.Action)
	dst = appendArgument(dst, "collection", q.Args)
	dst = appendName(append(dst, `,"controller":`...), q.Controller)
	dst = append(dst, `,"error":`...)
	if r.failure == nil {
		dst = append(dst, "null"...)
	} else {
		dst = r.failure.appendTo(dst)
	}
	dst = append(dst, `,"headers":{}`...)
	dst = appendArgument(dst, "index", q.Args)
	dst = r.id.AppendTo(append(dst, `,"requestId":`...))
	switch {
	case r.answer.result != nil:
		dst = r.answer.result.AppendTo(append(dst, `,"result":`...))
	case r.failure != nil:
		dst = append(dst, `,"result":null`...)
	}
	dst = strconv.AppendInt(append(dst, `,"status":`...), int64(r.statusCode()), 10)
	dst = q.Volatile.AppendTo(append(dst, `,"volatile":`...))
	if r.room {
		dst = r.id.AppendTo(append(dst, `,"room":`...))
	}
	if r.revision != "" {
		dst = appendText(append(dst, `,"revision":`...), r.revision)
	}
	if r.unconfirmed {
		dst = append(dst, `,"unconfirmed":true`...)
	}
	return append(dst, '}')
}

// appendBare writes the result alone, which is an object; over WebSocket it tells the room all the same.
func (r reply) appendBare(dst []byte) []byte {
	dst = r.answer.result.AppendTo(dst)
	if r.room {
		dst = r.id.AppendTo(append(dst[:len(dst)-1], `,"room":`...))
		dst = append(dst, '}')
	}
	return dst
}

// appendTo writes the error as it stands in an envelope, or alone.
func (e *kuzzleError) appendTo(dst []byte) []byte {
	if e.id == "" {
		dst = appendText(append(dst, `{"message":`...), e.message)
		return append(strconv.AppendInt(append(dst, `,"status":`...), int64(e.status), 10), '}')
	}
	dst = strconv.AppendInt(append(dst, `{"code":`...), int64(e.code), 10)
	dst = appendText(append(dst, `,"id":`...), e.id)
	dst = appendText(append(dst, `,"message":`...), e.message)
	dst = append(dst, `,"props":[`...)
	for i, p := range e.props {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = p.AppendTo(dst)
	}
	dst = strconv.AppendInt(append(dst, `],"status":`...), int64(e.status), 10)
	if e.parts != nil {
		dst = e.appendParts(dst)
	}
	return append(dst, '}')
}

// appendParts writes the errors of the parts that failed, and how many there are.
func (e *kuzzleError) appendParts(dst []byte) []byte {
	dst = append(dst, `,"errors":[`...)
	for i, part := range e.parts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = part.appendTo(dst)
	}
	return strconv.AppendInt(append(dst, `],"count":`...), int64(len(e.parts)), 10)
}

func appendText(dst []byte, s string) []byte { return jsonvalue.String(s).AppendTo(dst) }

// appendName writes a name, or null where there is none.
func appendName(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, "null"...)
	}
	return appendText(dst, s)
}

// appendArgument repeats an argument where the request has it.
func appendArgument(dst []byte, name string, args arguments) []byte {
	v := args.Get(name)
	if v.IsAbsent() {
		return dst
	}
	dst = append(append(append(dst, `,"`...), name...), `":`...)
	return v.AppendTo(dst)
}

// document is a profile or a role as a result: _id and _source, and what the gateway tells besides of one that was just written.
type document struct {
	rendered []byte // {"_id":…,"_source":{…}, without the last brace
	version  uint64 // told of what was just written; 0: it was only read
	created  triple // told where either could be
}

// triple is a boolean, or nothing.
type triple uint8

// The values of a triple.
const (
	untold triple = iota
	yes
	no
)

func tripleOf(b bool) triple {
	if b {
		return yes
	}
	return no
}

// AppendTo implements encoder.
func (d document) AppendTo(dst []byte) []byte {
	dst = append(dst, d.rendered...)
	if d.version != 0 {
		dst = strconv.AppendUint(append(dst, `,"_version":`...), d.version, 10)
	}
	if d.created != untold {
		dst = strconv.AppendBool(append(dst, `,"created":`...), d.created == yes)
	}
	return append(dst, '}')
}

// documents are some documents, without a total.
type documents []document

// AppendTo implements encoder.
func (d documents) AppendTo(dst []byte) []byte { return append(d.appendHits(dst), '}') }

// appendHits leaves the object open.
func (d documents) appendHits(dst []byte) []byte {
	dst = append(dst, `{"hits":[`...)
	for i := range d {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = d[i].AppendTo(dst)
	}
	return append(dst, ']')
}

// hits is a page of documents and how many there are in all.
type hits struct {
	page   documents
	scroll string // empty: none
	total  int
}

// AppendTo implements encoder.
func (h hits) AppendTo(dst []byte) []byte {
	dst = h.page.appendHits(dst)
	if h.scroll != "" {
		dst = appendText(append(dst, `,"scrollId":`...), h.scroll)
	}
	dst = append(dst, `,"total":`...)
	return append(strconv.AppendInt(dst, int64(h.total), 10), '}')
}

// profileDocument gives a profile as a result. The profile keeps the encoding: a read copies bytes.
func profileDocument(p *profile.Profile) document {
	return document{rendered: p.Rendering(renderProfile)}
}

func renderProfile(p *profile.Profile) []byte {
	body, ok := p.Body.(*profile.Policies)
	if !ok {
		return renderDocument(p.ID, []byte("{}"), info{})
	}
	return renderDocument(p.ID, body.Source, info{body.Author, body.Updater, p.CreatedAt, p.UpdatedAt})
}

func roleDocument(r *access.Role) document {
	return document{rendered: renderDocument(r.ID, r.Source, info{r.Author, r.Updater, r.CreatedAt, r.UpdatedAt})}
}

// info is what Kuzzle tells of who wrote a record and when.
type info struct {
	author, updater    string
	createdAt, updated time.Time
}

// renderDocument writes _id and _source: the source's own members, then _kuzzle_info. The object stays open.
func renderDocument(id string, source []byte, i info) []byte {
	dst := make([]byte, 0, len(id)+len(source)+128)
	dst = appendText(append(dst, `{"_id":`...), id)
	dst = append(dst, `,"_source":`...)
	dst = append(dst, source[:len(source)-1]...)
	if len(source) > len("{}") {
		dst = append(dst, ',')
	}
	dst = appendName(append(dst, `"_kuzzle_info":{"author":`...), i.author)
	dst = appendMillis(append(dst, `,"createdAt":`...), i.createdAt)
	dst = appendMillis(append(dst, `,"updatedAt":`...), i.updated)
	dst = appendName(append(dst, `,"updater":`...), i.updater)
	return append(dst, "}}"...)
}

// appendMillis writes a time as milliseconds since 1970, or null where there is none.
func appendMillis(dst []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(dst, "null"...)
	}
	return strconv.AppendInt(dst, t.UnixMilli(), 10)
}
