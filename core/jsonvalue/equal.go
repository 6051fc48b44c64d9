package jsonvalue

// Equal is JSON equality: numbers by exact value (1 and 1.0 are equal), objects regardless of the order of their members. Absent equals
// absent only.
func Equal(a, b Value) bool {
	if a.kind != b.kind {
		return false
	}
	switch a.kind {
	case KindBool:
		return a.flag == b.flag
	case KindNumber:
		return equalNumbers(a.text, b.text)
	case KindString:
		return a.text == b.text
	case KindArray:
		return equalItems(a.Items(), b.Items())
	case KindObject:
		return equalMembers(a, b)
	default:
		return true
	}
}

// Equal is Equal(v, other), as go-cmp looks for it.
func (v Value) Equal(other Value) bool { return Equal(v, other) }

func equalItems(a, b []Value) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// equalMembers relies on names being unique within an object: as many members, each with its equal, is equality.
func equalMembers(a, b Value) bool {
	if a.Len() != b.Len() {
		return false
	}
	for _, m := range a.Members() {
		if !Equal(m.Value, b.Get(m.Name)) {
			return false
		}
	}
	return true
}
