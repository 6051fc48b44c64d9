package query

import (
	"math"

	"github.com/profilegate/profilegate/core/jsonvalue"
)

// term is the scalar that a query's value is in a field of any type but text. possible is false where no document can have it, such as 1.5
// in a field of whole numbers.
func (p *parser) term(f *Field, v jsonvalue.Value) (x scalar, possible bool, err error) {
	switch v.Kind() {
	case jsonvalue.KindString, jsonvalue.KindNumber, jsonvalue.KindBool:
	default:
		return scalar{}, false, refusef("value cannot be %s", v.Kind())
	}
	switch f.Type {
	case TypeKeyword, TypeText:
		text, _ := plainText(v)
		return scalar{text: text}, true, nil
	case TypeDate:
		ms, err := p.dateBound(v, false)
		return scalar{whole: ms}, true, err
	case TypeBoolean:
		b, ok := booleanOf(v)
		if !ok {
			return scalar{}, false, refusef("Can't parse boolean value [%s], expected [true] or [false]", shown(v))
		}
		return scalar{whole: b}, true, nil
	case TypeInteger, TypeFloat:
		n, err := queryNumber(f, v)
		if err != nil {
			return scalar{}, false, err
		}
		if f.Type == TypeFloat {
			return scalar{part: n.Float()}, true, nil
		}
		i, ok := n.Int64()
		return scalar{whole: i}, ok, nil
	default:
		return scalar{}, false, unsearchable(f)
	}
}

func queryNumber(f *Field, v jsonvalue.Value) (jsonvalue.Value, error) {
	n, ok := numberOf(v)
	if !ok {
		return n, refusef("failed to create query: For input string: \"%s\"", shown(v))
	}
	if math.IsInf(n.Float(), 0) {
		return n, refusef("[%s] supports only finite values, but got [%s]", f.kind, shown(v))
	}
	return n, nil
}

// shown is a value as it stands in a message.
func shown(v jsonvalue.Value) string {
	if v.Kind() == jsonvalue.KindString {
		return v.Text()
	}
	return v.String()
}

func unsearchable(f *Field) error {
	return refusef("Cannot search on field [%s] of type [%s] here.", f.Name, f.kind)
}

// bound is one end of a range over a field: low says that it is the lower one.
func (p *parser) bound(f *Field, v jsonvalue.Value, low, inclusive bool) (*Bound, error) {
	if v.IsNull() {
		return nil, nil //nolint:nilnil // null is an open end
	}
	b := &Bound{Inclusive: inclusive}
	switch f.Type {
	case TypeInteger:
		n, err := queryNumber(f, v)
		if err != nil {
			return nil, err
		}
		b.Value.whole, b.Inclusive = wholeBound(n, low, inclusive)
		return b, nil
	case TypeDate:
		// What a date leaves open belongs to it: "after 2026" begins where 2026 ends.
		ms, err := p.dateBound(v, low != inclusive)
		b.Value.whole = ms
		return b, err
	default:
		x, _, err := p.term(f, v)
		b.Value = x
		return b, err
	}
}

// wholeBound moves a bound that is no whole number, or beyond their range, to the whole number that lets the same values pass.
func wholeBound(n jsonvalue.Value, low, inclusive bool) (int64, bool) {
	if i, ok := n.Int64(); ok {
		return i, inclusive
	}
	x := n.Float()
	if low {
		x = math.Ceil(x)
	} else {
		x = math.Floor(x)
	}
	switch {
	case x >= 1<<63:
		return math.MaxInt64, !low
	case x < -(1 << 63):
		return math.MinInt64, low
	default:
		return int64(x), true
	}
}
