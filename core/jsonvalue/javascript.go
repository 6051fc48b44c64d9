package jsonvalue

import (
	"cmp"
	"math"
	"slices"
	"strconv"
)

// JavaScript gives what JSON.parse of Node makes of the value, as JSON.stringify prints it: numbers become float64 and are printed as
// JavaScript prints them (1.0 is 1, 12345678901234567890 is 12345678901234567000, -0 is 0), and members whose names are array indexes come
// first, in ascending order. A number beyond float64, which Node reads as Infinity and prints as null, stays the number that it is: a
// limit of 1e400 must not be taken for none. A value that is so already is given back as it is.
func (v Value) JavaScript() Value {
	switch v.kind {
	case KindNumber:
		return v.javaScriptNumber()
	case KindArray:
		return v.javaScriptArray()
	case KindObject:
		return v.javaScriptObject()
	default:
		return v
	}
}

func (v Value) javaScriptNumber() Value {
	if isShortInteger(v.text) {
		return v
	}
	f := v.Float()
	if math.IsInf(f, 0) {
		return v
	}
	return Float(f)
}

// isShortInteger tells whether JavaScript prints the literal as it is written: a whole number of at most 15 digits, and no -0.
func isShortInteger(literal string) bool {
	if len(literal) > 15 || literal == "-0" {
		return false
	}
	for i := range len(literal) {
		if c := literal[i]; (c < '0' || c > '9') && (c != '-' || i > 0) {
			return false
		}
	}
	return true
}

func (v Value) javaScriptArray() Value {
	items := v.Items()
	var own []Value // a copy, once something differs
	for i := range items {
		x := items[i].JavaScript()
		if own == nil && x != items[i] {
			own = slices.Clone(items)
		}
		if own != nil {
			own[i] = x
		}
	}
	if own == nil {
		return v
	}
	return Value{kind: KindArray, kids: &container{items: own}}
}

func (v Value) javaScriptObject() Value {
	members := v.Members()
	var own []Member // a copy, once something differs
	if !slices.IsSortedFunc(members, byIndex) {
		own = slices.Clone(members)
	}
	for i := range members {
		x := members[i].Value.JavaScript()
		if own == nil && x != members[i].Value {
			own = slices.Clone(members)
		}
		if own != nil {
			own[i].Value = x
		}
	}
	if own == nil {
		return v
	}
	slices.SortStableFunc(own, byIndex)
	return newObject(new(container), own)
}

// byIndex sorts array indexes by value in front of all other names, which keep their order.
func byIndex(a, b Member) int {
	i, iok := arrayIndex(a.Name)
	j, jok := arrayIndex(b.Name)
	switch {
	case iok && jok:
		return cmp.Compare(i, j)
	case iok:
		return -1
	case jok:
		return 1
	}
	return 0
}

// arrayIndex tells whether name is what ECMA-262 calls an array index: a canonical number from 0 to 2^32-2.
func arrayIndex(name string) (uint32, bool) {
	if name == "" || len(name) > 10 || (name[0] == '0' && len(name) > 1) || name[0] < '0' || name[0] > '9' {
		return 0, false
	}
	i, err := strconv.ParseUint(name, 10, 32)
	if err != nil || i == 1<<32-1 {
		return 0, false
	}
	return uint32(i), true
}
