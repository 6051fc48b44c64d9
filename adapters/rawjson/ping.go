package rawjson

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// pong answers the ping that browsers send, which cannot send ping frames.
var pong = []byte(`{"p":2}`)

// isPing tells whether a message is {"p":1}: an object whose only member is p with the number 1, written in any way that JSON allows.
// Messages whose first member is not named p cost a look at their first bytes.
func isPing(payload []byte) bool {
	if string(payload) == `{"p":1}` {
		return true
	}
	if !startsLikePing(payload) {
		return false
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(payload, &members) != nil || len(members) != 1 {
		return false
	}
	// A string or a literal is no number to ParseFloat, save that it knows "Inf" and the like, which are no JSON.
	number, err := strconv.ParseFloat(string(members["p"]), 64)
	return err == nil && number == 1
}

func startsLikePing(payload []byte) bool {
	rest, ok := bytes.CutPrefix(skipSpace(payload), []byte("{"))
	if !ok {
		return false
	}
	rest = skipSpace(rest)
	return bytes.HasPrefix(rest, []byte(`"p"`)) || bytes.HasPrefix(rest, []byte(`"\u0070"`))
}

func skipSpace(text []byte) []byte {
	return bytes.TrimLeft(text, " \t\r\n")
}
