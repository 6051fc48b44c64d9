package identity

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// Lifetimes of tokens, in milliseconds.
const (
	Forever         int64 = -1
	DefaultLifetime int64 = 60 * 60 * 1000
	maxLifetime     int64 = 1000 * 365 * 24 * 60 * 60 * 1000 // a thousand years: beyond, times are no times any more
)

// timespan is what the library ms, which Kuzzle reads lifetimes with, takes.
var timespan = regexp.MustCompile(`(?i)^(-?(?:\d+)?\.?\d+) *(milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|` +
	`hours?|hrs?|h|days?|d|weeks?|w|years?|yrs?|y)?$`)

// maxTimespan is the longest text that ms reads.
const maxTimespan = 100

// ParseLifetime reads how long a token is to live: a number of milliseconds or text such as "2h"; Forever for -1. path is what faults call it.
func ParseLifetime(path string, v jsonvalue.Value) (millis int64, err error) {
	var f float64
	ok := false
	switch v.Kind() {
	case jsonvalue.KindNumber:
		f, ok = v.Float(), true
	case jsonvalue.KindString:
		f, ok = parseTimespan(v.Text())
	default:
	}
	if ok && f == float64(Forever) {
		return Forever, nil
	}
	if !ok || math.IsNaN(f) || f < 1 || f > float64(maxLifetime) {
		return 0, fault.InvalidArgument(path, "a number of milliseconds, or a parsable timespan string")
	}
	return int64(f), nil
}

func parseTimespan(s string) (float64, bool) {
	if len(s) > maxTimespan {
		return 0, false
	}
	m := timespan.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return 0, false
	}
	return n * unit(strings.ToLower(m[2])), true
}

// unit is how many milliseconds a unit has.
func unit(name string) float64 {
	const second, day = 1000, 24 * 60 * 60 * 1000
	switch {
	case name == "" || name == "ms" || strings.HasPrefix(name, "ms") || strings.HasPrefix(name, "milli"):
		return 1
	case strings.HasPrefix(name, "s"):
		return second
	case strings.HasPrefix(name, "m"):
		return 60 * second
	case strings.HasPrefix(name, "h"):
		return 60 * 60 * second
	case strings.HasPrefix(name, "d"):
		return day
	case strings.HasPrefix(name, "w"):
		return 7 * day
	default:
		return 365.25 * day
	}
}
