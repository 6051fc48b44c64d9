package query

import (
	"strconv"
	"strings"
	"time"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// dateBound reads a date of a query: milliseconds, ISO 8601, or a calculation with dates ("now-1d/d", "2026-01-01||+1M"). up says that of
// what the text leaves open the last instant is meant, not the first: "2026" is then the end of that year.
func (p *parser) dateBound(v jsonvalue.Value, up bool) (int64, error) {
	if v.Kind() == jsonvalue.KindNumber {
		ms, ok := truncate(v)
		if !ok {
			return 0, badDate(v.Literal())
		}
		return ms, nil
	}
	text, ok := plainText(v)
	if !ok {
		return 0, badDate(v.String())
	}
	base, math, calculated := strings.Cut(text, "||")
	if after, ok := strings.CutPrefix(text, "now"); ok {
		t, ok := calculate(p.now, after, up)
		if !ok {
			return 0, badDate(text)
		}
		return t.UnixMilli(), nil
	}
	d, ok := parseDate(base)
	if !ok {
		return 0, badDate(text)
	}
	at := d.from
	if up && !calculated {
		at = d.end.Add(-time.Millisecond)
	}
	if at, ok = calculate(at, math, up); !ok {
		return 0, badDate(text)
	}
	return at.UnixMilli(), nil
}

func badDate(text string) error {
	return refusef("failed to parse date field [%s] with format [strict_date_optional_time||epoch_millis]", text)
}

// maxDateSteps bounds a calculation with dates.
const maxDateSteps = 32

// calculate carries out steps like "+1d", "-2M" and "/y", which rounds: down, or up to the last instant.
func calculate(t time.Time, steps string, up bool) (time.Time, bool) {
	for range maxDateSteps {
		if steps == "" {
			return t, true
		}
		op := steps[0]
		steps = steps[1:]
		digits := len(steps) - len(strings.TrimLeft(steps, "0123456789"))
		n := 1
		if digits > 0 {
			var err error
			if n, err = strconv.Atoi(steps[:digits]); err != nil || n > 1_000_000 || op == '/' {
				return t, false
			}
			steps = steps[digits:]
		}
		if steps == "" {
			return t, false
		}
		unit := steps[0]
		steps = steps[1:]
		var ok bool
		switch op {
		case '+':
			t, ok = plus(t, n, unit)
		case '-':
			t, ok = plus(t, -n, unit)
		case '/':
			t, ok = round(t, unit, up)
		}
		if !ok {
			return t, false
		}
	}
	return t, false
}

func plus(t time.Time, n int, unit byte) (time.Time, bool) {
	switch unit {
	case 'y':
		return t.AddDate(n, 0, 0), true
	case 'M':
		return t.AddDate(0, n, 0), true
	case 'w':
		return t.AddDate(0, 0, 7*n), true
	case 'd':
		return t.AddDate(0, 0, n), true
	case 'h', 'H':
		return t.Add(time.Duration(n) * time.Hour), true
	case 'm':
		return t.Add(time.Duration(n) * time.Minute), true
	case 's':
		return t.Add(time.Duration(n) * time.Second), true
	}
	return t, false
}

func round(t time.Time, unit byte, up bool) (time.Time, bool) {
	t = t.UTC()
	midnight := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	var from time.Time
	switch unit {
	case 'y':
		from = time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
	case 'M':
		from = time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	case 'w':
		from = midnight.AddDate(0, 0, -int(t.Weekday()+6)%7)
	case 'd':
		from = midnight
	case 'h', 'H':
		from = midnight.Add(time.Duration(t.Hour()) * time.Hour)
	case 'm':
		from = t.Truncate(time.Minute)
	case 's':
		from = t.Truncate(time.Second)
	default:
		return t, false
	}
	if !up {
		return from, true
	}
	end, ok := plus(from, 1, unit)
	return end.Add(-time.Millisecond), ok
}
