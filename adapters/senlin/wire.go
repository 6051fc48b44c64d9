package senlin

import (
	"strconv"

	"github.com/profilegate/profilegate/core/jsonvalue"
	"github.com/profilegate/profilegate/core/store"
)

func appendText(dst []byte, s string) []byte { return jsonvalue.String(s).AppendTo(dst) }

func appendInt(dst []byte, n int) []byte { return strconv.AppendInt(dst, int64(n), 10) }

// revisionHeader tells the tenant's revision that a write made. Senlin has no such header; the gateway's own names never stand in bodies.
const revisionHeader = "X-Profilegate-Revision"

func revision(h store.Head) string { return strconv.FormatUint(h.Revision, 10) }
