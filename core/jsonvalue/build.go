package jsonvalue

import (
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Null gives null.
func Null() Value { return Value{kind: KindNull} }

// Bool gives true or false.
func Bool(b bool) Value { return Value{kind: KindBool, flag: b} }

// String gives a string. Bytes that are neither UTF-8 nor a lone surrogate in WTF-8 become U+FFFD.
func String(s string) Value { return Value{kind: KindString, text: cleanText(s)} }

// Int gives a number.
func Int(i int64) Value { return Value{kind: KindNumber, text: strconv.FormatInt(i, 10)} }

// Float gives a number as JavaScript prints it; null for infinities and NaN, as JavaScript does.
func Float(f float64) Value {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return Null()
	}
	return Value{kind: KindNumber, text: formatJavaScript(f)}
}

// Array gives an array of the items. An absent item becomes null, as in JavaScript.
func Array(items ...Value) Value {
	if len(items) == 0 {
		return Value{kind: KindArray}
	}
	own := slices.Clone(items)
	for i := range own {
		if own[i].IsAbsent() {
			own[i] = Null()
		}
	}
	return Value{kind: KindArray, kids: &container{items: own}}
}

// Object gives an object of the members. Members with an absent value are left out, as in JavaScript; of equal names the last wins and
// stands where the first stood.
func Object(members ...Member) Value {
	own := make([]Member, 0, len(members))
	for _, m := range members {
		if !m.Value.IsAbsent() {
			own = append(own, Member{Name: cleanText(m.Name), Value: m.Value})
		}
	}
	return newObject(new(container), own)
}

// With gives the object with this member replaced in its place, or appended; an absent x takes the member out. Of anything but an object
// it makes an object of this one member.
func (v Value) With(name string, x Value) Value {
	if x.IsAbsent() {
		return v.Without(name)
	}
	name = cleanText(name)
	old := v.Members()
	members := make([]Member, len(old), len(old)+1)
	copy(members, old)
	if v.kids != nil {
		if i := v.kids.find(name); i >= 0 {
			members[i].Value = x
			return newObject(new(container), members)
		}
	}
	return newObject(new(container), append(members, Member{Name: name, Value: x}))
}

// Without gives the object without the members of these names. Anything but an object stays as it is.
func (v Value) Without(names ...string) Value {
	if !slices.ContainsFunc(names, v.Has) {
		return v
	}
	members := make([]Member, 0, v.Len())
	for _, m := range v.Members() {
		if !slices.Contains(names, m.Name) {
			members = append(members, m)
		}
	}
	return newObject(new(container), members)
}

// newObject makes an object of members it may change, settling equal names. c is where it puts them.
func newObject(c *container, members []Member) Value {
	if len(members) == 0 {
		return Value{kind: KindObject}
	}
	if len(members) < indexFrom {
		c.members = settleFew(members)
		return Value{kind: KindObject, kids: c}
	}
	c.index = make(map[string]int, len(members))
	kept := members[:0]
	for _, m := range members {
		if i, ok := c.index[m.Name]; ok {
			kept[i].Value = m.Value
			continue
		}
		c.index[m.Name] = len(kept)
		kept = append(kept, m)
	}
	c.members = slices.Clip(kept)
	return Value{kind: KindObject, kids: c}
}

func settleFew(members []Member) []Member {
	n := 1
	for i := 1; i < len(members); i++ {
		if at := findMember(members[:n], members[i].Name); at >= 0 {
			members[at].Value = members[i].Value
			continue
		}
		members[n] = members[i]
		n++
	}
	return members[:n:n]
}

// cleanText makes s well-formed WTF-8.
func cleanText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string(appendClean(make([]byte, 0, len(s)+8), s))
}
