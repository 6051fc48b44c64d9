// Package jsonvalue holds one immutable JSON value tree that keeps what the dialects need and Go's own decoders lose: the order of
// members, number literals as they were written, the difference between an absent member and a null one, and lone surrogates.
//
// A Value is cheap to copy and safe for concurrent use: nothing changes it after it was made. Of equal names the last value wins and
// stands where the first stood, as in Python and JavaScript. Strings are held as WTF-8: UTF-8 in which a lone surrogate, which both
// originals accept ("\ud800"), takes its three generalized bytes.
package jsonvalue

// Kind is the JSON type of a value.
type Kind uint8

// The kinds. KindAbsent is the zero value: no value at all, as opposed to null.
const (
	KindAbsent Kind = iota
	KindNull
	KindBool
	KindNumber
	KindString
	KindArray
	KindObject
)

var kindNames = [...]string{
	KindAbsent: "absent", KindNull: "null", KindBool: "boolean", KindNumber: "number", KindString: "string",
	KindArray: "array", KindObject: "object",
}

// String gives the kind's name as JSON Schema spells it.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Value is one JSON value. The zero Value is absent.
type Value struct {
	kind Kind
	flag bool       // of a Bool
	text string     // the content of a String, the literal of a Number
	kids *container // of an Array or Object that is not empty
}

// Member is one name and value of an object.
type Member struct {
	Name  string
	Value Value
}

// container holds what is inside an array (items) or an object (members, and an index of them where there are many).
type container struct {
	items   []Value
	members []Member
	index   map[string]int
}

// indexFrom is the number of members from which an object carries an index. Below it a walk is faster.
const indexFrom = 24

// Kind tells the value's JSON type.
func (v Value) Kind() Kind { return v.kind }

// IsAbsent tells whether there is no value at all.
func (v Value) IsAbsent() bool { return v.kind == KindAbsent }

// IsNull tells whether the value is null; an absent value is not.
func (v Value) IsNull() bool { return v.kind == KindNull }

// Bool gives the value of a boolean; of anything else false.
func (v Value) Bool() bool { return v.kind == KindBool && v.flag }

// Text gives the content of a string; of anything else "".
func (v Value) Text() string {
	if v.kind != KindString {
		return ""
	}
	return v.text
}

// Items gives the items of an array; of anything else nil. The caller must not change them.
func (v Value) Items() []Value {
	if v.kids == nil {
		return nil
	}
	return v.kids.items
}

// Members gives the members of an object in their order; of anything else nil. The caller must not change them.
func (v Value) Members() []Member {
	if v.kids == nil {
		return nil
	}
	return v.kids.members
}

// Len counts the items of an array or the members of an object; of anything else it is 0.
func (v Value) Len() int {
	if v.kids == nil {
		return 0
	}
	return len(v.kids.items) + len(v.kids.members)
}

// Get gives the member with this name; absent where there is none or the value is no object.
func (v Value) Get(name string) Value {
	if v.kids == nil {
		return Value{}
	}
	if i := v.kids.find(name); i >= 0 {
		return v.kids.members[i].Value
	}
	return Value{}
}

// Has tells whether the value is an object with a member of this name.
func (v Value) Has(name string) bool { return !v.Get(name).IsAbsent() }

func (c *container) find(name string) int {
	if c.index != nil {
		if i, ok := c.index[name]; ok {
			return i
		}
		return -1
	}
	return findMember(c.members, name)
}

func findMember(members []Member, name string) int {
	for i := range members {
		if members[i].Name == name {
			return i
		}
	}
	return -1
}
