package senlin

import (
	"strconv"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

func appendText(dst []byte, s string) []byte { return jsonvalue.String(s).AppendTo(dst) }

func appendInt(dst []byte, n int) []byte { return strconv.AppendInt(dst, int64(n), 10) }
